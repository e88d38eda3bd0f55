"""What the requests are about: finished exports of two schools, each with its file in a real storage."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID, uuid4

from contracts.states import Format
from dev.sample.identity import identifier
from dev.sample.people import DELCOURT, KABORE, LAC, MARCHETTI, OKONKWO, PRINCIPAL, SAUVAGEOT, VAUCLAIR
from services.gateway.store import Actor, Quota, Store
from tests.builders import an_export_completed
from tests.gateway import an_export
from tests.integration.authorisation.rights import About
from tests.integration.authorisation.subjects import Subject
from tests.integration.gateway.harness import TOKEN
from tests.uploads import upload

MATHS = identifier("exam", "mathematiques")
PHYSICS = identifier("exam", "physique-chimie")
LAC_MATHS = identifier("exam", "pourcentages")
EXAM_OF = {VAUCLAIR.id: MATHS, LAC.id: LAC_MATHS}
CONTENT = b"%PDF-1.7 rapport"


class Kind(StrEnum):
    """Whose the object of a request is, seen from its subject."""

    OWN = "their own"
    COLLEAGUES = "a colleague's, of the same exam"
    OTHER_COURSES = "a colleague's, of another course"
    FOREIGN = "another school's"
    ABSENT = "nobody's"
    FOREIGN_UNDER_OWN = "another school's export below an exam of theirs"
    ABSENT_UNDER_OWN = "no export below an exam of theirs"


KINDS: dict[About, tuple[Kind, ...]] = {
    About.NOTHING: (Kind.OWN,),
    About.EXAM: (Kind.OWN, Kind.OTHER_COURSES, Kind.FOREIGN, Kind.ABSENT),
    About.EXPORT: tuple(Kind),
    About.OWN_EXPORT: (Kind.OWN, Kind.COLLEAGUES, Kind.OTHER_COURSES, Kind.FOREIGN, Kind.ABSENT),
}


@dataclass(frozen=True)
class Object:
    """An exam, and an export of it where there is one."""

    exam_id: str
    export_id: UUID
    filename: str


@dataclass(frozen=True)
class Requester:
    """Who asked for an export, of which exam, and in which institution."""

    institution_id: str
    user_id: str
    exam_id: str


ABSENT = Object(identifier("exam", "there is no such exam"), UUID(int=4), "There is no such file.pdf")
DELCOURTS = Requester(VAUCLAIR.id, DELCOURT.id, MATHS)
OKONKWOS = Requester(VAUCLAIR.id, OKONKWO.id, MATHS)
SAUVAGEOTS = Requester(VAUCLAIR.id, SAUVAGEOT.id, PHYSICS)
KABORES = Requester(VAUCLAIR.id, KABORE.id, PHYSICS)
MARCHETTIS = Requester(LAC.id, MARCHETTI.id, LAC_MATHS)
PRINCIPALS = Requester(LAC.id, PRINCIPAL.id, LAC_MATHS)
ALWAYS = (DELCOURTS, OKONKWOS, SAUVAGEOTS, KABORES, MARCHETTIS, PRINCIPALS)


def requester_of(subject: Subject) -> Requester:
    """As whom a subject owns an export; a subject of no institution none of those that are asked about."""
    if subject.user_id == SAUVAGEOT.id:
        return SAUVAGEOTS
    institution_id = subject.institution_id or VAUCLAIR.id
    return Requester(institution_id, subject.user_id, EXAM_OF[institution_id])


@dataclass(frozen=True)
class World:
    """The finished exports."""

    objects: dict[Requester, Object]

    def of(self, subject: Subject, kind: Kind) -> Object:
        """The object of a kind, for a subject."""
        mine = requester_of(subject)
        home = mine.institution_id == VAUCLAIR.id
        foreign = self.objects[MARCHETTIS if home else DELCOURTS]
        match kind:
            case Kind.OWN:
                return self.objects[mine]
            case Kind.COLLEAGUES:
                return self.objects[next(one for one in ALWAYS if one.exam_id == mine.exam_id and one != mine)]
            case Kind.OTHER_COURSES:
                return self.objects[DELCOURTS if mine.exam_id == PHYSICS else SAUVAGEOTS]
            case Kind.FOREIGN:
                return foreign
            case Kind.ABSENT:
                return ABSENT
            case Kind.FOREIGN_UNDER_OWN:
                return Object(mine.exam_id, foreign.export_id, foreign.filename)
            case Kind.ABSENT_UNDER_OWN:
                return Object(mine.exam_id, ABSENT.export_id, ABSENT.filename)


async def make_world(store: Store, storage_url: str, subjects: Iterable[Subject]) -> World:
    """A finished export for each subject who may have one, and for those they are compared with."""
    requesters = {*ALWAYS, *(requester_of(subject) for subject in subjects)}
    return World({requester: await _finished(store, storage_url, requester) for requester in requesters})


async def _finished(store: Store, storage_url: str, requester: Requester) -> Object:
    identity = {
        "institution_id": requester.institution_id,
        "exam_id": requester.exam_id,
        "requested_by": requester.user_id,
    }
    export = an_export(id=uuid4(), **identity)
    await store.create(export, quota=Quota(10_000), actor=Actor(requester.user_id))
    name = f"Rapport {export.id}.pdf"
    file = await upload((storage_url, TOKEN), export.id, CONTENT, name, Format.PDF, identity=identity)
    assert await store.apply(an_export_completed(export_id=export.id, file=file, **identity))
    return Object(requester.exam_id, export.id, name)
