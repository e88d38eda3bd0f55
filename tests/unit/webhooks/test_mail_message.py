"""The mail of a completed export: what it says in each language, and that nothing in it can become a header."""

from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from services.webhooks.mail_message import NoRecipient, Recipient, Sender, message
from tests.builders import an_export_completed

EVENT_ID = UUID(int=7)
NOW = datetime(2026, 1, 20, 9, 30, tzinfo=UTC)
SENDER = Sender("exports@example.org", "https://correcta.example.org/", ZoneInfo("Europe/Paris"))
TEACHER = Recipient("a.vidal@example.org", "Anaïs Vidal")


def mail(recipient: Recipient = TEACHER, **values: Any) -> EmailMessage:
    event = an_export_completed(exam_id="exam 1", exam_title="Suites réelles", attempt_count=34, **values)
    file = event.file.model_copy(update={"pages": 120, "expires_at": datetime(2026, 1, 20, 10, 30, tzinfo=UTC)})
    return message(event.model_copy(update={"file": file}), EVENT_ID, recipient, SENDER, NOW)


def test_it_says_what_is_ready_until_when_and_where() -> None:
    made = mail()
    assert (made["To"], made["From"]) == ("a.vidal@example.org", "exports@example.org")
    assert made["Subject"] == "Export prêt : Suites réelles"
    assert made["Message-ID"] == f"<{EVENT_ID}@example.org>"
    assert made["Auto-Submitted"] == "auto-generated"
    assert made.get_content().splitlines() == [
        "Bonjour Anaïs Vidal,",
        "",
        "L'export « Suites réelles » (PDF) est prêt : 34 copies, 120 pages.",
        "Le fichier sera effacé le 20/01/2026 à 11:30.",
        "",
        "Il se télécharge depuis la page de notation :",
        "https://correcta.example.org/dashboard/exams/exam%201/grading",
    ]
    assert not list(made.iter_attachments())


def test_it_is_in_the_reports_language() -> None:
    made = mail(options={"language": "en"})
    assert (made["Subject"], made["Content-Language"]) == ("Export ready: Suites réelles", "en")
    assert "is ready: 34 copies, 120 pages." in made.get_content()
    assert mail(options={"language": "xx"})["Content-Language"] == "fr"


def test_a_title_or_a_name_can_not_add_a_header() -> None:
    event = an_export_completed(exam_title="Suites\r\nBcc: everyone@example.org\x00" + "é" * 300)
    made = message(event, EVENT_ID, Recipient("a@example.org", "A\nB"), SENDER, NOW)
    assert made["Bcc"] is None
    assert made["Subject"].startswith("Export prêt : Suites Bcc: everyone@example.org ")
    assert len(made["Subject"]) < 200
    assert made.get_content().startswith("Bonjour A B,")
    assert b"\nBcc:" not in made.as_bytes()


@pytest.mark.parametrize(
    "email", ["", "nobody", "a@b\nBcc: c@d", "a@example.org, b@example.org", "<a@example.org>", "@"]
)
def test_what_is_no_address_is_nobody_to_write_to(email: str) -> None:
    with pytest.raises(NoRecipient):
        mail(Recipient(email, "A"))
