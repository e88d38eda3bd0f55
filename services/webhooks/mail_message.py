"""A completed export as a mail to the teacher who asked for it: plain text, a link, no attachment. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import quote
from uuid import UUID
from zoneinfo import ZoneInfo

from contracts.events import ExportCompleted
from contracts.options import Language
from contracts.plural import Countable
from contracts.timezones import local

LONGEST_TITLE = 150


class NoRecipient(ValueError):
    """There is nobody to write to, or no address that mail can be sent to."""


@dataclass(frozen=True)
class Recipient:
    """A teacher, as Correcta knows them."""

    email: str
    name: str


@dataclass(frozen=True)
class Sender:
    """Who writes, and the site that the link leads to. `zone` is that of the time of expiry."""

    address: str
    site_url: str
    zone: ZoneInfo


@dataclass(frozen=True)
class Texts:
    """The sentences of a mail in one language."""

    subject: str
    greeting: str
    ready: str
    until: str
    where: str
    clock: str
    copies: Countable
    pages: Countable


TEXTS: Mapping[Language, Texts] = {
    Language.FR: Texts(
        subject="Export prêt : {title}",
        greeting="Bonjour {name},",
        ready="L'export « {title} » ({format}) est prêt : {facts}.",
        until="Le fichier sera effacé le {until}.",
        where="Il se télécharge depuis la page de notation :",
        clock="%d/%m/%Y à %H:%M",
        copies=Countable("copie", "copies"),
        pages=Countable("page", "pages"),
    ),
    Language.EN: Texts(
        subject="Export ready: {title}",
        greeting="Hello {name},",
        ready="The export “{title}” ({format}) is ready: {facts}.",
        until="The file will be deleted on {until}.",
        where="Download it from the grading page:",
        clock="%d/%m/%Y at %H:%M",
        copies=Countable("copy", "copies"),
        pages=Countable("page", "pages"),
    ),
}


def message(
    event: ExportCompleted, event_id: UUID, recipient: Recipient, sender: Sender, now: datetime
) -> EmailMessage:
    """The mail of an event: the same `Message-ID` each time, so that one that is sent twice can be told.

    Raises:
        NoRecipient: the address can't be one.
    """
    texts = TEXTS[_language(event)]
    title = _line(event.exam_title or event.file.filename)
    made = EmailMessage()
    try:
        made["To"] = Address(addr_spec=recipient.email)
    except (ValueError, MessageError, IndexError) as error:
        raise NoRecipient("the address can't be one") from error
    made["From"] = sender.address
    made["Subject"] = texts.subject.format(title=title)
    made["Date"] = format_datetime(now)
    made["Message-ID"] = f"<{event_id}@{sender.address.rpartition('@')[2]}>"
    made["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday notice answers it
    made.set_content("\n".join(_lines(event, texts, title, recipient, sender)) + "\n")
    made["Content-Language"] = _language(event)
    return made


def _language(event: ExportCompleted) -> Language:
    """The report's."""
    asked = (event.options or {}).get("language")
    return next((language for language in Language if language == asked), Language.FR)


def _lines(event: ExportCompleted, texts: Texts, title: str, recipient: Recipient, sender: Sender) -> list[str]:
    copies, pages, until = event.attempt_count, event.file.pages, event.file.expires_at
    facts = [f"{copies} {texts.copies.of(copies)}"] + ([f"{pages} {texts.pages.of(pages)}"] if pages else [])
    name = _line(recipient.name)
    ready = texts.ready.format(title=title, format=event.format.upper(), facts=", ".join(facts))
    ends = [] if until is None else [texts.until.format(until=f"{local(until, sender.zone):{texts.clock}}")]
    link = f"{sender.site_url.rstrip('/')}/dashboard/exams/{quote(event.exam_id, safe='')}/grading"
    greeting = texts.greeting.format(name=name) if name else texts.greeting.replace(" {name}", "")
    return [greeting, "", ready, *ends, "", texts.where, link]


def _line(text: str) -> str:
    """A text on one line, without control characters: it becomes a header."""
    printable = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(printable.split())[:LONGEST_TITLE]
