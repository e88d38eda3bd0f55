"""The time zone of an exam's documents, kept in its header: what is typeset from a header states times in it."""

from zoneinfo import ZoneInfo

from contracts.graded_exam import ExamHeader
from contracts.timezones import DEFAULT_ZONE, zone_named


def in_zone(header: ExamHeader, default: ZoneInfo) -> ExamHeader:
    """The header with a zone that there is: the institution's own, else the default."""
    institution = header.exam.institution
    settled = institution.model_copy(update={"timezone": zone_named(institution.timezone, default).key})
    return header.model_copy(update={"exam": header.exam.model_copy(update={"institution": settled})})


def zone_of(header: ExamHeader) -> ZoneInfo:
    """The zone of a header's documents."""
    return zone_named(header.exam.institution.timezone, DEFAULT_ZONE)
