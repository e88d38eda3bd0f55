"""Why data does not fit a model, told without a word of the data: which fields of ours, and what kind of error each."""

import re

from pydantic import ValidationError

MAX_ERRORS = 5

_NAME = re.compile(r"[A-Za-z0-9_]{1,40}", re.ASCII)


def summary(error: ValidationError) -> str:
    """The first errors, as `ExportCompleted: file.sha256: string_pattern_mismatch; attempt: int_parsing`.

    Locations are names of our models' fields and positions in lists; a name that the sender made up is told as `?`.
    """
    found = error.errors(include_url=False, include_input=False, include_context=False)
    told = [f"{_location(each['loc'], each['type'])}: {each['type']}" for each in found[:MAX_ERRORS]]
    more = [f"{len(found) - MAX_ERRORS} more"] if len(found) > MAX_ERRORS else []
    return f"{error.title}: {'; '.join(told + more)}"


def _location(parts: tuple[int | str, ...], kind: str) -> str:
    ours = parts[:-1] if kind == "extra_forbidden" else parts
    names = [text if _NAME.fullmatch(text := str(part)) else "?" for part in ours]
    return ".".join(names + ["?"] * (len(parts) - len(ours))) or "body"
