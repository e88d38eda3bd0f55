"""What webhooks counts. Labels are closed lists, never ids or addresses."""

from enum import StrEnum

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Ending(StrEnum):
    """How an attempt to deliver ended."""

    DELIVERED = "delivered"
    REFUSED = "refused"
    UNANSWERED = "unanswered"
    FORBIDDEN = "forbidden"
    UNSIGNED = "unsigned"


class MailEnding(StrEnum):
    """How an attempt to send a mail ended; `failed` is tried again."""

    SENT = "sent"
    FAILED = "failed"
    REFUSED = "refused"
    NO_RECIPIENT = "no_recipient"
    EXPIRED = "expired"


class Metrics:
    """The counters of one process, in one registry. Each series is there from the start."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.events = Counter(
            "webhooks_events_total", "Events heard, by whether they could be read", ["read"], registry=registry
        )
        self.attempts = Counter(
            "webhooks_attempts_total", "Attempts to deliver, by how they ended", ["ending"], registry=registry
        )
        self.given_up = Counter("webhooks_given_up_total", "Deliveries that were given up", registry=registry)
        self.seconds = Histogram("webhooks_attempt_seconds", "How long an attempt took", registry=registry)
        self.waiting = Gauge("webhooks_deliveries_waiting", "Deliveries that are not over", registry=registry)
        self.disabled = Gauge("webhooks_endpoints_disabled", "Endpoints that are disabled", registry=registry)
        self.mails = Counter(
            "webhooks_mails_total", "Attempts to mail, by how they ended", ["ending"], registry=registry
        )
        for mail_ending in MailEnding:
            self.mails.labels(mail_ending.value)
        for read in ("true", "false"):
            self.events.labels(read)
        for ending in Ending:
            self.attempts.labels(ending.value)
