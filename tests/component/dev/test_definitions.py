"""The script that prints the broker's accounts: what it puts in, and what it refuses."""

import json
import os
import subprocess
from typing import Any

import pytest

from contracts.topology import Exchange, Topology
from dev.stack.accounts import DEFINITIONS, services_definitions, subscribers_definitions

PASSWORDS = {f"{name}_BROKER_PASSWORD": f"of-{name}" for name in ("GATEWAY", "RENDERER", "STORAGE")}


def _run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    own = {"PATH": os.environ["PATH"], **environment}
    return subprocess.run(["sh", str(DEFINITIONS), *arguments], env=own, capture_output=True, text=True)


def _printed(*arguments: str, **environment: str) -> dict[str, Any]:
    done = _run(*arguments, **environment)
    assert (done.returncode, done.stderr) == (0, "")
    made: dict[str, Any] = json.loads(done.stdout)
    return made


def test_each_service_has_its_password_and_no_tag() -> None:
    assert _printed("services", **PASSWORDS)["users"] == [
        {"name": name, "password": f"of-{name.upper()}", "tags": ""} for name in ("gateway", "renderer", "storage")
    ]


def test_a_namespace_is_in_front_of_every_name() -> None:
    made = _printed("services", BROKER_NAMESPACE="one.two", **PASSWORDS)
    assert {user["name"] for user in made["users"]} == {"one.two.gateway", "one.two.renderer", "one.two.storage"}
    topology = Topology("one.two")
    exchanges = {*topology.exchanges, *topology.optional_exchanges}
    assert {each["exchange"] for each in made["topic_permissions"]} == exchanges
    patterns = {each[kind] for each in made["permissions"] for kind in ("configure", "write", "read")}
    assert all(pattern == "^$" or pattern.startswith("^one.two[.](") for pattern in patterns)


def test_a_virtual_host_is_the_one_of_every_right() -> None:
    for made in (
        _printed("services", VHOST="exports", **PASSWORDS),
        _printed("subscriber", "archive", VHOST="exports", SUBSCRIBER_PASSWORD="x"),
    ):
        rights = [each for kind in ("permissions", "topic_permissions", "policies") for each in made.get(kind, ())]
        assert {each["vhost"] for each in rights} == {"exports"}


def test_a_subscriber_is_what_its_name_says() -> None:
    made = _printed("subscriber", "archive", SUBSCRIBER_PASSWORD="x")
    assert made["users"] == [{"name": "archive", "password": "x", "tags": ""}]
    [rights] = made["permissions"]
    assert rights["configure"] == rights["write"] == r"^archive\..+$"
    assert [each["exchange"] for each in made["topic_permissions"]] == [Exchange.FACTS]


@pytest.mark.parametrize(
    "name", ["gateway", "renderer", "storage", "correcta", "exports", "amq", "mine", "", "A", ".*"]
)
def test_a_subscriber_is_not_called_like_the_services(name: str) -> None:
    done = _run("subscriber", name, SUBSCRIBER_PASSWORD="x", BROKER_NAMESPACE="mine")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr


@pytest.mark.parametrize("password", ["", 'a"b', "a\\b", "a b", "a\nb", "${PREFIX}", "pässword", "a&b"])
def test_a_password_that_would_break_the_file_is_refused_and_not_shown(password: str) -> None:
    done = _run("services", **(PASSWORDS | {"RENDERER_BROKER_PASSWORD": password}))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "RENDERER_BROKER_PASSWORD has no value, or one with other characters than letters, digits and -._/\n"
    )


@pytest.mark.parametrize("arguments", [(), ("service",), ("services", "archive"), ("subscriber",)])
def test_other_arguments_are_answered_with_the_usage(arguments: tuple[str, ...]) -> None:
    done = _run(*arguments, **PASSWORDS)
    assert (done.returncode, done.stdout) == (2, "")
    assert "usage: definitions.sh" in done.stderr


def test_the_local_stack_uses_them() -> None:
    assert services_definitions("x")["permissions"] == _printed("services", **PASSWORDS)["permissions"]
    assert subscribers_definitions("archive", "x")["policies"]
