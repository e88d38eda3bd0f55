import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.storage.errors import RangeUnsatisfiable
from services.storage.ranges import Slice, etag, unchanged, wanted

DIGEST = "ab" * 32
OTHER = "cd" * 32


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-0", Slice(0, 1)),
        ("bytes=0-9", Slice(0, 10)),
        ("bytes=3-5", Slice(3, 6)),
        ("bytes=3-", Slice(3, 10)),
        ("bytes=9-9", Slice(9, 10)),
        ("bytes=0-999", Slice(0, 10)),
        ("bytes=-1", Slice(9, 10)),
        ("bytes=-10", Slice(0, 10)),
        ("bytes=-99", Slice(0, 10)),
        ("Bytes = 3-5", None),
        ("BYTES=3-5", Slice(3, 6)),
        ("bytes=5-3", None),
        ("bytes=-", None),
        ("bytes=", None),
        ("bytes=a-b", None),
        ("bytes=0-1,3-4", None),
        ("lines=0-1", None),
        ("bytes=٠-١", None),
        ("bytes=²-3", None),
        ("bytes=0-3\u00a0", None),
        ("bytes=0-" + "9" * 40, None),
        (None, None),
    ],
)
def test_one_range_is_honoured_and_anything_odd_means_the_whole(header: str | None, expected: Slice | None) -> None:
    assert wanted(header, None, sha256=DIGEST, size=10) == expected


@pytest.mark.parametrize(
    ("header", "size"), [("bytes=10-", 10), ("bytes=10-11", 10), ("bytes=-0", 10), ("bytes=0-", 0), ("bytes=-5", 0)]
)
def test_bytes_beyond_the_end_are_unsatisfiable_and_the_size_is_told(header: str, size: int) -> None:
    with pytest.raises(RangeUnsatisfiable) as caught:
        wanted(header, None, sha256=DIGEST, size=size)
    assert caught.value.headers() == {"Content-Range": f"bytes */{size}"}


@given(st.integers(0, 60), st.integers(0, 60), st.integers(1, 50))
def test_a_slice_is_what_python_would_cut(first: int, last: int, size: int) -> None:
    body = bytes(range(size))
    try:
        part = wanted(f"bytes={first}-{last}", None, sha256=DIGEST, size=size)
    except RangeUnsatisfiable:
        assert first >= size
        return
    if part is None:
        assert last < first
    else:
        assert body[part.start : part.stop] == body[first : last + 1]
        assert part.content_range(size) == f"bytes {first}-{min(last, size - 1)}/{size}"


def test_if_range_of_another_version_asks_for_the_whole() -> None:
    assert wanted("bytes=0-1", etag(DIGEST), sha256=DIGEST, size=10) == Slice(0, 2)
    assert wanted("bytes=0-1", etag(OTHER), sha256=DIGEST, size=10) is None
    assert wanted("bytes=0-1", f"W/{etag(DIGEST)}", sha256=DIGEST, size=10) is None
    assert wanted("bytes=99-", etag(OTHER), sha256=DIGEST, size=10) is None


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, False),
        (etag(DIGEST), True),
        (f"W/{etag(DIGEST)}", True),
        (f"{etag(OTHER)} , {etag(DIGEST)}", True),
        ("*", True),
        (etag(OTHER), False),
        (DIGEST, False),
        ("", False),
    ],
)
def test_if_none_match_compares_weakly(header: str | None, expected: bool) -> None:
    assert unchanged(header, sha256=DIGEST) is expected
