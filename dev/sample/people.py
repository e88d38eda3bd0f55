"""Who there is: two schools, their staff, courses and classes. Every name is invented; addresses end in `.example`."""

from datetime import datetime

from dev.sample.identity import identifier
from dev.sample.model import Course, Group, Person, Role, School
from dev.sample.pictures import data_url
from dev.sample.roster import MPSI, NSI, PCSI, SECONDE, TERMINALE, Entry

VAUCLAIR = School(
    id=identifier("institution", "vauclair"),
    name="Lycée Hélène-Vauclair",
    domain="vauclair.example",
    settings={"branding": {"logo": data_url("logo"), "color": "#1f4e79"}, "locale": "fr"},
)
LAC = School(
    id=identifier("institution", "lac"),
    name="Collège-lycée du Lac",
    domain="ecole-du-lac.example",
    settings={},
)


def _person(key: str, name: str, role: Role, school: School | None, level: float = 0.0) -> Person:
    host = school.domain if school else "correcta.example"
    address = f"{key}@eleves.{host}" if role == "STUDENT" else f"{key}@{host}"
    owner = school.domain if school else "platform"
    return Person(identifier("user", owner, key), key, name, address, role, school, level)


PLATFORM_ADMIN = _person("exploitation", "Exploitation Correcta", "PLATFORM_ADMIN", None)
ADMIN = _person("claire.vasseur", "Claire Vasseur", "SCHOOL_ADMIN", VAUCLAIR)
DELCOURT = _person("antoine.delcourt", "Antoine Delcourt", "TEACHER", VAUCLAIR)
OKONKWO = _person("nadege.okonkwo-berger", "Nadège Okonkwo-Berger", "TEACHER", VAUCLAIR)
SAUVAGEOT = _person("berengere.sauvageot", "Bérengère Sauvageot", "TEACHER", VAUCLAIR)
KABORE = _person("idriss.kabore", "Idriss Kaboré", "TEACHER", VAUCLAIR)
PROCTOR = _person("surveillance", "Agence de surveillance", "EXTERNAL_PROCTOR", VAUCLAIR)
ARCHIVED = Person(
    id=identifier("user", VAUCLAIR.domain, "gerard.lemoine"),
    key="gerard.lemoine",
    name="Gérard Lemoine",
    email="gerard.lemoine@vauclair.example",
    role="TEACHER",
    school=VAUCLAIR,
    archived_at=datetime(2025, 7, 5, 12, 0),
)
MARCHETTI = _person("solene.marchetti", "Solène Marchetti", "TEACHER", LAC)
PRINCIPAL = _person("jean-loup.abadie", "Jean-Loup Abadie", "SCHOOL_ADMIN", LAC)
STAFF = (PLATFORM_ADMIN, ADMIN, DELCOURT, OKONKWO, SAUVAGEOT, KABORE, PROCTOR, ARCHIVED, MARCHETTI, PRINCIPAL)


def _course(key: str, code: str, name: str, school: School) -> Course:
    return Course(identifier("course", key), code, name, school)


MATHS = _course("maths", "MATHS-MPSI", "Mathématiques, classe de MPSI", VAUCLAIR)
PHYSICS = _course("physique-chimie", "PC-TSPE", "Physique-chimie, spécialité de terminale", VAUCLAIR)
INFORMATICS = _course("nsi", "NSI-T", "Numérique et sciences informatiques, terminale", VAUCLAIR)
LAC_MATHS = _course("lac-maths", "MATHS-2DE", "Mathématiques, seconde", LAC)


def _students(entries: tuple[Entry, ...], school: School) -> dict[str, Person]:
    return {e.key: _person(e.key, e.name, "STUDENT", school, e.level) for e in entries}


def _members(entries: tuple[Entry, ...], people: dict[str, Person], group: str) -> tuple[Person, ...]:
    return tuple(people[e.key] for e in entries if group in e.groups)


def _tree(
    course: Course, names: dict[str, tuple[str, str | None]], entries: tuple[Entry, ...], people: dict[str, Person]
) -> dict[str, Group]:
    """Classes by their short key; a parent is named before its subgroups."""
    tree: dict[str, Group] = {}
    for key, (name, parent) in names.items():
        tree[key] = Group(
            id=identifier("class", course.code, key),
            name=name,
            course=course,
            parent=tree[parent] if parent else None,
            members=_members(entries, people, key),
        )
    return tree


_vauclair = _students(MPSI + PCSI + TERMINALE + NSI, VAUCLAIR)
_lac = _students(SECONDE, LAC)
STUDENTS = (*_vauclair.values(), *_lac.values())

MATHS_CLASSES = _tree(
    MATHS,
    {
        "default": ("__DEFAULT__", None),
        "mpsi": ("MPSI 1", None),
        "a": ("MPSI 1 – Groupe A", "mpsi"),
        "a1": ("Trinômes A1 à A4", "a"),
        "a2": ("Trinômes A5 à A7", "a"),
        "b": ("MPSI 1 – Groupe B", "mpsi"),
        "b1": ("Trinômes B1 à B3", "b"),
        "b2": ("Trinômes B4 à B6", "b"),
        "pcsi": ("PCSI 2", None),
    },
    MPSI + PCSI,
    _vauclair,
)
PHYSICS_CLASSES = _tree(
    PHYSICS,
    {
        "default": ("__DEFAULT__", None),
        "t3": ("Terminale 3", None),
        "tp1": ("TP 1 (lundi)", "t3"),
        "tp2": ("TP 2 (jeudi)", "t3"),
    },
    TERMINALE,
    _vauclair,
)
INFORMATICS_CLASSES = _tree(
    INFORMATICS,
    {"default": ("__DEFAULT__", None), "g1": ("NSI groupe 1", None), "g2": ("NSI groupe 2", None)},
    NSI,
    _vauclair,
)
LAC_CLASSES = _tree(LAC_MATHS, {"default": ("__DEFAULT__", None), "s4": ("Seconde 4", None)}, SECONDE, _lac)

SCHOOLS = (VAUCLAIR, LAC)
COURSES = (MATHS, PHYSICS, INFORMATICS, LAC_MATHS)
CLASSES = tuple(
    group for tree in (MATHS_CLASSES, PHYSICS_CLASSES, INFORMATICS_CLASSES, LAC_CLASSES) for group in tree.values()
)
TEACHING = (
    (DELCOURT, MATHS_CLASSES["a"]),
    (OKONKWO, MATHS_CLASSES["b"]),
    (OKONKWO, MATHS_CLASSES["pcsi"]),
    (SAUVAGEOT, PHYSICS_CLASSES["t3"]),
    (KABORE, INFORMATICS_CLASSES["default"]),
    (MARCHETTI, LAC_CLASSES["s4"]),
)
"""Who teaches which class: enrolments with the role TEACHER, which are nobody's absence."""
