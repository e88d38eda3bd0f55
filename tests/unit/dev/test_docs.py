"""The module tables of the documentation say what the docstrings say."""

from pathlib import Path

import pytest

from dev import docs

PROJECT = """
[[tool.importlinter.contracts]]
id = "one"
type = "layers"
containers = ["services.one"]
layers = ["app", "(zulu) | alpha", "errors : base"]

[[tool.importlinter.contracts]]
id = "pure"
type = "forbidden"
source_modules = ["services.one.alpha"]
"""

MODULES = {
    "contracts/__init__.py": "The contracts. More of them.",
    "contracts/events.py": "The events,\non two lines: `a | b`, e.g. this one. And more.",
    "dev/__init__.py": "Tools.",
    "bench/__init__.py": "Benchmarks.",
    "services/one/__init__.py": "One service.",
    "services/one/app.py": "Wires it.",
    "services/one/base.py": "What stands below.",
    "services/one/other.py": "In no layer.",
    "services/one/alpha/__init__.py": "A package.",
    "services/one/alpha/inner.py": "A module of it",
    "services/one/zulu.py": "Last by name.",
}

TEXT = """\
before
<!-- packages -->
<!-- end -->
between
<!-- modules: contracts -->
stale
<!-- end -->
<!-- modules: services.one -->
<!-- end -->
<!-- modules: dev -->
<!-- end -->
<!-- modules: bench -->
<!-- end -->
after
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small project."""
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    for name, docstring in MODULES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f'"""{docstring}"""\n')
    return tmp_path


def test_the_committed_page_is_what_the_docstrings_say() -> None:
    assert docs.main([]) == 0


def test_tables_have_the_first_sentences_in_the_order_of_the_layers(tree: Path) -> None:
    lines = docs.page(TEXT, tree).splitlines()
    assert [line for line in lines if not line.startswith(("|--", "<!--", "| module", "| package"))] == [
        "before",
        "| `contracts/` | The contracts |",
        "| `services/one/` | One service |",
        "| `dev/` | Tools |",
        "| `bench/` | Benchmarks |",
        "between",
        r"| `events.py` | The events, on two lines: `a \| b`, e.g. this one |",
        "| `app.py` | Wires it |",
        "| `zulu.py` | Last by name |",
        "| `alpha/` (pure) | A package |",
        "| `base.py` | What stands below |",
        "| `other.py` | In no layer |",
        "",
        "`services/one/alpha/`",
        "",
        "| `inner.py` (pure) | A module of it |",
        "after",
    ]


def test_a_page_that_is_written_stays_as_it_is(tree: Path) -> None:
    once = docs.page(TEXT, tree)
    assert docs.page(once, tree) == once


def test_a_package_without_a_table_and_a_module_without_a_docstring_are_noticed(tree: Path) -> None:
    with pytest.raises(docs.Undocumented, match=r"no table for services\.one"):
        docs.page(TEXT.replace("services.one", "services.two"), tree)
    (tree / "services/one/silent.py").write_text("")
    with pytest.raises(docs.Undocumented, match=r"silent\.py has no docstring"):
        docs.page(TEXT, tree)


def test_a_stale_page_fails_and_is_written(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tree / "architecture.md"
    page.write_text(docs.page(docs.PAGE.read_text()).replace("|---|", "|-|"))
    monkeypatch.setattr(docs, "PAGE", page)
    assert docs.main([]) == 1
    assert docs.main(["--write"]) == 0
    assert docs.main([]) == 0
