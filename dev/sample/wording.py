"""People say one thing in several ways: `⟦a¦b⟧` in a text stands for `a` or `b`."""

import re
from random import Random

_CHOICE = re.compile(r"⟦([^⟧]*)⟧")


def vary(text: str, chance: Random) -> str:
    """`text` with each `⟦..¦..⟧` replaced by one of its wordings; the same alternatives get the same choice."""
    chosen: dict[str, str] = {}

    def pick(match: re.Match[str]) -> str:
        wordings = match[1].split("¦")
        return chosen.setdefault(match[1], wordings[int(chance.random() * len(wordings))])

    return _CHOICE.sub(pick, text)
