"""A file is hashed while it is written, also where its writer goes back to what it wrote last."""

import hashlib
import io
import zipfile

import pytest

from services.renderer.files import HashingFile


def test_what_is_held_may_be_overwritten() -> None:
    target = io.BytesIO()
    file = HashingFile(target)
    file.write(b"head....")
    file.seek(4)
    file.write(b"er")
    file.seek(8)
    file.write(b"body")
    assert target.getvalue() == b""
    assert (file.tell(), file.sha256()) == (12, hashlib.sha256(b"header..body").hexdigest())
    assert target.getvalue() == b"header..body"


@pytest.mark.parametrize("position", [0, 3, 9])
def test_what_was_flushed_may_not(position: int) -> None:
    file = HashingFile(io.BytesIO())
    file.write(b"head")
    file.flush()
    file.write(b"body")
    with pytest.raises(ValueError, match="position"):
        file.seek(position)


def test_a_zip_file_is_the_same_as_one_written_directly() -> None:
    direct, hashed = io.BytesIO(), io.BytesIO()
    file = HashingFile(hashed)
    for target in (direct, file):
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in ("one", "two"):
                archive.writestr(zipfile.ZipInfo(name), name * 100)
    assert hashed.getvalue() == direct.getvalue()
    assert file.sha256() == hashlib.sha256(direct.getvalue()).hexdigest()
