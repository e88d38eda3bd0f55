"""Who is enrolled, and which variants' copies answer the same questions as the exam's own. Pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from contracts.events import Warning as ExportWarning
from contracts.graded_exam import Absent, Question
from contracts.states import WarningCode
from services.renderer.exam import correcta_rows
from services.renderer.exam.correcta_rows import Paper, Row
from services.renderer.language.words import WarningWords


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

    def absent(self, within: frozenset[str], present: Collection[str]) -> tuple[Absent, ...]:
        """The students of these classes (of the whole course where there are none) who handed nothing in."""
        expected: dict[str, Row] = {}
        for row in self._rows:
            if not row["archived"] and (not within or row["class_id"] in within) and row["user_id"] not in present:
                expected.setdefault(row["user_id"], row)
        return tuple(
            Absent(name=row["name"] or row["email"], email=row["email"], class_ids=self.class_ids(user))
            for user, row in expected.items()
        )


class Sitting:
    """The questions an exam's copies answer: its own, and those of variants that ask the same under other ids."""

    def __init__(self, papers: Mapping[str, Paper], titles: Mapping[str, str]) -> None:
        self._papers = papers
        self._titles = titles
        self.paper = next(iter(papers.values()))

    def fits(self, exam_id: str) -> bool:
        """Whether a variant's copies can stand under the exam's own questions."""
        paper = self._papers[exam_id]
        return paper is self.paper or not paper.questions or _same(paper.questions, self.paper.questions)

    def questions(self, exam_id: str) -> tuple[dict[str, Question], Mapping[str, Sequence[Row]]]:
        """The exam's own questions, and the segments that were answered, by the ids that a variant's copies use."""
        paper = self._papers[exam_id] if self._papers[exam_id].questions else self.paper
        ids = (question.id for question in paper.questions)
        return dict(zip(ids, self.paper.questions, strict=True)), paper.segments

    def left_out(self, attempts: Sequence[Row], words: WarningWords) -> Iterator[ExportWarning]:
        """A warning for each variant whose copies answer other questions."""
        for exam_id, copies in correcta_rows.grouped(attempts, "exam_id").items():
            if not self.fits(exam_id):
                message = words.variant_left_out.format(len(copies), self._titles[exam_id])
                yield ExportWarning(code=WarningCode.COPY_NOT_RENDERED, message=message)


def _same(variant: Sequence[Question], common: Sequence[Question]) -> bool:
    return len(variant) == len(common) and all(map(_alike, variant, common))


def _alike(variant: Question, common: Question) -> bool:
    def asked(question: Question) -> tuple[object, ...]:
        options = [(option.content, option.is_correct) for option in question.options]
        return question.type, question.content, question.max_points, question.require_all_correct, options

    return asked(variant) == asked(common)
