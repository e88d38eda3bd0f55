"""The `Content-Disposition` of a download (RFC 6266)."""

import unicodedata
from urllib.parse import quote

_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_SEPARATORS = str.maketrans(dict.fromkeys('/\\"', "_"))
FALLBACK = "export"


def content_disposition(filename: str) -> str:
    """A header value that names the file in ASCII for old readers and in UTF-8 for all others.

    Nothing in the name can end the header or name a folder; a name of which nothing is left becomes `FALLBACK`.
    """
    shown = "".join(letter for letter in filename if unicodedata.category(letter) not in _UNPRINTABLE)
    shown = shown.translate(_SEPARATORS).strip(" .") or FALLBACK
    plain = unicodedata.normalize("NFKD", shown).encode("ascii", "ignore").decode().translate(_SEPARATORS)
    plain = " ".join(plain.replace("%", "_").split()).strip(" .") or FALLBACK
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(shown, safe='')}"
