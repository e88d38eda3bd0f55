"""Addresses of images: what lies below an allowed base is followed, everything else is refused unasked."""

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.states import WarningCode
from services.renderer.images.addresses import Inline, Remote, classify
from services.renderer.images.problems import ImageProblem, Reason
from services.renderer.limits import Limits

BASES = ("https://correcta.example/app/", "https://files.example/public", "http://minio:9000/bucket")
LIMITS = Limits()


@pytest.mark.parametrize(
    ("written", "followed"),
    [
        ("https://correcta.example/app/a.png", "https://correcta.example/app/a.png"),
        ("uploads/a.png", "https://correcta.example/app/uploads/a.png"),
        ("/app/uploads/a.png?v=1#top", "https://correcta.example/app/uploads/a.png?v=1"),
        ("HTTPS://Files.Example:443/public/é.png", "https://Files.Example:443/public/é.png"),
        ("http://minio:9000/bucket/a.webp", "http://minio:9000/bucket/a.webp"),
        ("  uploads/x/../a.png ", "https://correcta.example/app/uploads/a.png"),
    ],
)
def test_what_lies_below_a_base_is_followed(written: str, followed: str) -> None:
    assert classify(written, BASES, LIMITS) == Remote(followed)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "https://evil.example/a.png",
        "http://correcta.example/app/a.png",
        "https://correcta.example/other/a.png",
        "https://correcta.example/application/a.png",
        "https://files.example/publicly/a.png",
        "https://correcta.example:8443/app/a.png",
        "http://minio/bucket/a.png",
        "http://minio:9001/bucket/a.png",
        "//evil.example/a.png",
        "https://correcta.example@evil.example/app/a.png",
        "https://user:secret@correcta.example/app/a.png",
        "https://correcta.example.evil.example/app/a.png",
        "https://correcta.example\\@evil.example/app/a.png",
        "/app/",
        "https://files.example/public/x/../../a.png",
        "/app/../admin/a.png",
        "/app/%2e%2e/admin/a.png",
        "/app/%252e%252e/admin/a.png",
        "/app/..%5cadmin/a.png",
        "/app/a.png\r\nHost: evil",
        "file:///etc/passwd",
        "ftp://correcta.example/app/a.png",
        "javascript:alert(1)",
        "http://127.0.0.1/a.png",
        "http://[::1]/a.png",
        "http://[bad/a.png",
        "https://correcta.example:99999/app/a.png",
        "/app/" + "a" * 3_000,
    ],
)
def test_everything_else_is_refused(written: str) -> None:
    with pytest.raises(ImageProblem) as caught:
        classify(written, BASES, LIMITS)
    assert caught.value.code is WarningCode.IMAGE_REFUSED


def test_without_a_base_nothing_is_followed() -> None:
    for written in ("a.png", "https://correcta.example/app/a.png"):
        with pytest.raises(ImageProblem):
            classify(written, (), LIMITS)


@pytest.mark.parametrize(
    ("written", "data"),
    [
        (f"data:image/png;base64,{b64encode(b'bytes').decode()}", b"bytes"),
        ("DATA:image/png;charset=x;BASE64,Ynl0\n ZXM=", b"bytes"),
        ("data:image/png;base64,Ynl0ZXM%3D", b"bytes"),
        ("data:,a%20b", b"a b"),
    ],
)
def test_bytes_in_the_address_are_read(written: str, data: bytes) -> None:
    assert classify(written, (), LIMITS) == Inline(data)


@pytest.mark.parametrize("written", ["data:", "data:image/png;base64", "data:image/png;base64,", "data:;base64,%%%"])
def test_unreadable_bytes_are_refused(written: str) -> None:
    with pytest.raises(ImageProblem, match=Reason.UNREADABLE):
        classify(written, (), LIMITS)


def test_too_many_bytes_are_refused_before_they_are_decoded() -> None:
    with pytest.raises(ImageProblem, match=Reason.TOO_HEAVY):
        classify("data:;base64," + "A" * 100, (), Limits(image_bytes=20))


@given(st.text(max_size=80) | st.sampled_from(["/app/", "https://correcta.example/app/", "//", "data:"]).flatmap(
    lambda start: st.text(max_size=40).map(lambda rest: start + rest)
))  # fmt: skip
def test_no_address_leads_outside(written: str) -> None:
    try:
        found = classify(written, BASES, LIMITS)
    except ImageProblem:
        return
    if isinstance(found, Remote):
        assert found.url.lower().startswith(("https://correcta.example/app/", "https://files.example/public/", "http://minio:9000/bucket/"))  # fmt: skip # noqa: E501
