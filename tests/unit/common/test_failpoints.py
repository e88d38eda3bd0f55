"""Faults asked for by name: nothing at all where none was, and exactly what was asked where one was."""

import errno
import json
import re
from collections.abc import Iterator

import pytest

from dev.paths import ROOT
from services.common.failpoints import FailpointError, arm, failpoint


@pytest.fixture(autouse=True)
def _disarmed() -> Iterator[None]:
    yield
    arm("")


def test_unarmed_nothing_happens() -> None:
    failpoint("relay.published")


def test_raise_raises_at_its_name_and_nowhere_else(capfd: pytest.CaptureFixture[str]) -> None:
    arm("relay.published:raise")
    failpoint("relay.taken")
    with pytest.raises(FailpointError):
        failpoint("relay.published")
    told = json.loads(capfd.readouterr().err)
    assert (told["event"], told["failpoint"], told["action"]) == ("failpoint.fired", "relay.published", "raise")


def test_a_system_error_bears_its_number() -> None:
    arm("deposit.writing:raise=ENOSPC")
    with pytest.raises(OSError, match="failpoint") as caught:
        failpoint("deposit.writing")
    assert caught.value.errno == errno.ENOSPC


def test_a_key_singles_out_one_of_many() -> None:
    arm("worker.copy@poisoned:raise")
    failpoint("worker.copy", "healthy")
    with pytest.raises(FailpointError):
        failpoint("worker.copy", "poisoned")


def test_a_probability_makes_it_happen_sometimes() -> None:
    arm("a:raise:0.5,b:raise:0")
    failpoint("b")
    times = 0
    for _ in range(400):
        try:
            failpoint("a")
        except FailpointError:
            times += 1
    assert 100 < times < 300


def test_once_is_once() -> None:
    arm("a:raise:once")
    with pytest.raises(FailpointError):
        failpoint("a")
    failpoint("a")


@pytest.mark.parametrize("spec", ["relay.published", "a:explode", "a:raise=ENOSUCH", ":kill", "a:kill:often"])
def test_what_is_not_understood_stops_the_process_at_start(spec: str) -> None:
    with pytest.raises(ValueError, match=r"failpoint|FAILPOINTS|float"):
        arm(spec)


def test_nothing_that_is_deployed_arms_any() -> None:
    for path in (ROOT / "compose.yaml", ROOT / "Dockerfile", *(ROOT / "deploy").rglob("*.y*ml")):
        assert "FAILPOINTS" not in path.read_text(encoding="utf-8")


def test_every_name_is_that_of_one_step() -> None:
    found = re.findall(
        r'failpoint\("([a-z.]+)"', "".join(path.read_text("utf-8") for path in (ROOT / "services").rglob("*.py"))
    )
    assert len(found) >= 25
    assert sorted(found) == sorted(set(found))
