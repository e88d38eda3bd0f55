"""The front pages of a report as HTML: head count, statistics, warnings and the contents.

Every number comes from `grading`; nothing is counted here. An anonymous document names nobody, present or absent.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import assert_never

from markupsafe import Markup

from contracts.correcta import CopyState
from contracts.graded_exam import Absent, NotHandedIn
from contracts.options import Audience
from contracts.plural import Countable
from services.renderer.exam.homonyms import qualified
from services.renderer.grading.gradebook import Headcount
from services.renderer.grading.marks import CopyMarks
from services.renderer.grading.statistics import QuestionSuccess, Statistics
from services.renderer.pages import histogram
from services.renderer.pages.context import NAME_CHARACTERS, PageContext, readable, shortened
from services.renderer.pages.fragments import Fragments
from services.renderer.pages.front_parts import WARNINGS_SHOWN, WHOLE_CONTENTS, FrontPart, Summary
from services.renderer.pages.palette import Palette
from services.renderer.pages.resources import NOTHING
from services.renderer.pages.text import at_most


@dataclass(frozen=True, slots=True)
class Figure:
    """A number and what it counts."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Success:
    """How a question went. `percent` is its bar's length, from 0 to 100; None where nobody is graded."""

    label: str
    mean: str
    maximum: str
    percent: int | None


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the contents. `total` is empty where nothing is graded; `state` says why it may change; `language` is
    the name's where it is not the document's.
    """

    ordinal: int
    name: Markup
    language: str
    group: Markup
    total: str
    state: str
    page: int


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to check: whose copy, and what."""

    name: Markup
    text: Markup


