"""Which exams were sat, by whom, how far they are graded."""

from dev.sample.answerbook import read
from dev.sample.attempts import Sitting
from dev.sample.model import Group, Paper
from dev.sample.people import (
    CLASSES,
    DELCOURT,
    KABORE,
    MARCHETTI,
    MATHS_CLASSES,
    OKONKWO,
    SAUVAGEOT,
)
from dev.sample.roster import NSI, PCSI, SECONDE, TERMINALE
from dev.sample.subjects.informatique import INFORMATIQUE
from dev.sample.subjects.mathematiques import A_VENIR, COMMUN, MATHEMATIQUES, VARIANTE
from dev.sample.subjects.physique_chimie import PHYSIQUE_CHIMIE
from dev.sample.subjects.pourcentages import POURCENTAGES

_GROUP_A = {
    person.key for key in ("a1", "a2") for person in MATHS_CLASSES[key].members
}  # Mr Delcourt marks group A, Mrs Okonkwo-Berger group B
_MPSI = {
    person.key: DELCOURT if person.key in _GROUP_A else OKONKWO
    for key in ("a1", "a2", "b1", "b2")
    for person in MATHS_CLASSES[key].members
}

SITTINGS = (
    Sitting(
        paper=MATHEMATIQUES,
        book=read("mathematiques-1", "mathematiques-2", "mathematiques-propres"),
        graders=_MPSI,
        absent=frozenset({"baptiste.arnoux", "margaux.tessier"}),
        states={
            "lucas.rey": "GRADING_IN_PROGRESS",
            "gaspard.tissot": "SUBMITTED",
            "lilian.zerbib": "IN_PROGRESS",
        },
        harmonised={"III.2": (OKONKWO, 1.2)},
    ),
    Sitting(
        paper=COMMUN,
        book=read("autres"),
        graders={entry.key: OKONKWO for entry in PCSI},
        absent=frozenset({"lison.pruvost"}),
    ),
    Sitting(
        paper=VARIANTE,
        book=read("autres"),
        graders={entry.key: OKONKWO for entry in PCSI},
        absent=frozenset({"elsa.bouvier", "adrien.kasongo"}),
    ),
    Sitting(paper=A_VENIR, book={"venir.1": ()}, graders={}, absent=frozenset(entry.key for entry in PCSI)),
    Sitting(
        paper=PHYSIQUE_CHIMIE,
        book=read("physique-chimie-1", "physique-chimie-2", "physique-chimie-propres"),
        graders={entry.key: SAUVAGEOT for entry in TERMINALE},
        absent=frozenset({"octave.baudry"}),
        states={"isaure.montreuil": "GRADING_IN_PROGRESS"},
    ),
    Sitting(
        paper=INFORMATIQUE,
        book=read("informatique", "informatique-propres"),
        graders={entry.key: KABORE for entry in NSI},
        absent=frozenset({"noemie.delage"}),
        states={"william.osei": "SUBMITTED"},
        by_ai=frozenset({"1.1", "1.3", "2.1", "2.2"}),
    ),
    Sitting(
        paper=POURCENTAGES,
        book=read("autres"),
        graders={entry.key: MARCHETTI for entry in SECONDE},
    ),
)

PUBLISHED_AS_JSON = ("mathematiques", "physique-chimie", "informatique")


def classes_of(paper: Paper) -> tuple[Group, ...]:
    """The exam's classes with all their subgroups; every class of the course where it was set to the whole course."""
    roots = paper.groups or ((paper.group,) if paper.group else ())
    if any(group.hidden for group in roots):
        return tuple(group for group in CLASSES if group.course is paper.course)
    return tuple(group for group in CLASSES if _within(group, {root.id for root in roots}))


def _within(group: Group, roots: set[str]) -> bool:
    return group.id in roots or (group.parent is not None and _within(group.parent, roots))
