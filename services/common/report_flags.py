"""Gives a typer command the flags of `ReportOptions` (`contracts.flags`): both command lines offer the same ones."""

import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

from contracts.flags import FLAGS, Flag
from contracts.options import ReportOptions


def with_report_options(command: Callable[..., None]) -> Callable[..., None]:
    """The command with a parameter for each flag in the place of its parameter `options: ReportOptions`."""
    parameters: list[inspect.Parameter] = []
    for parameter in inspect.signature(command, eval_str=True).parameters.values():
        parameters += map(_parameter, FLAGS) if parameter.name == "options" else [parameter]

    def flagged(**given: Any) -> None:
        options = {flag.field: flag.value(given.pop(flag.field)) for flag in FLAGS}
        command(**given, options=ReportOptions(**options))

    flagged.__doc__ = command.__doc__
    flagged.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    vars(flagged)["__signature__"] = inspect.Signature(parameters)
    return flagged


def _parameter(flag: Flag) -> inspect.Parameter:
    return inspect.Parameter(
        flag.field,
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        default=False if flag.is_switch else flag.default,
        annotation=Annotated[flag.type, typer.Option(flag.name, help=flag.help)],
    )
