"""How a delivery ends, decided from the error and the attempt alone."""

import pytest

from contracts.envelope import ATTEMPT_HEADER
from contracts.states import FailureCode
from contracts.topology import MAX_ATTEMPTS
from services.renderer import errors
from services.renderer.language.french import FRENCH
from services.renderer.messaging.outcomes import Failed, Retry, of_error, redeliveries, retry_headers
from tests.builders import AS_OF, an_export_requested

REQUEST = an_export_requested()


@pytest.mark.parametrize(
    "error", [errors.DatabaseUnavailable("x"), errors.StorageFull("x"), errors.RenderFailed("x"), ValueError("x")]
)
def test_what_may_heal_is_tried_again_until_the_last_attempt(error: Exception) -> None:
    first = of_error(REQUEST, 1, error, AS_OF)
    assert isinstance(first, Retry)
    assert first.attempt == 2
    last = of_error(REQUEST, MAX_ATTEMPTS, error, AS_OF)
    assert isinstance(last, Failed)
    assert last.event.attempt == MAX_ATTEMPTS


@pytest.mark.parametrize(
    "error", [errors.ExamNotFound(), errors.ClassNotFound(), errors.NoCopies(), errors.TooManyCopies()]
)
def test_what_cannot_heal_ends_at_once(error: errors.RendererError) -> None:
    outcome = of_error(REQUEST, 1, error, AS_OF)
    assert isinstance(outcome, Failed)
    assert outcome.event.code is error.code
    assert outcome.event.message == FRENCH.failures[error.code]
    assert outcome.event.export_id == REQUEST.export_id


def test_the_teacher_never_reads_what_a_library_said() -> None:
    outcome = of_error(REQUEST, 2, RuntimeError("/srv/secret: connection refused"), AS_OF)
    assert isinstance(outcome, Failed)
    assert outcome.event.code is FailureCode.INTERNAL
    assert "secret" not in outcome.event.message


def test_every_error_has_a_code_of_its_own() -> None:
    def leaves(kind: type[errors.RendererError]) -> list[type[errors.RendererError]]:
        below = kind.__subclasses__()
        return [leaf for child in below for leaf in leaves(child)] if below else [kind]

    known = leaves(errors.RendererError)
    assert len({leaf.code for leaf in known}) == len(known)


def test_a_retry_carries_nothing_of_the_brokers() -> None:
    headers = {"cloudEvents:id": "1", "x-death": [{}], "x-delivery-count": 1, ATTEMPT_HEADER: "1", "traceparent": "00"}
    assert retry_headers(headers, 2) == {"cloudEvents:id": "1", "traceparent": "00", ATTEMPT_HEADER: "2"}


@pytest.mark.parametrize(("headers", "count"), [({}, 0), ({"x-delivery-count": 4}, 4), ({"x-delivery-count": "x"}, 0)])
def test_redeliveries_are_the_brokers_own_count(headers: dict[str, object], count: int) -> None:
    assert redeliveries(headers) == count
