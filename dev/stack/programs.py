"""Where a distribution keeps its servers' programs; a missing one is named with its package.

`RABBITMQ_SERVER` names another start script of RabbitMQ, `POSTGRESQL_BIN` another folder of PostgreSQL's programs.
"""

import os
import shutil
import subprocess
from pathlib import Path


class MissingProgram(RuntimeError):
    """A server's program is not installed; the message names the distribution package."""


def _first_existing(candidates: list[Path], package: str) -> Path:
    for candidate in candidates:
        if candidate.is_file() and os.access(candidate, os.X_OK):
            return candidate
    raise MissingProgram(f"{candidates[-1].name} is not installed (Debian package {package})")


def rabbitmq_server() -> Path:
    """The real start script. The one on Debian's PATH is a wrapper that changes user, so it comes last."""
    if "RABBITMQ_SERVER" in os.environ:
        return _first_existing([Path(os.environ["RABBITMQ_SERVER"])], "rabbitmq-server")
    library = Path("/usr/lib/rabbitmq")
    on_path = Path(shutil.which("rabbitmq-server") or "rabbitmq-server")
    beside = [*library.glob("bin/rabbitmq-server"), *library.glob("lib/*/sbin/rabbitmq-server")]
    return _first_existing([*beside, on_path], "rabbitmq-server")


def erlang_name_server() -> Path:
    """`epmd`, beside Erlang or on the PATH."""
    beside = Path("/usr/lib/erlang").glob("erts-*/bin/epmd")
    return _first_existing([*beside, Path(shutil.which("epmd") or "epmd")], "erlang-base")


def debian_program(name: str) -> Path:
    """A program that Debian puts on the PATH, in a package of the same name."""
    return _first_existing([Path(shutil.which(name) or name)], name)


def postgres_program(name: str) -> Path:
    """`initdb`, `postgres` or `pg_isready`, of the newest version installed."""
    if "POSTGRESQL_BIN" in os.environ:
        return _first_existing([Path(os.environ["POSTGRESQL_BIN"]) / name], "postgresql")
    debian = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=_version, reverse=True)
    on_path = Path(shutil.which(name) or name)
    return _first_existing([*debian, *_beside_pg_config(name), on_path], "postgresql")


def _version(program: Path) -> float:
    try:
        return float(program.parts[-3])
    except ValueError:
        return 0.0


def _beside_pg_config(name: str) -> list[Path]:
    program = shutil.which("pg_config")
    if program is None:
        return []
    folder = subprocess.run([program, "--bindir"], capture_output=True, text=True, check=False).stdout.strip()
    return [Path(folder) / name]
