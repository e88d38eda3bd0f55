"""What an answer is given: by hand, by the assistant, automatically, and afterwards by harmonisation."""

from dataclasses import replace
from random import Random

from dev.sample.answerbook import Variant
from dev.sample.hand import written_by
from dev.sample.identity import dice
from dev.sample.model import Given, Item, Person
from dev.sample.wording import vary

_RATIONALES = (
    "La démarche attendue est présente ; les justifications correspondent au barème.",
    "Résultat conforme au corrigé, une étape de justification manque.",
    "Comparaison avec le corrigé : méthode identifiée, exécution partiellement correcte.",
)
_BLANK_COMMENTS = ("Non traité.", "Question non abordée.", None)


def given_text(item: Item, variant: Variant | None, person: Person, grader: Person, by_ai: bool) -> Given | None:
    """An answer in words or code, marked. A question skipped has no answer at all, or an empty one worth 0."""
    chance = dice("marking", item.id, person.id)
    if variant is None:
        return None if chance.random() < 0.5 else _blank(item, grader, chance)
    comments = variant.comments or ("",)
    feedback = vary(comments[int(chance.random() * len(comments))], chance) or None
    answer = Given(
        item=item,
        texts=tuple(_typed(variant, text, item, person, chance) for text in variant.texts),
        score=variant.score,
        scores=variant.scores,
        feedback=feedback,
        origin="teacher",
        grader=grader,
    )
    if item.parts[1:] or chance.random() > (0.7 if by_ai else 0.25):
        return answer
    rationale = _RATIONALES[int(chance.random() * len(_RATIONALES))]
    if chance.random() < 0.3:
        return replace(answer, rationale=rationale, overridden=True)
    return replace(answer, origin="ai", grader=None, rationale=rationale)


def _typed(variant: Variant, text: str, item: Item, person: Person, chance: Random) -> str:
    """A text that only this student wrote is theirs already."""
    return text if variant.student else written_by(person, item, vary(text, chance))


def _blank(item: Item, grader: Person, chance: Random) -> Given:
    comment = _BLANK_COMMENTS[int(chance.random() * len(_BLANK_COMMENTS))]
    several = item.parts if len(item.parts) > 1 else ()
    return Given(
        item=item,
        texts=tuple("" for _ in item.parts),
        score=0.0,
        scores=tuple(0.0 for _ in several),
        feedback=comment,
        origin="teacher",
        grader=grader,
    )


def given_ticks(item: Item, person: Person) -> Given | None:
    """An MCQ's ticks, scored automatically. Nearly everyone answers it."""
    chance = dice("ticks", item.id, person.id)
    if chance.random() < 0.06 * (1 - person.level):
        return None
    ticked = tuple(part.id for part in item.parts if chance.random() < _inclination(bool(part.right), person.level))
    return Given(item=item, ticked=ticked, score=tick_score(item, ticked), origin="auto", rationale="AUTO_SCORED_MCQ")


def _inclination(right: bool, level: float) -> float:
    return 0.42 + 0.56 * level if right else 0.38 * (1 - level)


def tick_score(item: Item, ticked: tuple[str, ...]) -> float:
    """All-or-nothing: exactly the right options. Partial with points: their sum, never below 0. Partial without:
    each right tick is worth its share, each wrong one costs as much."""
    right = {part.id for part in item.parts if part.right}
    if item.all_or_nothing:
        return item.maximum if set(ticked) == right else 0.0
    if any(part.points is not None for part in item.parts):
        return max(0.0, sum(part.points or 0.0 for part in item.parts if part.id in ticked))
    balance = sum(1 if option in right else -1 for option in ticked)
    return max(0, balance) / len(right) * item.maximum


def harmonised(answer: Given, ratio: float) -> Given:
    """The grade adjusted by `ratio`, rounded to two places, never above the question's maximum."""
    if not answer.score:
        return answer
    after = min(round(answer.score * ratio, 2), answer.item.maximum)
    return answer if after == answer.score else replace(answer, score=after, before=answer.score)


def unmarked(answer: Given) -> Given:
    """The same answer, not graded."""
    return replace(
        answer,
        score=None,
        scores=(),
        feedback=None,
        origin=None,
        rationale=None,
        overridden=False,
        grader=None,
        before=None,
    )
