"""The HTTP interface as functions. A request that changes nothing, or carries an idempotency key, is repeated while the
server is away, for as long as the caller's patience lasts; the token goes to the one server it was given for.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote, urljoin, urlsplit

import httpx
from pydantic import TypeAdapter, ValidationError

from contracts.options import ReportOptions
from contracts.states import Format
from services.gateway.cli.answers import Listed, Problem, Started, State
from services.gateway.cli.errors import Refused, UnexpectedAnswer, Unreachable
from services.gateway.cli.words import Words

T = TypeVar("T")

TIMEOUT = httpx.Timeout(30.0, connect=10.0)
AWAY = frozenset({502, 503, 504})
MOST_PATIENT_WAIT = 5.0
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
"""Never asked for through a proxy of the environment's."""


@dataclass(frozen=True)
class Pace:
    """How long to wait: for a server that is away, between two tries, between two polls. In seconds."""

    patience: float = 300.0
    first: float = 0.5
    poll: float = 1.0


class Patience:
    """Counts down from the last sign of life."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self.renew()

    def renew(self) -> None:
        """There was a sign of life."""
        self._since = time.monotonic()
        self._wait = self._pace.first

    def pause(self) -> None:
        """Wait before the next poll."""
        self.renew()
        time.sleep(self._pace.poll)

    def wait(self, at_least: float = 0.0) -> bool:
        """Wait before the next try; False when there is none."""
        left = self._since + self._pace.patience - time.monotonic()
        if left <= 0:
            return False
        time.sleep(min(max(self._wait, at_least), left))
        self._wait = min(self._wait * 2, MOST_PATIENT_WAIT)
        return True


class Server:
    """One Correcta, one token."""

    def __init__(self, url: str, token: str, words: Words, pace: Pace) -> None:
        headers = {"Authorization": f"Bearer {token}", "Accept-Language": words.language}
        self.url = url.rstrip("/")
        self.words = words
        self.pace = pace
        nearby = urlsplit(url).hostname in LOOPBACK
        self.http = httpx.Client(headers=headers, timeout=TIMEOUT, trust_env=not nearby)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.close()

    def address(self, exam_id: str, rest: str) -> str:
        """An address below an exam's exports."""
        return f"{self.url}/api/exams/{quote(exam_id, safe='')}/export/{rest}"

    def below(self, link: str) -> str:
        """A link of the server's own, made whole.

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
        """Ask for an export; its id. Asking again with the same key is the same export."""
        body: dict[str, Any] = {"options": options.model_dump(mode="json", by_alias=True)}
        if class_ids:
            body["classIds"] = list(class_ids)
        answer = self.insist(
            lambda: self.http.post(
                self.address(exam_id, wanted), json=body, headers={"Idempotency-Key": idempotency_key}
            )
        )
        return self.read(answer, Started).job_id

    def status(self, exam_id: str, job_id: str) -> State:
        """Where an export stands."""
        url = self.address(exam_id, "status")
        return self.read(self.insist(lambda: self.http.get(url, params={"jobId": job_id})), State)

    def listed(self, exam_id: str) -> list[Listed]:
        """The caller's recent exports of an exam, newest first."""
        answer = self.insist(lambda: self.http.get(self.address(exam_id, "jobs")))
        with self.expected(answer):
            found = answer.json()
            return TypeAdapter(list[Listed]).validate_python(found["jobs"] if isinstance(found, dict) else found)

    def insist(self, ask: Callable[[], httpx.Response]) -> httpx.Response:
        """Ask until there is an answer.

        Raises:
            Unreachable: there was none while patience lasted.
            Refused: the answer is no.
        """
        patience = Patience(self.pace)
        while True:
            wait, cause = 0.0, ""
            try:
                answer = ask()
                if answer.status_code not in AWAY:
                    self.check(answer)
                    return answer
                wait, cause = retry_after(answer), f"HTTP {answer.status_code}"
            except httpx.TransportError as error:
                cause = str(error) or type(error).__name__
            if not patience.wait(wait):
                raise Unreachable(self.words.unreachable.format(url=self.url, cause=cause), "unreachable")

    def check(self, answer: httpx.Response) -> None:
        """Raises Refused or UnexpectedAnswer unless the answer is a success."""
        if answer.is_success:
            return
        try:
            problem = Problem.model_validate_json(answer.read())
        except ValidationError:
            problem = Problem()
        if answer.is_redirect or not problem.sentence:
            text = self.words.unexpected.format(url=answer.request.url, status=answer.status_code)
            raise UnexpectedAnswer(text, "unexpected_answer")
        raise Refused(answer.status_code, problem.sentence, problem.code)

    def read(self, answer: httpx.Response, model: type[T]) -> T:
        """The answer as a value."""
        with self.expected(answer):
            return TypeAdapter(model).validate_json(answer.content)

    @contextmanager
    def expected(self, answer: httpx.Response) -> Iterator[None]:
        """Turn what cannot be read into UnexpectedAnswer."""
        try:
            yield
        except (ValueError, KeyError) as error:
            text = self.words.unexpected.format(url=answer.request.url, status=answer.status_code)
            raise UnexpectedAnswer(text, "unexpected_answer") from error


def retry_after(answer: httpx.Response) -> float:
    """The seconds a server asks to wait; 0 where it does not say, never more than a try is worth."""
    said = answer.headers.get("Retry-After", "")
    return min(float(said), MOST_PATIENT_WAIT) if said.isascii() and said.isdigit() else 0.0
