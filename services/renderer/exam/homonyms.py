"""Students of one name are told apart by the local part of their address, whatever part of the exam is exported. Pure.

Who shares a name is looked up among everybody that the exam knows of, not among those that an export is limited to: a
student is called the same in the export of a class and in that of the whole exam.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import NamedTuple, TypeVar

from contracts.collation import sort_key
from contracts.graded_exam import Absent, ExamHeader, NotHandedIn, Student

LONGEST = 64
"""Characters of a qualifier: as long as a local part may be (RFC 5321)."""

Listed = TypeVar("Listed", Student, Absent, NotHandedIn)


class Person(NamedTuple):
    """Somebody whom the exam knows of; `identity` counts where there is no address."""

    name: str
    email: str
    identity: str = ""

    @property
    def key(self) -> str:
        """The same for one person wherever they are listed."""
        return self.email.casefold() or self.identity


class Homonyms:
    """Who shares a name, accents, capitals and punctuation aside, with somebody else."""

    def __init__(self, people: Iterable[Person]) -> None:
        named: defaultdict[object, dict[str, Person]] = defaultdict(dict)
        for person in people:
            if person.name.strip():
                named[_spelt(person.name)].setdefault(person.key, person)
        self._qualifiers = {
            (spelt, key): qualifier
            for spelt, sharing in named.items()
            if len(sharing) > 1
            for key, qualifier in _qualifiers(sharing).items()
        }

    def told_apart(self, listed: Listed) -> Listed:
        """A student, with or without a copy, and the qualifier that the name needs, if it needs one."""
        person = person_of(listed)
        return listed.model_copy(update={"qualifier": self._qualifiers.get((_spelt(person.name), person.key))})

    def header_told_apart(self, header: ExamHeader) -> ExamHeader:
        """The header with the qualifiers of those who have no copy."""
        absent = tuple(self.told_apart(person) for person in header.absent)
        begun = tuple(self.told_apart(person) for person in header.not_handed_in)
        return header.model_copy(update={"absent": absent, "not_handed_in": begun})


def person_of(listed: Student | Absent | NotHandedIn) -> Person:
    """Who a student of the exam is."""
    return Person(listed.name, listed.email, listed.id if isinstance(listed, Student) else "")


def qualified(name: str, listed: Student | Absent | NotHandedIn) -> str:
    """A name with what tells the student from others of that name: `Zoé Roy (zoe.roy2)`."""
    return f"{name} ({listed.qualifier})" if name and listed.qualifier else name


def _spelt(name: str) -> object:
    return sort_key(name)[0]


def _qualifiers(sharing: dict[str, Person]) -> dict[str, str]:
    """By person: the local part of the address, the whole one where that is shared, too, or the id without any."""
    locals_of = {key: person.email.partition("@")[0].casefold() for key, person in sharing.items()}
    shared = Counter(locals_of.values())
    return {key: _qualifier(person, shared[locals_of[key]] > 1)[:LONGEST] for key, person in sharing.items()}


def _qualifier(person: Person, is_shared: bool) -> str:
    if not person.email:
        return person.identity
    return person.email if is_shared else person.email.partition("@")[0] or person.email
