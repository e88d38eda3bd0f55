"""Files put into storage as a renderer puts them."""

import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx2

from contracts.events import StoredFile
from contracts.owner import Owner
from contracts.states import Format, content_type
from dev.plain_http import TRUST_NOBODY

SOMEBODY = {"institution_id": "inst", "exam_id": "exam", "requested_by": "user"}


async def upload(
    storage: tuple[str, str],
    export_id: UUID | str,
    content: bytes,
    filename: str,
    kind: Format,
    *,
    pages: int = 0,
    identity: Mapping[str, Any] = SOMEBODY,
) -> StoredFile:
    """Put a file of an export into the storage with this address and token; what storage says of it."""
    url, token = storage
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": content_type(kind),
        "X-Filename": quote(filename, safe=""),
        **Owner(identity["institution_id"], identity["exam_id"], identity["requested_by"]).headers(),
    }
    async with httpx2.AsyncClient(base_url=url, headers=headers, trust_env=False, verify=TRUST_NOBODY) as client:
        answer = await client.put(f"/exports/{export_id}/file", content=content)
    assert answer.status_code == 201, answer.text
    stored = answer.json()
    assert stored["sha256"] == hashlib.sha256(content).hexdigest()
    return StoredFile(
        key=stored["key"],
        filename=filename,
        size=stored["size"],
        sha256=stored["sha256"],
        content_type=content_type(kind),
        pages=pages,
        expires_at=stored["expiresAt"],
    )
