"""What the documents name exists: files, folders, links and make targets; and they use the field's vocabulary."""

import re
from pathlib import Path

import pytest

from dev.paths import ROOT

DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]
TOP = "contracts|services|tests|dev|bench|deploy|docs|requirements"
PATH = re.compile(rf"`((?:{TOP})/[\w./-]*|[\w.-]+\.(?:toml|yaml))`")
CODE = re.compile(r"`[^`\n]*`")
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")
TARGET = re.compile(r"`make ([a-z]+)`|^make ([a-z]+)$", re.MULTILINE)
CHANGE = re.compile(r"^\| (?P<name>[^|]+) \| (?P<count>\d+) \| (?P<files>[^|]+) \|", re.MULTILINE)
CHANGES = list(CHANGE.finditer((ROOT / "CONTRIBUTING.md").read_text("utf-8").partition("## Twelve")[2]))
PRIVATE = re.compile(r"\b(nursery|workshop|wish(?:es)?|shelf|surroundings|stand-in|the rooms)\b", re.IGNORECASE)
"""Words that this project once used for something the field has a name for, and that mean nothing else here."""

by_name = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)


@by_name
def test_every_file_and_folder_that_is_named_exists(document: Path) -> None:
    text = document.read_text("utf-8")
    links = LINK.findall(CODE.sub("", text))
    named = {ROOT / name for name in PATH.findall(text)} | {document.parent / link for link in links}
    assert sorted(str(path.relative_to(ROOT)) for path in named if not path.exists()) == []


@by_name
def test_every_target_that_is_named_exists(document: Path) -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    named = {name for names in TARGET.findall(document.read_text("utf-8")) for name in names if name}
    assert named <= set(targets)


def test_the_usual_changes_count_the_files_that_they_name() -> None:
    assert len(CHANGES) == 12
    counts = {change["name"]: len(PATH.findall(change["files"])) for change in CHANGES}
    assert counts == {change["name"]: int(change["count"]) for change in CHANGES}


def test_a_format_takes_at_most_six_files_and_a_language_eight() -> None:
    counts = {change["name"]: int(change["count"]) for change in CHANGES}
    assert counts["a format (JSON)"] <= 6
    assert counts["a language (German)"] <= 8


@pytest.mark.parametrize("folder", ["contracts", "services", "docs"])
def test_no_word_is_used_that_only_this_project_would_know(folder: str) -> None:
    files = [path for kind in ("py", "md", "sql", "js", "html", "j2") for path in (ROOT / folder).rglob(f"*.{kind}")]
    found = {str(path.relative_to(ROOT)): PRIVATE.findall(path.read_text("utf-8")) for path in files}
    assert {name: words for name, words in found.items() if words} == {}
