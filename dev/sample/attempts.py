"""How an exam went: every student gets answers near their level, no variant is worn out, and a teacher marks them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from dev.sample.answerbook import AnswerBook, Variant
from dev.sample.identity import dice, identifier
from dev.sample.marking import given_text, given_ticks, harmonised, unmarked
from dev.sample.model import Copy, Group, Item, Paper, Person, Status
from dev.sample.people import CLASSES

_WEAR = 0.11
"""What one earlier use of a variant costs, in shares of a question's points: spreads students over all variants."""


@dataclass(frozen=True)
class Sitting:
    """What happened around an exam. `absent` handed nothing in; `states` names the copies that are not graded."""

    paper: Paper
    book: AnswerBook
    graders: Mapping[str, Person]
    absent: frozenset[str] = frozenset()
    states: Mapping[str, Status] = field(default_factory=dict)
    harmonised: Mapping[str, tuple[Person, float]] = field(default_factory=dict)
    by_ai: frozenset[str] = frozenset()

    @property
    def students(self) -> tuple[Person, ...]:
        """Who should have sat it, in the class lists' order."""
        groups = self.paper.groups or ((self.paper.group,) if self.paper.group else ())
        return tuple({person.id: person for group in groups for person in _members(group)}.values())


def _members(group: Group) -> Iterable[Person]:
    yield from group.members
    for child in CLASSES:  # classes know their parents, not their children
        if child.parent is not None and child.parent.id == group.id:
            yield from _members(child)


def copies(sitting: Sitting) -> tuple[Copy, ...]:
    """Every attempt, in the class lists' order; absent students have none."""
    present = [person for person in sitting.students if person.key not in sitting.absent]
    chosen = {item.key: _choose(item, sitting, present) for item in sitting.paper.items if item.type != "MCQ"}
    return tuple(_copy(sitting, person, chosen) for person in present)


def _choose(item: Item, sitting: Sitting, present: list[Person]) -> dict[str, Variant | None]:
    """A variant per student key; None where the student skipped the question."""
    variants = sitting.book[item.key]
    own = {variant.student: variant for variant in variants if variant.student}
    common = [variant for variant in variants if not variant.student]
    worn: Counter[int] = Counter()
    chosen: dict[str, Variant | None] = {}
    for person in sorted(present, key=lambda p: identifier("turn", item.id, p.id)):
        if person.key in own:
            chosen[person.key] = own[person.key]
            continue
        chance = dice("choice", item.id, person.id)
        if chance.random() < 0.16 * (1 - person.level) ** 1.5 / 0.5:
            chosen[person.key] = None
            continue
        target = person.level + 0.5 * (chance.random() - 0.5)
        best = min(range(len(common)), key=lambda n: abs(common[n].score / item.maximum - target) + _WEAR * worn[n])
        worn[best] += 1
        chosen[person.key] = common[best]
    return chosen


def _copy(sitting: Sitting, person: Person, chosen: Mapping[str, dict[str, Variant | None]]) -> Copy:
    paper = sitting.paper
    status = sitting.states.get(person.key, "GRADED")
    chance = dice("clock", paper.id, person.id)
    started = paper.starts + timedelta(seconds=int(240 * chance.random()))
    used = timedelta(seconds=int(paper.minutes * 60 * (0.86 + 0.135 * chance.random())))
    given = []
    for item in paper.items:
        grader = sitting.graders[person.key]
        if item.type == "MCQ":
            answer = given_ticks(item, person)
        else:
            answer = given_text(item, chosen[item.key][person.key], person, grader, item.key in sitting.by_ai)
        if answer is not None and item.key in sitting.harmonised:
            marker, ratio = sitting.harmonised[item.key]
            answer = harmonised(answer, ratio) if answer.grader is marker else answer
        if answer is not None:
            given.append(answer)
    complete = Copy(
        id=identifier("attempt", paper.id, person.id),
        student=person,
        status=status,
        started=started,
        submitted=started + used,
        given=tuple(given),
    )
    return complete if status == "GRADED" else _unfinished(complete)


def _unfinished(copy: Copy) -> Copy:
    """In grading: MCQs and the first two answers are marked. Not graded: nothing is. Never submitted: hardly begun."""
    if copy.status == "GRADING_IN_PROGRESS":
        marked = [answer for answer in copy.given if answer.origin == "auto"]
        marked += [answer for answer in copy.given if answer.origin != "auto"][:2]
        return replace(copy, given=tuple(a if a in marked else unmarked(a) for a in copy.given))
    answers = tuple(unmarked(answer) for answer in copy.given)
    if copy.status == "SUBMITTED":
        return replace(copy, given=answers)
    return replace(copy, given=answers[:2], submitted=None)