class FrontPages:
    """The HTML of the front pages of one export."""

    def __init__(self, context: PageContext, palette: Palette) -> None:
        self._context, self._palette = context, palette
        self._header, self._options, self._words = context.header, context.options, context.words.front

    def html(self, part: FrontPart, fragments: Fragments) -> str:
        """A part as HTML."""
        lines = self._lines(part, fragments)
        return self._continued(lines) if part.summary is None else self._opening(part.summary, lines, fragments)

    def _opening(self, summary: Summary, lines: tuple[Line, ...], fragments: Fragments) -> str:
        exam, statistics = self._header.exam, summary.statistics
        shown, course = self._options.statistics, (exam.course.code, exam.course.name)
        return self._context.html(
            "front.html.j2",
            title=readable(self._context.exam_name),
            exam_title=fragments.heading(self._context.exam_name),
            running_top=shortened(exam.institution.name),
            running_foot=shortened(exam.title),
            institution=fragments.text(self._context.school),
            course=fragments.text(" · ".join(at_most(part, NAME_CHARACTERS) for part in course if part)),
            description=fragments.content(exam.description),
            logo=self._logo(fragments),
            kind=self._kind(),
            as_of=self._context.moment(self._header.as_of),
            headcount=self._headcount(summary.headcount),
            statistics=self._statistics(statistics) if shown else (),
            scale=self._context.points(statistics.maximum_possible),
            histogram=self._histogram(statistics, fragments) if shown else NOTHING,
            beyond=histogram.beyond(statistics, self._context.words) if shown else "",
            success=tuple(self._success(each) for each in statistics.questions) if shown and statistics.count else (),
            left_out=self._left_out(summary, fragments),
            begun=self._people(summary.not_handed_in, fragments),
            absent=self._people(summary.absent, fragments),
            notices=self._notices(summary, fragments),
            more=len(summary.warnings) > WARNINGS_SHOWN,
            copies=summary.copies,
            whole=summary.copies <= WHOLE_CONTENTS,
            lines=lines,
            jury=self._options.audience is Audience.JURY,
        )

    def _continued(self, lines: tuple[Line, ...]) -> str:
        """Lines of the contents and nothing else."""
        return self._context.html(
            "contents.html.j2",
            title=readable(self._context.exam_name),
            running_top=shortened(self._header.exam.institution.name),
            running_foot=f"{shortened(self._header.exam.title)} – {self._words.contents}",
            lines=lines,
        )

    def _kind(self) -> str:
        audience = self._options.audience
        match audience:
            case Audience.STUDENT:
                return self._words.report
            case Audience.TEACHER:
                return self._words.teachers
            case Audience.JURY:
                return self._words.jury
            case Audience.ANONYMOUS:
                return self._words.anonymous
            case _:
                assert_never(audience)

    def _logo(self, fragments: Fragments) -> Markup:
        branding = self._header.exam.institution.branding
        if branding is None or not branding.logo:
            return NOTHING
        return fragments.at(self._words.logo).logo(branding.logo, self._context.school)

    def _headcount(self, count: Headcount) -> tuple[Figure, tuple[Figure, ...]]:
        w = self._words
        parts = (
            _counted(count.graded, w.graded),
            _counted(count.in_grading, w.in_grading),
            _counted(count.ungraded, w.ungraded),
            _counted(count.not_handed_in, w.not_handed_in),
            _counted(count.absent, w.absent),
        )
        return _counted(count.enrolled, w.enrolled), parts

    def _statistics(self, statistics: Statistics) -> tuple[Figure, ...]:
        w = self._words
        named = (
            (statistics.mean, w.mean),
            (statistics.median, w.median),
            (statistics.q1, w.first_quartile),
            (statistics.q3, w.third_quartile),
            (statistics.deviation, w.deviation),
            (statistics.minimum, w.minimum),
            (statistics.maximum, w.maximum),
        )
        return tuple(Figure(self._context.points(value), name) for value, name in named if value is not None)

    def _histogram(self, statistics: Statistics, fragments: Fragments) -> Markup:
        if not statistics.bins or not statistics.count:
            return NOTHING
        svg = histogram.draw(statistics, self._palette, self._context.words)
        url = fragments.resources.add_file("image/svg+xml", svg.encode())
        alt = histogram.describe(statistics, self._context.words)
        return Markup('<img class="hist" src="{}" alt="{}"/>').format(url, alt)

    def _success(self, each: QuestionSuccess) -> Success:
        percent = None if each.rate is None else int(min(max(each.rate, Decimal(0)), Decimal(1)) * 100 + Decimal("0.5"))
        mean = self._context.words.copies.not_graded if each.mean is None else self._context.points(each.mean)
        return Success(
            readable(at_most(each.label, NAME_CHARACTERS)), mean, self._context.points(each.maximum), percent
        )

    def _people(self, people: Iterable[Absent | NotHandedIn], fragments: Fragments) -> tuple[Markup, ...]:
        """Students of whom there is no copy; an anonymous document names none."""
        if self._context.anonymous:
            return ()
        return tuple(self._named(qualified(person.name, person), person.class_ids, fragments) for person in people)

    def _named(self, name: str, class_ids: Sequence[str], fragments: Fragments) -> Markup:
        group = self._context.class_name(class_ids)
        shown = fragments.text(at_most(name, NAME_CHARACTERS))
        return Markup("{} ({})").format(shown, fragments.text(group)) if group else shown

    def _left_out(self, summary: Summary, fragments: Fragments) -> tuple[Markup, ...]:
        """The copies of other variants, each with its state."""
        return tuple(
            Markup("{}{} {}").format(
                self._named(self._context.name(row, number), row.student.class_ids, fragments),
                self._context.words.colon,
                fragments.text(
                    self._words.left_out_state.format(self._graded(row.state), shortened(row.variant or ""))
                ),
            )
            for number, row in enumerate(summary.left_out, summary.copies + 1)
        )

    def _graded(self, state: CopyState) -> str:
        match state:
            case CopyState.GRADED:
                return self._words.graded.one
            case CopyState.IN_GRADING:
                return self._words.in_grading.one
            case CopyState.UNGRADED:
                return self._words.ungraded.one
            case _:
                assert_never(state)

    def _notices(self, summary: Summary, fragments: Fragments) -> tuple[Notice, ...]:
        names = {key: self._context.name(row, ordinal + 1) for key, (ordinal, row) in summary.warned.items()}
        return tuple(
            Notice(fragments.text(names.get(each.submission_id or "", "")), fragments.text(each.message))
            for each in summary.warnings[:WARNINGS_SHOWN]
        )

    def _lines(self, part: FrontPart, fragments: Fragments) -> tuple[Line, ...]:
        copies = enumerate(zip(part.rows, part.pages, strict=True), part.first)
        return tuple(self._line(ordinal, row, page, fragments) for ordinal, (row, page) in copies)

    def _line(self, ordinal: int, row: CopyMarks, page: int, fragments: Fragments) -> Line:
        total = "" if row.total is None else self._context.points(row.total)
        name, group = self._context.name(row, ordinal + 1), self._context.class_name(row.student.class_ids)
        shown, language = fragments.link_text(name)
        return Line(ordinal, shown, language, fragments.text(group), total, self._state(row.state), page)

    def _state(self, state: CopyState) -> str:
        match state:
            case CopyState.GRADED:
                return ""
            case CopyState.IN_GRADING:
                return self._words.in_grading.of(1)
            case CopyState.UNGRADED:
                return self._context.words.copies.not_graded
            case _:
                assert_never(state)


def _counted(count: int, label: Countable) -> Figure:
    """A number of copies and its label: `1 absent`, `2 absents`."""
    return Figure(str(count), label.of(count))
