"""The command-line flags of `ReportOptions`, derived from its fields, so that every command offers the same ones."""

from dataclasses import dataclass
from typing import Any

from contracts.options import ReportOptions


@dataclass(frozen=True)
class Flag:
    """The flag of one field: `--order score` gives a value, `--duplex` and `--no-comments` turn a default over."""

    field: str
    type: Any
    default: Any
    description: str

    @property
    def is_switch(self) -> bool:
        """Whether it takes no value."""
        return self.type is bool

    @property
    def name(self) -> str:
        """As it is typed: `--no-` where the field is on by default."""
        return f"--{'no-' if self.default is True else ''}{self.field.replace('_', '-')}"

    @property
    def help(self) -> str:
        """One line for `--help`."""
        left_out = f"Leave out {self.description[0].lower()}{self.description[1:]}"
        return left_out if self.default is True else self.description

    def value(self, given: Any) -> Any:
        """The field's value, from the flag's: whether it was typed, or the value typed behind it."""
        return given is not self.default if self.is_switch else given


def _flags() -> tuple[Flag, ...]:
    return tuple(
        Flag(name, field.annotation, field.default, field.description)
        for name, field in ReportOptions.model_fields.items()
        if field.annotation is not None and field.description is not None
    )


FLAGS = _flags()


def arguments(options: ReportOptions) -> list[str]:
    """The command line that gives these options."""
    typed: list[str] = []
    for flag in FLAGS:
        value = getattr(options, flag.field)
        if not flag.is_switch:
            typed.append(f"{flag.name}={value}")
        elif value is not flag.default:
            typed.append(flag.name)
    return typed
