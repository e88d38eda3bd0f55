from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.storage import keys
from services.storage.keys import InvalidKey, Key

DIGEST = "0123456789abcdef" * 4
EXPORT = UUID("1365b3c6-dd53-4208-8132-60dd2a4080a6")


@given(st.uuids(), st.binary(min_size=32, max_size=32))
def test_a_key_reads_back_from_its_text(export_id: UUID, digest: bytes) -> None:
    key = Key(export_id, digest.hex())
    assert keys.parse(str(key)) == key
    assert keys.make(*str(key).split("/")) == key


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        DIGEST,
        f"../{DIGEST}",
        f"{EXPORT}/..",
        f"{EXPORT}/{DIGEST}/x",
        f"{EXPORT}//{DIGEST}",
        f"%2e%2e/{DIGEST}",
        f"{str(EXPORT).upper()}/{DIGEST}",
        f"{{{EXPORT}}}/{DIGEST}",
        f"urn:uuid:{EXPORT}/{DIGEST}",
        f"{EXPORT.hex}/{DIGEST}",
        f"{EXPORT}/{DIGEST.upper()}",
        f"{EXPORT}/{DIGEST[:-1]}",
        f"{EXPORT}/{DIGEST}\n",
        f"{EXPORT}\n/{DIGEST}",
        f"{EXPORT}/{DIGEST[:-1]}٣",
    ],
)
def test_any_other_spelling_is_refused(text: str) -> None:
    with pytest.raises(InvalidKey):
        keys.parse(text)


@given(st.text(max_size=80), st.text(max_size=80))
def test_no_text_makes_a_key_with_more_than_one_spelling(export: str, digest: str) -> None:
    try:
        key = keys.make(export, digest)
    except InvalidKey:
        return
    assert str(key) == f"{export}/{digest}"
