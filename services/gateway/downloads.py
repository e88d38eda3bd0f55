"""A file's way to the browser, by the export's row: never by its name alone."""

import unicodedata
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from contracts.states import ExportStatus
from services.gateway.access import Caller
from services.gateway.errors import ExportExpired
from services.gateway.exports import Export
from services.gateway.files import Passage
from services.gateway.room import Room

_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_SEPARATORS = str.maketrans(dict.fromkeys('/\\"', "_"))


def content_disposition(filename: str) -> str:
    """RFC 6266: the name in ASCII for old readers and in UTF-8 for all others; nothing in it can end the header."""
    shown = "".join(letter for letter in filename if unicodedata.category(letter) not in _UNPRINTABLE)
    shown = shown.translate(_SEPARATORS).strip(" .") or "export"
    plain = unicodedata.normalize("NFKD", shown).encode("ascii", "ignore").decode().translate(_SEPARATORS)
    plain = " ".join(plain.replace("%", "_").split()).strip(" .") or "export"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(shown, safe='')}"


async def download(room: Room, request: Request, export: Export, who: Caller) -> Response:
    """The file of an export, or the part of it the request asks for; audited before the first byte leaves.

    Raises:
        ExportExpired, RangeNotSatisfiable: the file, or that part of it, is not there.
        StorageAway: storage doesn't answer.
    """
    if export.status is not ExportStatus.COMPLETED or export.file is None:
        raise ExportExpired
    source = await room.files.open(export.file.key, request.method, request.headers)
    try:
        if request.method == "GET" and source.status_code != 304:
            detail = {"status": source.status_code, "range": request.headers.get("range", "")[:100]}
            await room.store.audit("export.downloaded", export, who.actor, detail)
    except BaseException:
        await source.aclose()
        raise
    return Passage(
        source,
        {
            "Content-Type": export.file.content_type,
            "Content-Disposition": content_disposition(export.file.filename),
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
            "ETag": f'"{export.file.sha256}"',
        },
    )
