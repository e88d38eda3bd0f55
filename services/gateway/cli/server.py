"""The HTTP interface as functions.

A request that is safe, or carries an idempotency key, is repeated while the server is away or its answer is cut off,
for as long as the retry budget lasts; the token goes to the one server it was given for.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import quote, urljoin, urlsplit

import httpx2
from pydantic import TypeAdapter, ValidationError

from contracts.http import ALL_STATES, STATES_HEADER, Accepted, Described, ExportRequest, Refusal, Status
from contracts.options import ReportOptions
from contracts.states import Format
from services.gateway.cli.errors import Refused, UnexpectedAnswer, Unreachable
from services.gateway.cli.words import Words

T = TypeVar("T")

TIMEOUT = httpx2.Timeout(30.0, connect=10.0)
AWAY = frozenset({502, 503, 504})
MAX_WAIT_SECONDS = 5.0
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
"""Never asked for through a proxy of the environment's."""


@dataclass(frozen=True)
class PollIntervals:
    """Seconds: `budget` in all for a server that is away, `first` before the first retry, `poll` between two polls."""

    budget: float = 300.0
    first: float = 0.5
    poll: float = 1.0


class RetryBudget:
    """The time left for retries, counted from the last answer; the wait doubles with each retry."""

    def __init__(self, intervals: PollIntervals) -> None:
        self._intervals = intervals
        self.renew()

    def renew(self) -> None:
        """Start again: there was an answer."""
        self._since = time.monotonic()
        self._wait = self._intervals.first

    def pause(self) -> None:
        """Wait before the next poll."""
        self.renew()
        time.sleep(self._intervals.poll)

    def wait(self, at_least: float = 0.0) -> bool:
        """Wait before the next retry; False when the budget is spent."""
        left = self._since + self._intervals.budget - time.monotonic()
        if left <= 0:
            return False
        time.sleep(min(max(self._wait, at_least), left))
        self._wait = min(self._wait * 2, MAX_WAIT_SECONDS)
        return True


class Server:
    """A client of one server with one token."""

    def __init__(self, url: str, token: str, words: Words, intervals: PollIntervals) -> None:
        headers = {
            "Authorization": f"Bearer {token}",
            "Accept-Language": words.language,
            STATES_HEADER: ALL_STATES,
        }
        self.url = url.rstrip("/")
        self.words = words
        self.intervals = intervals
        nearby = urlsplit(url).hostname in LOOPBACK
        self.http = httpx2.Client(headers=headers, timeout=TIMEOUT, trust_env=not nearby)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.close()

    def address(self, exam_id: str, rest: str) -> str:
        """An address below an exam's exports."""
        return f"{self.url}/api/exams/{quote(exam_id, safe='')}/export/{rest}"

    def same_server(self, link: str) -> str:
        """A link in an answer as an absolute URL.

        Raises:
            UnexpectedAnswer: it leads to another server, which must not see the token.
        """
        whole = urljoin(f"{self.url}/", link)
        if urlsplit(whole)[:2] != urlsplit(self.url)[:2]:
            raise UnexpectedAnswer(self.words.elsewhere.format(url=whole), "unexpected_answer")
        return whole

    def start(
        self, exam_id: str, wanted: Format, options: ReportOptions, class_ids: Sequence[str], idempotency_key: str
    ) -> str:
        """Start an export; its id. The same key again gives the same export."""
        body = ExportRequest(class_ids=list(class_ids) or None, options=options).to_json()
        headers = {"Content-Type": "application/json", "Idempotency-Key": idempotency_key}
        answer = self.send(lambda: self.http.post(self.address(exam_id, wanted), content=body, headers=headers))
        return str(self.parse(answer, Accepted).job_id)

    def status(self, exam_id: str, job_id: str) -> Status:
        """The state of an export."""
        url = self.address(exam_id, "status")
        return self.parse(self.send(lambda: self.http.get(url, params={"jobId": job_id})), Status)

    def listed(self, exam_id: str) -> list[Described]:
        """The caller's recent exports of an exam, newest first."""
        answer = self.send(lambda: self.http.get(self.address(exam_id, "jobs")))
        with self.expected(answer):
            found = answer.json()
            return TypeAdapter(list[Described]).validate_python(found["jobs"] if isinstance(found, dict) else found)

    def send(self, request: Callable[[], httpx2.Response]) -> httpx2.Response:
        """Send a request, again while the server is away, and return its successful answer.

        Raises:
            Unreachable: there was no answer within the retry budget.
            Refused, UnexpectedAnswer: it is not a success.
        """
        budget = RetryBudget(self.intervals)
        while True:
            wait, cause = 0.0, ""
            try:
                answer = request()
                if answer.status_code not in AWAY and not is_cut_off(answer):
                    self.raise_for_refusal(answer)
                    return answer
                wait, cause = retry_after(answer), f"HTTP {answer.status_code}"
            except httpx2.TransportError as error:
                cause = str(error) or type(error).__name__
            if not budget.wait(wait):
                raise Unreachable(self.words.unreachable.format(url=self.url, cause=cause), "unreachable")

    def raise_for_refusal(self, answer: httpx2.Response) -> None:
        """Raises Refused or UnexpectedAnswer unless the answer is a success."""
        if answer.is_success:
            return
        try:
            refusal = Refusal.model_validate_json(answer.read())
        except ValidationError:
            refusal = Refusal()
        if answer.is_redirect or not refusal.sentence:
            text = self.words.unexpected.format(url=answer.request.url, status=answer.status_code)
            raise UnexpectedAnswer(text, "unexpected_answer")
        raise Refused(answer.status_code, refusal.sentence, refusal.code)

    def parse(self, answer: httpx2.Response, model: type[T]) -> T:
        """The body of an answer as a model."""
        with self.expected(answer):
            return TypeAdapter(model).validate_json(answer.content)

    @contextmanager
    def expected(self, answer: httpx2.Response) -> Iterator[None]:
        """Turn a parsing error into UnexpectedAnswer."""
        try:
            yield
        except (ValueError, KeyError) as error:
            text = self.words.unexpected.format(url=answer.request.url, status=answer.status_code)
            raise UnexpectedAnswer(text, "unexpected_answer") from error


def is_cut_off(answer: httpx2.Response) -> bool:
    """Whether a success says that it is JSON and is none: its rest was lost on its way."""
    if not answer.is_success or answer.headers.get("Content-Type", "").partition(";")[0] != "application/json":
        return False
    try:
        answer.json()
    except ValueError:
        return True
    return False


def retry_after(answer: httpx2.Response) -> float:
    """The seconds a server asks to wait; 0 where it does not say, at most `MAX_WAIT_SECONDS`."""
    said = answer.headers.get("Retry-After", "")
    return min(float(said), MAX_WAIT_SECONDS) if said.isascii() and said.isdigit() else 0.0
