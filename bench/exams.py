"""Exams made up for measuring: prose of French mathematics with formulas that people really wrote.

The same size and seed give the same exam, on every machine. A copy of the larger exam is not a copy of the smaller one
said again: each answer is drawn anew, so that nothing can be served from memory that a real class would not repeat.
"""

import json
import random
from functools import cache
from pathlib import Path
from typing import Any

from dev.paths import ROOT

FORMULAS = ROOT / "tests" / "data" / "formulas.txt"

PROSE = """
la le une un de du en on il elle est que pour par sur vers avant sa cet cette tout donc car puis or et faut vaut suite
fonction limite dérivable croissante majorée intégrale récurrence théorème intervalle réelle naturel entier variable
valeur initiale résultat hypothèse supposons posant conclure vérifier applique obtient converge exactement cependant
d'après moitié Rolle changement
"""
WORDS = PROSE.split()
QUESTIONS = 10
FORMULAS_IN_ANSWER = 3
POINTS = 2.0
LONGEST = 120
"""Characters of a formula; longer ones would be alone on their line in every stack."""


@cache
def formulas() -> tuple[str, ...]:
    """Formulas that can stand between dollars."""
    lines = FORMULAS.read_text(encoding="utf-8").splitlines()
    return tuple(line for line in lines if 0 < len(line.strip()) <= LONGEST and "$" not in line)


class _Writer:
    """Draws words and formulas from one seed."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)

    def prose(self, least: int, most: int) -> str:
        return " ".join(self._random.choices(WORDS, k=self._random.randint(least, most)))

    def text(self, count: int) -> str:
        """Prose with that many formulas."""
        parts = [f"{self.prose(12, 32)} ${self._random.choice(formulas())}$" for _ in range(count)]
        return " ".join(parts) + "."

    def points(self) -> float:
        return self._random.choice((0.0, 0.5, 1.0, 1.5, 2.0, 2.0))

    def origin(self) -> str:
        return self._random.choice(("ai", "teacher"))


def exam(copies: int, seed: int = 1, questions: int = QUESTIONS) -> dict[str, Any]:
    """A graded exam of that many copies, as JSON values."""
    return {
        "exam": _questions(seed, questions),
        "classes": [{"id": "c1", "name": "Groupe 1"}, {"id": "c2", "name": "Groupe 2"}],
        "submissions": [_copy(number, seed, questions) for number in range(copies)],
        "absent": [],
        "asOf": "2026-01-20T12:00:00Z",
    }


def regraded(graded: dict[str, Any], count: int) -> dict[str, Any]:
    """The same exam after that many copies, spread over the class, were marked again."""
    submissions = list(graded["submissions"])
    step = max(1, len(submissions) // count)
    for number in range(0, step * count, step):
        first, *others = submissions[number]["answers"]
        again = first | {"score": 2.0 - first["score"], "feedback": f"Relu : {first['feedback']}"}
        submissions[number] = submissions[number] | {"answers": [again, *others]}
    return graded | {"submissions": submissions}


def write(graded: dict[str, Any], path: Path) -> Path:
    """Leave an exam on disk; where it is."""
    path.write_text(json.dumps(graded, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
    return path


def _questions(seed: int, count: int) -> dict[str, Any]:
    writer = _Writer(f"{seed} exam")
    questions = [
        {
            "id": f"q{number}",
            "label": str(number),
            "type": "TEXT",
            "content": writer.text(1),
            "maxPoints": POINTS,
            "requireAllCorrect": False,
            "options": [],
        }
        for number in range(1, count + 1)
    ]
    return {
        "id": f"bench-{seed}",
        "title": "Partiel d'analyse",
        "description": "",
        "institution": {"id": "bench", "name": "Université d'essai"},
        "course": {"code": "MAT201", "name": "Analyse 2"},
        "sections": [{"id": "s1", "title": "", "label": None, "intro": None, "questions": questions}],
    }


def _copy(number: int, seed: int, questions: int) -> dict[str, Any]:
    writer = _Writer(f"{seed} copy {number}")
    return {
        "id": f"s{number}",
        "student": {
            "id": f"u{number}",
            "name": f"Étudiant {number:04d} Dupont-Lévêque",
            "email": f"etu{number}@ecole.example",
            "classIds": [f"c{number % 2 + 1}"],
        },
        "submittedAt": "2026-01-20T10:00:00Z",
        "status": "GRADED",
        "answers": [
            {
                "questionId": f"q{question}",
                "content": writer.text(FORMULAS_IN_ANSWER),
                "selectedOptionIds": [],
                "score": writer.points(),
                "feedback": writer.text(1),
                "origin": writer.origin(),
            }
            for question in range(1, questions + 1)
        ],
    }
