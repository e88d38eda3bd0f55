"""`python -m dev.sample.generate`: writes `school.sql` and `exams/*.json` from the modules of this package."""

import json
import re
from pathlib import Path
from typing import Any

from contracts.graded_exam import GradedExam
from dev.sample import people
from dev.sample.attempts import copies
from dev.sample.graded import graded_exam
from dev.sample.inserts import script
from dev.sample.sittings import PUBLISHED_AS_JSON, SITTINGS, classes_of
from dev.sample.subjects.tous_les_contenus import TOUS_LES_CONTENUS
from dev.sample.tables import exam_rows, people_rows

_UNSEEN = re.compile("[\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
"""Controls that an editor would hide or obey: written as escapes."""

_UNUSED: Any = {
    "submissions": {"__all__": {"answers": {"__all__": {"unreadable": True, "parts": {"__all__": {"unreadable"}}}}}}
}

HERE = Path(__file__).parent


def files() -> dict[str, str]:
    """Every file of the sample, by its path in this folder."""
    sat_exams = [(sitting, copies(sitting)) for sitting in SITTINGS]
    tables = [
        people_rows(
            people.SCHOOLS,
            (*people.STAFF, *people.STUDENTS),
            people.COURSES,
            people.CLASSES,
            people.TEACHING,
        ),
        *(exam_rows(sitting.paper, handed) for sitting, handed in sat_exams),
    ]
    written = {"school.sql": script(tables)}
    for sitting, handed in sat_exams:
        if sitting.paper.key in PUBLISHED_AS_JSON:
            exam = graded_exam(sitting.paper, handed, sitting.students, classes_of(sitting.paper))
            written[f"exams/{sitting.paper.key}.json"] = as_json(exam)
    written["exams/tous-les-contenus.json"] = as_json(TOUS_LES_CONTENUS)
    return written


def as_json(exam: GradedExam) -> str:
    """The exam as a readable file, without what has no value; no score of the sample is unreadable."""
    values = exam.model_dump(mode="json", by_alias=True, exclude_none=True, exclude=_UNUSED)
    return _UNSEEN.sub(_escape, json.dumps(values, ensure_ascii=False, indent=1)) + "\n"


def _escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"


def main() -> None:
    """Write every file."""
    for path, text in files().items():
        target = HERE / path
        target.parent.mkdir(exist_ok=True)
        target.write_text(text, encoding="utf-8")
        print(f"{path}: {len(text.encode()):,} bytes")


if __name__ == "__main__":
    main()
