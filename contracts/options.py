"""What a teacher may choose about a report: the same names in the API's `options`, the command line and the dialog."""

from enum import StrEnum

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from contracts.base import Wire


class Audience(StrEnum):
    """For whom a report is made: students, teachers, a jury, or a second marker who may learn no identity."""

    STUDENT = "student"
    TEACHER = "teacher"
    JURY = "jury"
    ANONYMOUS = "anonymous"

    @property
    def is_staff(self) -> bool:
        """Whether the report may show what students never see: the marking criteria, addresses."""
        return self in (Audience.TEACHER, Audience.JURY)


class Order(StrEnum):
    """In which order the copies follow one another."""

    NAME = "name"
    CLASS = "class"
    SCORE = "score"


class Language(StrEnum):
    """The language of the report's own words; what people wrote is never translated."""

    FR = "fr"
    EN = "en"


class ReportOptions(Wire):
    """The choices of one export. An unknown option is an error, so that a typing mistake never exports something
    else.
    """

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, extra="forbid")

    audience: Audience = Field(
        default=Audience.STUDENT,
        description="For whom the report is made: criteria are for `teacher` and `jury`, `anonymous` names nobody",
    )
    statements: bool = Field(default=True, description="The questions' statements")
    statistics: bool = Field(default=True, description="The class's statistics")
    comments: bool = Field(default=True, description="The teacher's comments")
    duplex: bool = Field(default=False, description="Each copy begins on an odd page")
    compact: bool = Field(default=False, description="Smaller print and narrower margins: fewer pages")
    order: Order = Field(default=Order.NAME, description="In which order the copies follow one another")
    language: Language = Field(default=Language.FR, description="The language of the report's own words")
