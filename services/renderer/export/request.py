"""What an export is asked to be: its format, its options and its classes."""

from dataclasses import dataclass

from contracts.options import ReportOptions
from contracts.states import Format


@dataclass(frozen=True)
class RenderRequest:
    """What a teacher asked for. Without `class_ids` the copies of all classes are meant."""

    format: Format
    options: ReportOptions
    class_ids: tuple[str, ...] = ()
