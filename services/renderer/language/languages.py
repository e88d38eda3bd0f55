"""The languages there are: the words of each, and which of them a locale asks for."""

import re
from typing import assert_never

from contracts.options import Language
from services.renderer.language.english import ENGLISH
from services.renderer.language.french import FRENCH
from services.renderer.language.words import Words


def words_in(language: Language) -> Words:
    """The words of a language."""
    match language:
        case Language.FR:
            return FRENCH
        case Language.EN:
            return ENGLISH
        case _:
            assert_never(language)


def words_of_locale(locale: str) -> Words:
    """The words for a locale such as `fr_FR.UTF-8`; English where it names none of the languages."""
    code = re.split(r"[_.@-]", locale.lower(), maxsplit=1)[0]
    return words_in(Language(code) if code in set(Language) else Language.EN)
