from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.storage import keys
from services.storage.keys import InvalidKey, Key

DIGEST = "0123456789abcdef" * 4


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
        f"{uuid4()}/..",
        f"{uuid4()}/{DIGEST}/x",
        f"{uuid4()}//{DIGEST}",
        f"%2e%2e/{DIGEST}",
        f"{str(uuid4()).upper()}/{DIGEST}",
        f"{{{uuid4()}}}/{DIGEST}",
        f"urn:uuid:{uuid4()}/{DIGEST}",
        f"{uuid4().hex}/{DIGEST}",
        f"{uuid4()}/{DIGEST.upper()}",
        f"{uuid4()}/{DIGEST[:-1]}",
        f"{uuid4()}/{DIGEST}\n",
        f"{uuid4()}\n/{DIGEST}",
        f"{uuid4()}/{DIGEST[:-1]}٣",
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
