"""Mail to teachers through a real SMTP server: who is written to, once, and what becomes of a mail not taken."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from dev.sample.people import DELCOURT, MARCHETTI, OKONKWO, VAUCLAIR
from dev.stack.accounts import as_account, role_of
from services.common.broker import Publisher
from services.webhooks import mailing, schedule
from tests.builders import an_export_completed
from tests.integration.webhooks.conftest import Running
from tests.waiting import wait_until

pytestmark = pytest.mark.integration


@dataclass
class Mailbox:
    """An SMTP server's handler: what it took, and what it says to a recipient (None: takes it)."""

    answer: Callable[[str, int], str | None] = lambda _, __: None
    taken: list[EmailMessage] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        self.asked.append(address)
        if refusal := self.answer(address, len(self.asked)):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        made = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(made, EmailMessage)
        self.taken.append(made)
        return "250 taken"


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
async def smtp(mailbox: Mailbox, correcta_database_url: str) -> AsyncIterator[dict[str, Any]]:
    """The settings for a server that runs while the test does."""
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(mailbox), "127.0.0.1", 0)
    async with server:
        yield {
            "smtp_host": "127.0.0.1",
            "smtp_port": server.sockets[0].getsockname()[1],
            "smtp_security": "none",
            "mail_from": "exports@example.org",
            "site_url": "https://correcta.example.org",
            "correcta_database_url": as_account(correcta_database_url, role_of("webhooks")),
        }


def completed(seconds: float = 90, **values: Any) -> Any:
    now = datetime.now(UTC)
    event = an_export_completed(
        export_id=uuid4(),
        institution_id=VAUCLAIR.id,
        requested_at=now - timedelta(seconds=seconds),
        completed_at=now,
        **{"requested_by": DELCOURT.id, "exam_title": "Suites", **values},
    )
    file = event.file.model_copy(update={"expires_at": now + timedelta(hours=1)})
    return event.model_copy(update={"file": file})


async def state_of(pool: asyncpg.Pool, event_id: Any) -> asyncpg.Record | None:
    return await pool.fetchrow("SELECT * FROM exports.mail WHERE event_id = $1", event_id)


async def test_the_teacher_of_a_long_export_is_told_once_and_nobody_else(
    running: Running, publisher: Publisher, mailbox: Mailbox, smtp: dict[str, Any], pool: asyncpg.Pool
) -> None:
    told, short = completed(), completed(seconds=59)
    service = completed(requested_by="service:abc")
    foreign = completed(requested_by=MARCHETTI.id)
    async with running(**smtp):
        for event in (short, service, foreign, told, told):
            await publisher.publish(event, id=event.export_id)

        async def over() -> bool:
            states = [await state_of(pool, event.export_id) for event in (foreign, told)]
            return all(state is not None and state["next_at"] is None for state in states)

        await wait_until(over, 30)
    assert [(str(mail["To"]), mail["Subject"]) for mail in mailbox.taken] == [(DELCOURT.email, "Export prêt : Suites")]
    state = await state_of(pool, foreign.export_id)
    assert state is not None
    assert (state["sent_at"], state["last_error"]) == (None, "no such user of this institution any more")
    assert await state_of(pool, short.export_id) is None
    assert await state_of(pool, service.export_id) is None


async def test_what_passes_is_tried_again_and_what_does_not_is_given_up(
    running: Running,
    publisher: Publisher,
    mailbox: Mailbox,
    smtp: dict[str, Any],
    pool: asyncpg.Pool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mailing, "SCHEDULE", schedule.parse("1s 1s 1s"))

    def answer(address: str, times: int) -> str | None:
        if address == OKONKWO.email:
            return "550 no such mailbox"
        return "451 later" if times < 3 else None

    mailbox.answer = answer
    busy, unknown = completed(), completed(requested_by=OKONKWO.id)
    async with running(**smtp):
        for event in (unknown, busy):
            await publisher.publish(event, id=event.export_id)

        async def over() -> bool:
            states = [await state_of(pool, event.export_id) for event in (busy, unknown)]
            return all(state is not None and state["next_at"] is None for state in states)

        await wait_until(over, 60)
    assert [str(mail["To"]) for mail in mailbox.taken] == [DELCOURT.email]
    assert mailbox.asked.count(OKONKWO.email) == 1
    refused = await state_of(pool, unknown.export_id)
    assert refused is not None
    assert (refused["attempts"], refused["last_error"]) == (1, "SMTPRecipientsRefused 550")


async def test_a_server_that_is_away_and_a_file_that_has_expired(
    running: Running, publisher: Publisher, mailbox: Mailbox, smtp: dict[str, Any], pool: asyncpg.Pool
) -> None:
    late = completed()
    late = late.model_copy(update={"file": late.file.model_copy(update={"expires_at": datetime.now(UTC)})})
    waiting = completed()
    async with running(**smtp | {"smtp_port": 9}):
        for event in (late, waiting):
            await publisher.publish(event, id=event.export_id)

        async def tried() -> bool:
            states = [await state_of(pool, event.export_id) for event in (late, waiting)]
            return all(state is not None and state["last_error"] for state in states)

        await wait_until(tried, 30)
    assert mailbox.asked == []
    expired, again = await state_of(pool, late.export_id), await state_of(pool, waiting.export_id)
    assert expired is not None
    assert again is not None
    assert (expired["next_at"], expired["last_error"]) == (None, "the file has expired")
    assert again["next_at"] is not None
