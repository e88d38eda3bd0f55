"""The languages there are: the texts of each, and which of them a request asks for."""

import re
from collections.abc import Mapping
from typing import assert_never

from contracts.options import Language
from services.gateway.language.english import ENGLISH
from services.gateway.language.french import FRENCH
from services.gateway.language.texts import Texts

_QUALITY = re.compile(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)")
"""RFC 9110, 12.4.2."""

_BY_TAG = {language.value: language for language in Language}


def texts_in(language: Language) -> Texts:
    """The texts of a language."""
    match language:
        case Language.FR:
            return FRENCH
        case Language.EN:
            return ENGLISH
        case _:
            assert_never(language)


def preferred(headers: Mapping[str, str], query: Mapping[str, str]) -> Language:
    """The language of the query's `lang`, else the preferred one of `Accept-Language` (RFC 9110, 12.5.4); French where
    neither names a `Language`. A browser's EventSource can't send a header.
    """
    accepted = sorted(map(_weighed, headers.get("accept-language", "").split(",")), key=lambda pair: -pair[1])
    for tag, weight in (_weighed(query.get("lang", "")), *accepted):
        if weight > 0 and tag in _BY_TAG:
            return _BY_TAG[tag]
    return Language.FR


def _weighed(entry: str) -> tuple[str, float]:
    tag, _, parameter = entry.partition(";")
    quality = _QUALITY.fullmatch(parameter.strip())
    weight = float(quality[1]) if quality else 0.0 if parameter.strip() else 1.0
    return tag.strip().lower().partition("-")[0], weight
