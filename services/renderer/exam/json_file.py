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
from services.renderer.exam.json_numbers import JsonNumbers
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
        header = validated(ExamHeader, await asyncio.to_thread(_read_header, self._path), "")
        chosen = selection(header.classes, class_ids)
        yield OpenJson(self._path, narrow(header, chosen), chosen)


class OpenJson:
    """An opened file; copies are validated as they are read."""

    def __init__(self, path: Path, header: ExamHeader, chosen: frozenset[str]) -> None:
        self._path = path
        self._chosen = chosen
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
            yield [copy for copy in batch if is_chosen(copy.student, self._chosen)]
            await asyncio.sleep(0)


def _read_header(path: Path) -> dict[str, Any]:
    """The file's top level; `submissions` are only looked at, so that nothing in the file is nested too deeply."""
    header: dict[str, Any] = {}
    with _opened(path) as file:
        events = ijson.basic_parse(file, use_float=True)
        if next(events)[0] != "start_map":
            raise InvalidExam("the file does not hold one JSON object")
        for event, key in events:
            if event == "map_key":
                value = _value(events, keep=key != "submissions")
                if key != "submissions":
                    header[key] = value
    return header


def _value(events: Iterator[tuple[str, Any]], *, keep: bool) -> Any:
    """The next whole value of an event stream, built only where it is kept."""
    builder = ObjectBuilder()
    depth = 0
    for event, value in events:
        if keep:
            builder.event(event, value)
        if event in NESTING:
            depth += NESTING[event]
            if depth > DEEPEST:
                raise InvalidExam(f"nested more than {DEEPEST} levels deep")
        if depth == 0:
            break
    return builder.value if keep else None


def _read_copies(path: Path) -> Iterator[Submission]:
    with _opened(path) as file:
        for index, item in enumerate(ijson.items(file, "submissions.item", use_float=True)):
            yield validated(Submission, item, f"submissions[{index}]")


@contextmanager
def _opened(path: Path) -> Iterator[JsonNumbers]:
    """The file, with what can go wrong while it is read told as one kind of error."""
    try:
        with path.open("rb") as file:
            yield JsonNumbers(file)
    except FileNotFoundError as error:
        raise ExamNotFound(f"{path}: no such file") from error
    except OSError as error:
        raise InvalidExam(f"{path}: {error.strerror}") from error
    except (ijson.JSONError, UnicodeDecodeError, StopIteration) as error:
        raise InvalidExam(f"not JSON: {error}") from error
