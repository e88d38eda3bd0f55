"""What a message may say of an export, and what of its texts is shown."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.events import ExportCompleted, ExportFailed, Warning
from contracts.states import FailureCode, Format, UnknownWord, WarningCode
from contracts.topology import MAX_ATTEMPTS
from services.gateway import claims, facts, sentences
from services.gateway.claims import LONGEST_NAME, ClaimRefused, Mismatch
from tests.builders import a_stored_file, an_export_completed, an_export_failed, an_export_requested
from tests.gateway import a_completed_export, a_file, an_export, cancelled, expired

EXPORT = an_export()
OWN = {"export_id": EXPORT.id}


@pytest.mark.parametrize(
    "event",
    [
        an_export_completed(**OWN),
        an_export_completed(**OWN, attempt=MAX_ATTEMPTS),
        an_export_failed(**OWN),
        an_export_requested(**OWN),
        expired(EXPORT, f"{EXPORT.id}/{'ab' * 32}"),
    ],
)
def test_what_is_the_rows_own_holds(event: Any) -> None:
    claims.check(EXPORT, event)


@pytest.mark.parametrize(
    ("event", "mismatch"),
    [
        (an_export_completed(), Mismatch.EXPORT),
        (an_export_completed(**OWN, institution_id="other"), Mismatch.INSTITUTION),
        (an_export_failed(**OWN, exam_id="other"), Mismatch.EXAM),
        (an_export_failed(**OWN, requested_by="other"), Mismatch.REQUESTER),
        (an_export_completed(**OWN, format=Format.ZIP), Mismatch.FORMAT),
        (an_export_requested(**OWN, format=Format.CSV), Mismatch.FORMAT),
        (an_export_completed(**OWN, attempt=MAX_ATTEMPTS + 1), Mismatch.ATTEMPT),
        (an_export_failed(**OWN, attempt=MAX_ATTEMPTS + 1), Mismatch.ATTEMPT),
        (an_export_completed(**OWN, file=a_stored_file()), Mismatch.KEY),
        (an_export_completed(**OWN, file=a_stored_file(EXPORT.id, key="../metrics")), Mismatch.KEY),
        (expired(EXPORT, "../metrics"), Mismatch.KEY),
        (expired(EXPORT, None), Mismatch.KEY),
        (cancelled(EXPORT), Mismatch.TYPE),
    ],
)
def test_what_is_not_is_refused_by_its_first_difference(event: Any, mismatch: Mismatch) -> None:
    with pytest.raises(ClaimRefused) as caught:
        claims.check(EXPORT, event)
    assert caught.value.mismatch is mismatch


def test_a_failure_is_told_in_our_own_words() -> None:
    for code in (*FailureCode, UnknownWord("sealing_failed")):
        written = claims.accepted(an_export_failed(code=code, message="Cliquez ici : http://evil.example"))
        assert isinstance(written, ExportFailed)
        assert written.code == code
        known = code if isinstance(code, FailureCode) else FailureCode.INTERNAL
        assert written.message == sentences.message(known)


def test_a_file_has_its_formats_media_type_and_a_name_fit_to_be_shown() -> None:
    file = a_stored_file(EXPORT.id, filename="a/b\\c\n.pdf", content_type="text/html")
    written = claims.accepted(an_export_completed(**OWN, file=file))
    assert isinstance(written, ExportCompleted)
    assert (written.file.filename, written.file.content_type) == ("a-b-c.pdf", "application/pdf")


def test_a_name_of_which_nothing_is_left_is_the_formats() -> None:
    written = claims.accepted(an_export_completed(**OWN, file=a_stored_file(EXPORT.id, filename="..\0")))
    assert isinstance(written, ExportCompleted)
    assert written.file.filename == "export.pdf"


def test_warnings_are_bounded_and_hold_no_control_character() -> None:
    warning = Warning(code=WarningCode.IMAGE_REFUSED, message="a\r\nb\x1b[31m" + "c" * 5_000)
    written = claims.accepted(an_export_completed(**OWN, warnings=(warning,)))
    assert isinstance(written, ExportCompleted)
    (shown,) = written.warnings
    assert shown.message.startswith("a  b [31mcc")
    assert len(shown.message) == 1_000


@given(st.text(max_size=400))
def test_a_cleaned_name_is_one_component_that_cleaning_leaves_as_it_is(text: str) -> None:
    name = claims.file_name(text)
    assert not set(name) & set("/\\\0\n\r\u202e")
    assert name not in (".", "..")
    assert len(name) <= LONGEST_NAME
    assert claims.file_name(name) == name.strip(". ")
    name.encode()


def test_a_long_name_keeps_its_ending() -> None:
    assert claims.file_name("é" * 400 + ".pdf") == "é" * (LONGEST_NAME - 4) + ".pdf"


@pytest.mark.parametrize("name", ["Rapport – été n° 4 (3e A).pdf", "نتائج.xlsx", "क्ष्\u200dय.csv"])
def test_a_good_name_stays(name: str) -> None:
    assert claims.file_name(name) == name


def test_the_event_of_an_end_quotes_nothing_and_names_the_rows_file() -> None:
    warning = Warning(code=WarningCode.FORMULA_NOT_DRAWN, submission_id="s1", message="« Camille a écrit \\foo »")
    newer = Warning(code=UnknownWord("seal_missing"), message="Camille")
    row = a_completed_export(id=EXPORT.id, warnings=(warning, newer), file=a_file(filename="Rapport-2.pdf"))
    told = facts.told(row, an_export_completed(**OWN))
    assert isinstance(told, ExportCompleted)
    assert b"Camille" not in told.to_json()
    assert [(each.code, each.submission_id) for each in told.warnings] == [(warning.code, "s1"), ("seal_missing", None)]
    assert all(each.message for each in told.warnings)
    assert told.file.filename == "Rapport-2.pdf"


def test_every_warning_has_words_of_its_own() -> None:
    words = [sentences.warning(code) for code in WarningCode]
    assert len(set(words)) == len(words)


def test_an_event_has_the_same_id_whenever_it_is_told() -> None:
    assert facts.event_id(an_export_failed(**OWN)) == facts.event_id(
        an_export_failed(**OWN, code=FailureCode.TIMED_OUT)
    )
    assert facts.event_id(an_export_failed(**OWN)) != facts.event_id(an_export_completed(**OWN))
