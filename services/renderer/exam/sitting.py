"""Who is enrolled, and which variants' copies answer the same questions as the exam's own. Pure."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from contracts.events import Warning as ExportWarning
from contracts.graded_exam import Absent, NotHandedIn, Question
from contracts.states import WarningCode
from services.renderer.exam import correcta_rows, homonyms
from services.renderer.exam.correcta_rows import Paper, Row
from services.renderer.language.document_words import WarningWords

Person = TypeVar("Person", Absent, NotHandedIn)


class Roster:
    """Who is enrolled where. Hidden classes are never told of, but the people in them are there all the same."""

    def __init__(self, rows: Sequence[Row], shown: Collection[str]) -> None:
        self._rows = rows
        self._class_ids = {
            user: tuple(row["class_id"] for row in group if row["class_id"] in shown)
            for user, group in correcta_rows.grouped(rows, "user_id").items()
        }

    def class_ids(self, user_id: str) -> tuple[str, ...]:
        """The classes of the course a student is in."""
        return self._class_ids.get(user_id, ())

    def people(self) -> Iterator[homonyms.Person]:
        """Everybody who is enrolled."""
        return (homonyms.Person(row["name"] or row["email"], row["email"], row["user_id"]) for row in self._rows)

    def absent(self, within: frozenset[str], begun: Collection[str]) -> tuple[Absent, ...]:
        """The students of these classes (of the whole course where there are none) who did not begin."""
        expected = (
            row
            for row in self._rows
            if not row["archived"] and (not within or row["class_id"] in within) and row["user_id"] not in begun
        )
        return self._people(Absent, expected, "user_id")

    def not_handed_in(self, begun: Iterable[Row], present: Collection[str]) -> tuple[NotHandedIn, ...]:
        """The students of these attempts of whom no copy is present."""
        return self._people(NotHandedIn, (row for row in begun if row["student_id"] not in present), "student_id")

    def _people(self, kind: Callable[..., Person], rows: Iterable[Row], column: str) -> tuple[Person, ...]:
        once: dict[str, Row] = {}
        for row in rows:
            once.setdefault(row[column], row)
        return tuple(
            kind(name=row["name"] or row["email"], email=row["email"], class_ids=self.class_ids(user))
            for user, row in once.items()
        )


class Sitting:
    """The questions an exam's copies answer: its own, and those of variants that ask the same under other ids."""

    def __init__(self, papers: Mapping[str, Paper], differing: Mapping[str, str]) -> None:
        """`papers` are those of the exam, first, and its variants; `differing` the titles of those that ask other
        questions.
        """
        self._papers = papers
        self._differing = differing
        self.paper = next(iter(papers.values()))

    def variant(self, exam_id: str) -> str | None:
        """The title of a variant whose copies can't stand under the exam's own questions; None of any other."""
        return self._differing.get(exam_id)

    def questions(self, exam_id: str) -> tuple[dict[str, Question], Mapping[str, Sequence[Row]]]:
        """The questions that copies are shown with, and the segments that were answered, by the ids these copies use:
        the exam's own questions, unless the variant's are others.
        """
        paper = self._papers[exam_id] if self._papers[exam_id].questions else self.paper
        shown = paper if exam_id in self._differing else self.paper
        ids = (question.id for question in paper.questions)
        return dict(zip(ids, shown.questions, strict=True)), paper.segments

    def warnings(self, words: WarningWords) -> Iterator[ExportWarning]:
        """A warning for each question some of whose points are not a number."""
        for label in self.paper.unreadable:
            message = words.maximum_unreadable.format(label)
            yield ExportWarning(code=WarningCode.MARK_UNREADABLE, message=message)
