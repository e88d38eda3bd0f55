"""Which exports a list or a stream tells of. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Owner:
    """A requester of an institution; with None, every one."""

    institution_id: str
    user_id: str | None


@dataclass(frozen=True)
class ExamKey:
    """An exam of an institution."""

    institution_id: str
    exam_id: str


@dataclass(frozen=True)
class Selection:
    """Whose exports, those to come included, a stream follows: the owner's, and everybody's of some exams."""

    owner: Owner
    exam_ids: frozenset[str] = frozenset()

    @property
    def keys(self) -> list[Owner | ExamKey]:
        """An export is followed that has one of these among its own (`keys_of`)."""
        return [self.owner, *(ExamKey(self.owner.institution_id, each) for each in self.exam_ids)]


def keys_of(institution_id: str, requested_by: str, exam_id: str) -> list[Owner | ExamKey]:
    """The keys of the selections that an export is in."""
    return [Owner(institution_id, requested_by), Owner(institution_id, None), ExamKey(institution_id, exam_id)]
