"""A graded exam from a JSON file (`graded-exam.v1`), its copies read one by one."""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import ijson
from ijson.common import ObjectBuilder
from pydantic import BaseModel, ValidationError

from contracts.events import Warning as ExportWarning
from contracts.graded_exam import ExamHeader, Submission
from services.renderer.errors import ExamNotFound, InvalidExam
from services.renderer.exam.classes import selection
from services.renderer.exam.homonyms import Homonyms, Person, person_of
from services.renderer.exam.repaired_json import RepairedJson
from services.renderer.exam.source import BATCH, is_chosen, narrow

Model = TypeVar("Model", bound=BaseModel)


DEEPEST = 200
"""Levels of JSON that no exam needs: each table in a cell of a table takes seven."""


NESTING = {"start_map": 1, "start_array": 1, "end_map": -1, "end_array": -1}


def validated(model: type[Model], value: object, place: str) -> Model:
    """A model made of parsed JSON.

    Raises:
        InvalidExam: it does not fit; the detail names the place.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise InvalidExam(_first_mistake(error, place)) from error
    except RecursionError as error:
        raise InvalidExam(f"{place}: nested too deeply") from error


def _first_mistake(error: ValidationError, place: str) -> str:
    mistake = error.errors(include_url=False, include_input=False)[0]
    steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in mistake["loc"])
    return f"{place}{steps}: {mistake['msg']}".lstrip(".")


class JsonSource:
    """A `graded-exam.v1` file. It is read twice, once for the header, once for the copies, and never held whole."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @asynccontextmanager
    async def open(self, class_ids: Collection[str]) -> AsyncIterator["OpenJson"]:
        """Read the header; the copies follow from `submissions`."""
        read, people = await asyncio.to_thread(_read_header, self._path)
        header = validated(ExamHeader, read, "")
        without = [*map(person_of, header.absent), *map(person_of, header.not_handed_in)]
        homonyms = Homonyms([*people, *without])
        chosen = selection(header.classes, class_ids)
        yield OpenJson(self._path, homonyms.header_told_apart(narrow(header, chosen)), chosen, homonyms)


class OpenJson:
    """An opened file; copies are validated as they are read."""

    def __init__(self, path: Path, header: ExamHeader, chosen: frozenset[str], homonyms: Homonyms) -> None:
        self._path = path
        self._chosen = chosen
        self._homonyms = homonyms
        self.header = header
        self.warnings: tuple[ExportWarning, ...] = ()

    async def submissions(self) -> AsyncIterator[Sequence[Submission]]:
        """The copies in the file's order.

        Raises:
            InvalidExam: a copy does not fit, or stands twice in the file.
        """
        seen: set[str] = set()
        copies = _read_copies(self._path)
        while batch := list(islice(copies, BATCH)):
            for copy in batch:
                if copy.id in seen:
                    raise InvalidExam(f"submissions: the id {copy.id!r} stands twice")
                seen.add(copy.id)
            yield [
                copy.model_copy(update={"student": self._homonyms.told_apart(copy.student)})
                for copy in batch
                if is_chosen(copy.student, self._chosen)
            ]
            await asyncio.sleep(0)


def _read_header(path: Path) -> tuple[dict[str, Any], list[Person]]:
    """The file's top level, and the students of its `submissions`, which are only looked at otherwise, so that nothing
    in the file is nested too deeply.
    """
    header: dict[str, Any] = {}
    people: list[Person] = []
    with _opened(path) as file:
        events = ijson.basic_parse(file, use_float=True)
        if next(events)[0] != "start_map":
            raise InvalidExam("the file does not hold one JSON object")
        for event, key in events:
            if event == "map_key":
                if key == "submissions":
                    people += _students(events)
                else:
                    header[key] = _value(events)
    return header, people


def _students(events: Iterator[tuple[str, Any]]) -> Iterator[Person]:
    """The students in the next value of an event stream, as far as it is a list of copies."""
    depth = 0
    for event, value in events:
        depth += _nested(event, depth)
        if event == "map_key" and depth == 2 and value == "student":
            student = _value(events)
            if isinstance(student, dict):
                yield Person(*(_text(student.get(key)) for key in ("name", "email", "id")))
        if depth == 0:
            break


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _nested(event: str, depth: int) -> int:
    """How an event changes the depth.

    Raises:
        InvalidExam: it becomes too great.
    """
    if depth + (step := NESTING.get(event, 0)) > DEEPEST:
        raise InvalidExam(f"nested more than {DEEPEST} levels deep")
    return step


def _value(events: Iterator[tuple[str, Any]]) -> Any:
    """The next whole value of an event stream."""
    builder = ObjectBuilder()
    depth = 0
    for event, value in events:
        builder.event(event, value)
        depth += _nested(event, depth)
        if depth == 0:
            break
    return builder.value


def _read_copies(path: Path) -> Iterator[Submission]:
    with _opened(path) as file:
        for index, item in enumerate(ijson.items(file, "submissions.item", use_float=True)):
            yield validated(Submission, item, f"submissions[{index}]")


@contextmanager
def _opened(path: Path) -> Iterator[RepairedJson]:
    """The file, with what can go wrong while it is read told as one kind of error."""
    try:
        with path.open("rb") as file:
            yield RepairedJson(file)
    except FileNotFoundError as error:
        raise ExamNotFound(f"{path}: no such file") from error
    except OSError as error:
        raise InvalidExam(f"{path}: {error.strerror}") from error
    except (ijson.JSONError, UnicodeDecodeError, StopIteration) as error:
        raise InvalidExam(f"not JSON: {error}") from error
