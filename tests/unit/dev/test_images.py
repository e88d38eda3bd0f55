"""What the container files promise: small images, pinned packages, no secret with a default, renderers that scale."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from dev.paths import ROOT

LOCKS = ("gateway", "renderer", "storage", "webhooks")
LOOP = re.compile(r"^for name in (.*?); do$", re.DOTALL | re.MULTILINE)
SECRETS = re.findall(r"[A-Z_]+_(?:TOKEN|SECRET|PASSWORD)\b", LOOP.findall((ROOT / "dev" / "env.sh").read_text())[0])


def _pinned(lock: Path) -> set[str]:
    return set(re.findall(r"^([a-z0-9][^ ]*==[^ \\]+)", lock.read_text(), re.MULTILINE))


def _compose() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "compose.yaml").read_text()))


@pytest.mark.parametrize("name", LOCKS)
def test_an_image_has_the_versions_that_were_tested(name: str) -> None:
    pinned = _pinned(ROOT / "requirements" / f"{name}.lock")
    assert pinned
    assert pinned <= _pinned(ROOT / "requirements.lock")


@pytest.mark.parametrize("extra", [*LOCKS, "dev"])
def test_everything_declared_is_pinned(extra: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = [*project["dependencies"], *project["optional-dependencies"][extra]]
    lock = "requirements.lock" if extra == "dev" else f"requirements/{extra}.lock"
    pinned = {pin.partition("==")[0] for pin in _pinned(ROOT / lock)}
    assert {re.split(r"[\[>=<]", one)[0] for one in declared} <= pinned


@pytest.mark.parametrize("name", ["gateway", "storage", "webhooks"])
def test_only_the_renderer_brings_a_typesetting_engine(name: str) -> None:
    assert not {
        pin for pin in _pinned(ROOT / "requirements" / f"{name}.lock") if pin.startswith(("weasyprint", "pikepdf"))
    }


@pytest.mark.parametrize("lock", ["requirements.lock", *(f"requirements/{name}.lock" for name in LOCKS)])
def test_a_lock_file_pins_by_hash_and_names_no_host(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    for block in re.split(r"\n(?=[a-z0-9])", text):
        assert "--hash=sha256:" in block


@pytest.mark.parametrize("secret", [*SECRETS, "SESSION_SECRET"])
def test_no_secret_has_a_default(secret: str) -> None:
    uses = re.findall(r"\$\{" + secret + r"\b([^}]{0,2})", (ROOT / "compose.yaml").read_text())
    assert uses
    assert set(uses) == {":?"}


@pytest.mark.parametrize("name", LOCKS)
def test_an_image_is_built_for_each_service_and_runs_it_as_nobody_special(name: str) -> None:
    assert _compose()["services"][name]["build"]["target"] == name
    stages = re.split(r"^FROM ", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    [stage] = [stage for stage in stages if stage.splitlines()[0].endswith(f" AS {name}")]
    assert f'CMD ["python", "-m", "services.{name}"]' in stage
    assert "USER exports" in stage


def test_renderers_can_be_scaled() -> None:
    renderer = _compose()["services"]["renderer"]
    assert not {"ports", "container_name", "hostname"} & set(renderer)


def test_only_gateway_and_prometheus_are_reached_from_outside_and_only_from_this_machine() -> None:
    published = {name: service["ports"] for name, service in _compose()["services"].items() if "ports" in service}
    assert list(published) == ["gateway", "prometheus"]
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)
