"""Whoever leaves is told a command that takes the very same export up again."""

import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from contracts.options import ReportOptions
from contracts.states import Format
from services.gateway.cli.command import app
from services.gateway.cli.workflow import ExportRun
from tests.component.gateway.cli.fake_gateway import EXAM, TOKEN, FakeGateway

UNUSUAL = ReportOptions(
    audience="anonymous",
    statements=False,
    statistics=False,
    comments=False,
    duplex=True,
    order="score",
    language="en",
)


def asked(gateway: FakeGateway, folder: Path, options: ReportOptions, class_ids: list[str]) -> ExportRun:
    return ExportRun(EXAM, Format.PDF, options, class_ids, gateway.url, folder / "un rapport.pdf", "the key")


def ask_again(command: str) -> None:
    name, *arguments = shlex.split(command)
    assert name == "correcta-export"
    CliRunner().invoke(app, arguments, env={"CORRECTA_TOKEN": TOKEN}, catch_exceptions=False)


@pytest.mark.parametrize(("options", "class_ids"), [(ReportOptions(), []), (UNUSUAL, ["a b", "--c"])])
def test_before_its_id_is_known_the_same_key_comes_with_the_same_request(
    gateway: FakeGateway, tmp_path: Path, options: ReportOptions, class_ids: list[str]
) -> None:
    ask_again(asked(gateway, tmp_path, options, class_ids).resume_command())
    (start,) = gateway.starts
    assert (start["exam"], start["format"], start["key"]) == (EXAM, "pdf", "the key")
    assert ReportOptions.model_validate(start["body"]["options"]) == options
    assert start["body"].get("classIds", []) == class_ids
    assert (tmp_path / "un rapport.pdf").exists()


def test_once_it_is_known_the_id_is_enough(gateway: FakeGateway, tmp_path: Path) -> None:
    known = asked(gateway, tmp_path, UNUSUAL, ["a"])
    known.job_id = "e"
    assert known.resume_command().endswith(f"--resume e -o '{tmp_path}/un rapport.pdf'")
    ask_again(known.resume_command())
    assert gateway.starts == []
    assert (tmp_path / "un rapport.pdf").exists()
