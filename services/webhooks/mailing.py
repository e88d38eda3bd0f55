"""Tells teachers by mail that an export has completed, over the operator's SMTP server.

A mail is sent at least once: one whose instance dies between the server's answer and the note of it comes again, under
the same `Message-ID`. It is given up once its file has expired, or when the server refuses it for good (RFC 5321,
4.2.1: a reply of 5yz).
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID

import aiosmtplib
import structlog

from contracts.events import ExportCompleted, ExportEvent
from services.common.database import DatabaseUnavailable
from services.webhooks import mail_message, schedule
from services.webhooks.mail_message import NoRecipient, Sender
from services.webhooks.mail_store import DueMail, MailStore
from services.webhooks.metrics import MailEnding, Metrics

log = structlog.get_logger()

AT_ONCE = 5
LOOK_SECONDS = 2.0
SEND_SECONDS = 30.0
LEASE = timedelta(seconds=2 * SEND_SECONDS)
SERVICE_PREFIX = "service:"
"""How the requester of an export begins that another service asked for."""

SCHEDULE = schedule.parse("30s 2m 10m 20m 30m")
"""Within the hour for which a file is kept unless set otherwise."""


@dataclass(frozen=True)
class Server:
    """The SMTP server: `starttls` (port 587) and `tls` (465) check its certificate, `none` is for a local relay."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    user: str | None = None
    password: str | None = None

    @property
    def options(self) -> Mapping[str, object]:
        """Arguments of `aiosmtplib.send`."""
        tls = {"use_tls": self.security == "tls", "start_tls": self.security == "starttls"}
        return {"hostname": self.host, "port": self.port, "username": self.user, "password": self.password} | tls


class Mailer:
    """The loop, and what decides which events are mailed: exports that took at least `after`."""

    def __init__(self, store: MailStore, server: Server, sender: Sender, after: timedelta, metrics: Metrics) -> None:
        self._store, self._server, self._sender = store, server, sender
        self._after, self._metrics = after, metrics

    async def hear(self, event: ExportEvent, event_id: UUID, body: str) -> None:
        """Keep an event that its teacher is to be told of."""
        if not isinstance(event, ExportCompleted) or event.requested_by.startswith(SERVICE_PREFIX):
            return
        if event.completed_at - (event.requested_at or event.started_at) >= self._after:
            await self._store.enqueue(event_id, event.institution_id, event.requested_by, body)

    async def run(self) -> None:
        """Send until cancelled."""
        while True:
            try:
                due = await self._store.claim(AT_ONCE, LEASE)
            except DatabaseUnavailable as error:
                log.warning("mails.database_unavailable", cause=str(error))
                due = []
            await asyncio.gather(*map(self._attempt, due))
            if len(due) < AT_ONCE:
                await asyncio.sleep(LOOK_SECONDS)

    async def forget(self, age: timedelta) -> None:
        """Delete what is over and that old.

        Raises:
            DatabaseUnavailable.
        """
        await self._store.forget(age)

    def close(self) -> None:
        """End the connections to Correcta's tables."""
        self._store.close()

    async def _attempt(self, due: DueMail) -> None:
        try:
            ending, error = await self._send(due)
            self._metrics.mails.labels(ending.value).inc()
            if ending is MailEnding.SENT:
                await self._store.sent(due.event_id)
                return
            again = schedule.delay(SCHEDULE, due.attempts) if ending is MailEnding.FAILED else None
            await self._store.failed(due.event_id, error, again)
            log.warning("mail.not_sent", event_id=str(due.event_id), ending=ending.value, cause=error, final=not again)
        except DatabaseUnavailable as away:
            log.warning("mail.not_noted", event_id=str(due.event_id), cause=str(away))  # the lease ends: once more
        except Exception:
            log.exception("mail.crashed", event_id=str(due.event_id))

    async def _send(self, due: DueMail) -> tuple[MailEnding, str]:
        event, now = ExportCompleted.model_validate_json(due.body), datetime.now(UTC)
        if event.file.expires_at is not None and event.file.expires_at <= now:
            return MailEnding.EXPIRED, "the file has expired"
        try:
            recipient = await self._store.recipient(due.user_id, due.institution_id)
            message = mail_message.message(event, due.event_id, recipient, self._sender, now)
        except NoRecipient as error:
            return MailEnding.NO_RECIPIENT, str(error)
        try:
            await aiosmtplib.send(message, timeout=SEND_SECONDS, **self._server.options)  # type: ignore[arg-type]
        except aiosmtplib.SMTPException as error:
            return (MailEnding.REFUSED if _is_final(error) else MailEnding.FAILED), _cause(error)
        except OSError as error:
            return MailEnding.FAILED, type(error).__name__
        return MailEnding.SENT, ""


def _codes(error: aiosmtplib.SMTPException) -> list[int]:
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return [each.code for each in error.recipients]
    return [error.code] if isinstance(error, aiosmtplib.SMTPResponseException) else []


def _is_final(error: aiosmtplib.SMTPException) -> bool:
    """Whether the server refuses this mail for good. A refused sign-in is the operator's to mend."""
    codes = _codes(error)
    return (
        bool(codes) and all(code >= 500 for code in codes) and not isinstance(error, aiosmtplib.SMTPAuthenticationError)
    )


def _cause(error: aiosmtplib.SMTPException) -> str:
    """The error's name and codes; what the server says may name the address."""
    return " ".join([type(error).__name__, *map(str, _codes(error))])
