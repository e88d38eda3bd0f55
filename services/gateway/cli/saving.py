"""Downloads and verifies the file: a download that was cut is resumed; only a whole, verified file gets its name.

The server's file name is a suggestion: only its last part is used, without control characters.
"""

import contextlib
import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import httpx2

from contracts.http import Result
from services.gateway.cli.errors import BadOutput, Damaged, Unreachable
from services.gateway.cli.server import AWAY, RetryBudget, Server, retry_after


def check_output(output: Path | None, server: Server) -> None:
    """Raises BadOutput when nothing could be written there, before any work is asked for."""
    folder = Path.cwd() if output is None else output if output.is_dir() else output.parent
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        raise BadOutput(server.words.bad_output.format(path=folder), "bad_output")


def target(output: Path | None, result: Result) -> Path:
    """Where the file goes: the name asked for, or the server's name in the folder asked for."""
    if output is not None and not output.is_dir():
        return output
    name = "".join(letter for letter in result.filename.replace("\\", "/").split("/")[-1] if letter.isprintable())
    return (output or Path()) / (name if name.strip(". ") else f"export-{result.sha256[:12]}")


def save(server: Server, result: Result, path: Path, advance: Callable[[int], None] = lambda _: None) -> None:
    """Download to `path`, calling `advance` with the bytes there so far.

    Raises:
        Damaged: size or sha256 differ; nothing was saved.
        Refused, Unreachable, UnexpectedAnswer, BadOutput: as they say.
    """
    part = path.with_name(f".{path.name}.{result.sha256[:12]}.part")
    try:
        _receive(server, server.same_server(result.download_url), result, part, advance)
        if _digest(part) != result.sha256:
            part.unlink()
            raise Damaged(server.words.damaged, "damaged")
        part.replace(path)
    except OSError as error:
        raise BadOutput(f"{server.words.bad_output.format(path=path)} {error.strerror}", "bad_output") from error


def _receive(server: Server, url: str, result: Result, part: Path, advance: Callable[[int], None]) -> None:
    budget = RetryBudget(server.intervals)
    while (have := part.stat().st_size if part.exists() else -1) < result.size:
        wait = 0.0
        with contextlib.suppress(httpx2.TransportError):
            wait = _continue(server, url, result, part, advance)
        if part.exists() and part.stat().st_size > have:
            budget.renew()
            continue
        if not budget.wait(wait):
            raise Unreachable(server.words.unreachable.format(url=url, cause="download"), "unreachable")


def _continue(server: Server, url: str, result: Result, part: Path, advance: Callable[[int], None]) -> float:
    """One connection's worth of the file; the seconds to wait where the server is away."""
    have = part.stat().st_size if part.exists() else 0
    headers = {"Accept-Encoding": "identity"}
    if have:
        headers |= {"Range": f"bytes={have}-", "If-Range": f'"{result.sha256}"'}
    with server.http.stream("GET", url, headers=headers) as answer:
        if answer.status_code in AWAY:
            return retry_after(answer)
        server.raise_for_refusal(answer)
        continued = answer.status_code == httpx2.codes.PARTIAL_CONTENT
        with part.open("ab" if continued else "wb") as file:
            for chunk in answer.iter_raw():
                file.write(chunk)
                if file.tell() > result.size:
                    break
                advance(file.tell())
            file.flush()
            os.fsync(file.fileno())
    return 0.0


def _digest(part: Path) -> str:
    with part.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
