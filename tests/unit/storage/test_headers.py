from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.owner import Owner
from services.storage.errors import InvalidRequest
from services.storage.headers import Description, describe, owner


def some_headers(**overrides: str) -> dict[str, str]:
    headers = {
        "content-type": "application/pdf",
        "x-institution-id": "school-1",
        "x-exam-id": "exam-1",
        "x-requested-by": "teacher-1",
        "x-filename": quote("Relevé de notes – 2nde B.pdf"),
    }
    return headers | {name.replace("_", "-"): value for name, value in overrides.items()}


def test_a_description_is_read_with_its_accents() -> None:
    assert describe(some_headers(x_content_sha256="ab" * 32)) == Description(
        owner=Owner("school-1", "exam-1", "teacher-1"),
        filename="Relevé de notes – 2nde B.pdf",
        content_type="application/pdf",
        sha256="ab" * 32,
    )


@pytest.mark.parametrize(
    "overrides",
    [
        {"x_filename": "a%0d%0aSet-Cookie: x"},
        {"x_filename": "a%00b"},
        {"x_filename": "a%e2%80%a8b"},
        {"x_filename": "%ff"},
        {"x_filename": "é"},
        {"x_filename": "%20"},
        {"x_filename": ""},
        {"x_filename": ".."},
        {"x_filename": "..%2fetc"},
        {"x_filename": "a%5cb"},
        {"x_filename": "a" * 256},
        {"x_filename": quote("é" * 128)},
        {"x_institution_id": ""},
        {"x_exam_id": "%0a"},
        {"x_requested_by": "%1b[31m"},
        {"x_requested_by": "a" * 513},
        {"content_type": ""},
        {"content_type": "pdf"},
        {"content_type": "text/\tplain"},
        {"x_content_sha256": "AB" * 32},
        {"x_content_sha256": ""},
    ],
)
def test_what_could_end_a_line_or_leave_a_folder_is_refused(overrides: dict[str, str]) -> None:
    with pytest.raises(InvalidRequest):
        describe(some_headers(**overrides))


def test_a_name_may_have_as_many_bytes_as_a_file_system_takes() -> None:
    longest = "é" * 127 + "a"
    assert describe(some_headers(x_filename=quote(longest))).filename == longest


@pytest.mark.parametrize("name", ["x-institution-id", "x-exam-id", "x-requested-by"])
def test_an_owner_is_named_whole_or_not_at_all(name: str) -> None:
    headers = some_headers()
    del headers[name]
    with pytest.raises(InvalidRequest):
        owner(headers)


@given(st.text(min_size=1, max_size=40), st.text(min_size=1, max_size=40), st.text(min_size=1, max_size=40))
def test_an_owner_is_read_as_it_was_sent_or_refused(institution: str, exam: str, user: str) -> None:
    sent = Owner(institution, exam, user)
    try:
        read = owner({name.lower(): value for name, value in sent.headers().items()})
    except InvalidRequest:
        return
    assert read == sent


def test_an_absent_header_is_named() -> None:
    headers = some_headers()
    del headers["x-exam-id"]
    with pytest.raises(InvalidRequest, match="X-Exam-Id"):
        describe(headers)


@given(st.text(min_size=1, max_size=40))
def test_any_name_is_read_as_it_was_sent_or_refused(name: str) -> None:
    try:
        described = describe(some_headers(x_filename=quote(name, safe="", errors="surrogatepass")))
    except InvalidRequest:
        return
    assert described.filename == name
