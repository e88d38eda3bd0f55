"""Why an image cannot be shown."""

from contracts.options import Language
from contracts.states import WarningCode


class ImageProblem(Exception):
    """An image that will not be shown, and why: `message` is said of the image in French ("elle est trop lourde.")."""

    def __init__(self, code: WarningCode, message: str, english: str = "") -> None:
        super().__init__(code, message, english)
        self.code = code
        self.message = message
        self.english = english

    def text(self, language: Language) -> str:
        """The reason in the report's language."""
        return self.english if language is Language.EN and self.english else self.message
