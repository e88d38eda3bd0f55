"""Every option of a report has a flag, and the flags give the options back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import flags
from contracts.options import ReportOptions


def parsed(arguments: list[str]) -> ReportOptions:
    """The options that a command line gives, read as a command would."""
    values = {}
    for flag in flags.FLAGS:
        if flag.is_switch:
            values[flag.field] = flag.value(flag.name in arguments)
        else:
            prefix = f"{flag.name}="
            values[flag.field] = next(word.removeprefix(prefix) for word in arguments if word.startswith(prefix))
    return ReportOptions.model_validate(values)


def test_every_option_has_a_flag_with_a_help_text() -> None:
    assert [flag.field for flag in flags.FLAGS] == list(ReportOptions.model_fields)
    assert all(flag.help for flag in flags.FLAGS)


@pytest.mark.parametrize(
    ("field", "name"), [("statements", "--no-statements"), ("duplex", "--duplex"), ("order", "--order")]
)
def test_what_is_on_by_default_is_turned_off(field: str, name: str) -> None:
    assert {flag.field: flag.name for flag in flags.FLAGS}[field] == name


@given(st.builds(ReportOptions))
def test_the_command_line_of_options_gives_the_same_options(options: ReportOptions) -> None:
    assert parsed(flags.arguments(options)) == options
