"""Who may sign what: each way in which a signature can be wrong has its reason."""

from typing import Any
from uuid import uuid4

import pytest

from contracts.envelope import ATTEMPT_HEADER, PREFIX, Envelope
from contracts.events import AnyEvent
from contracts.signatures import RETRY_SIGNATURE_HEADER, SIGNATURE_HEADER
from contracts.topology import Exchange, Role
from services.common.signing import Refusal, Refused, SignaturePolicy, Signer, Verifier
from services.common.signing_keys import environment_lines, private_key, trusted_keys, trusted_list
from tests.builders import AS_OF, an_export_completed, an_export_progress, an_export_requested
from tests.keys import keys

KEYS, OTHERS = keys("ours"), keys("others")
TRUSTED = trusted_list(KEYS)
STRICT, LENIENT = Verifier(TRUSTED, SignaturePolicy.REQUIRE), Verifier(TRUSTED)
GATEWAY, RENDERER, STORAGE = (Signer(KEYS[role]) for role in Role)
REQUEST = an_export_requested()
BODY = REQUEST.to_json()


def headers_of(event: AnyEvent) -> dict[str, str]:
    return Envelope(uuid4(), "correcta-exports/gateway", AS_OF, event).headers()


def request(**more: str) -> dict[str, str]:
    return headers_of(REQUEST) | more


def again(signed: dict[str, str], signer: Signer = RENDERER, number: int = 2) -> dict[str, str]:
    return signer.signed_again({**signed, ATTEMPT_HEADER: str(number)}, BODY)


def refusal(
    headers: dict[str, Any], body: bytes = BODY, verifier: Verifier = LENIENT, origin: Exchange = Exchange.REQUESTS
) -> Refusal:
    with pytest.raises(Refused) as error:
        verifier.check(headers, body, origin)
    return error.value.reason


@pytest.mark.parametrize("verifier", [STRICT, LENIENT])
def test_what_the_right_role_signed_is_read(verifier: Verifier) -> None:
    assert verifier.check(GATEWAY.signed(request(), BODY), BODY, Exchange.REQUESTS)
    for event, origin in ((an_export_completed(), Exchange.OUTCOMES), (an_export_progress(), Exchange.FACTS)):
        assert verifier.check(RENDERER.signed(headers_of(event), event.to_json()), event.to_json(), origin)


def test_a_message_without_signature_is_read_only_where_none_is_required() -> None:
    assert not LENIENT.check(request(), BODY, Exchange.REQUESTS)
    assert refusal(request(), verifier=STRICT) is Refusal.UNSIGNED


def test_a_service_without_keys_signs_nothing_and_judges_nothing() -> None:
    assert Signer().signed(request(), BODY).keys() == request().keys()
    signed = GATEWAY.signed(request(), BODY)
    assert not Verifier().check(signed, BODY, Exchange.REQUESTS)
    assert not Verifier().check({**signed, SIGNATURE_HEADER: "x"}, BODY, Exchange.REQUESTS)
    assert refusal(signed, verifier=Verifier("", SignaturePolicy.REQUIRE)) is Refusal.UNSIGNED


@pytest.mark.parametrize("verifier", [STRICT, LENIENT])
def test_a_wrong_signature_is_refused_under_either_policy(verifier: Verifier) -> None:
    signed = GATEWAY.signed(request(), BODY)
    tampered = [
        (signed, BODY + b" "),
        (signed, b""),
        ({**signed, f"{PREFIX}id": str(uuid4())}, BODY),
        ({**signed, f"{PREFIX}subject": str(uuid4())}, BODY),
        ({**signed, f"{PREFIX}more": "x"}, BODY),
        ({name: value for name, value in signed.items() if name != f"{PREFIX}time"}, BODY),
    ]
    for headers, body in tampered:
        assert refusal(headers, body, verifier) is Refusal.WRONG_SIGNATURE
    assert refusal(Signer(OTHERS[Role.GATEWAY]).signed(request(), BODY), BODY, verifier) is Refusal.UNKNOWN_KEY
    for signer in (RENDERER, STORAGE):
        assert refusal(signer.signed(request(), BODY), BODY, verifier) is Refusal.WRONG_ROLE
    for wrong in ("", "x", signed[SIGNATURE_HEADER][:-1], None, 7, [signed[SIGNATURE_HEADER]]):
        assert refusal({**signed, SIGNATURE_HEADER: wrong}, BODY, verifier) is Refusal.MALFORMED
    assert refusal({**signed, f"{PREFIX}id": 7}, BODY, verifier) is Refusal.MALFORMED


def test_a_type_that_nobody_publishes_is_nobodys_to_sign() -> None:
    headers = {**request(), f"{PREFIX}type": "export.invented.v1"}
    assert refusal(GATEWAY.signed(headers, BODY)) is Refusal.WRONG_ROLE


def test_a_request_sent_again_keeps_its_first_signature_and_has_a_second() -> None:
    signed = GATEWAY.signed(request(), BODY)
    retried = again(signed)
    assert retried[SIGNATURE_HEADER] == signed[SIGNATURE_HEADER]
    assert STRICT.check(retried, BODY, Exchange.REQUESTS)
    assert STRICT.check({**again(retried, number=3), "x-death": []}, BODY, Exchange.REQUESTS)


@pytest.mark.parametrize("verifier", [STRICT, LENIENT])
def test_an_attempt_that_was_not_signed_is_refused(verifier: Verifier) -> None:
    signed = GATEWAY.signed(request(), BODY)
    retried = again(signed)
    without_first = {name: value for name, value in retried.items() if name != SIGNATURE_HEADER}
    made_up = RENDERER.signed(request(), BODY)
    wrong: list[tuple[dict[str, Any], Refusal]] = [
        ({**signed, ATTEMPT_HEADER: "2"}, Refusal.MALFORMED),
        ({**signed, ATTEMPT_HEADER: "02"}, Refusal.MALFORMED),
        ({**retried, ATTEMPT_HEADER: "3"}, Refusal.WRONG_SIGNATURE),
        ({**retried, ATTEMPT_HEADER: "1"}, Refusal.MALFORMED),
        ({**retried, RETRY_SIGNATURE_HEADER: signed[SIGNATURE_HEADER]}, Refusal.WRONG_SIGNATURE),
        ({**retried, RETRY_SIGNATURE_HEADER: ""}, Refusal.MALFORMED),
        (without_first, Refusal.MALFORMED),
        (again(made_up), Refusal.WRONG_ROLE),
        (again(signed, GATEWAY), Refusal.WRONG_ROLE),
        (again(signed, STORAGE), Refusal.WRONG_ROLE),
        (again(signed, Signer(OTHERS[Role.RENDERER])), Refusal.UNKNOWN_KEY),
    ]
    for headers, reason in wrong:
        assert refusal(headers, BODY, verifier) is reason, headers


def test_what_a_role_may_say_in_one_exchange_it_may_not_in_another() -> None:
    """The gateway tells everybody of an end; to the queue of outcomes only a renderer may say it."""
    event = an_export_completed()
    signed = GATEWAY.signed(headers_of(event), event.to_json())
    assert STRICT.check(signed, event.to_json(), Exchange.FACTS)
    assert refusal(signed, event.to_json(), STRICT, Exchange.OUTCOMES) is Refusal.WRONG_ROLE
    assert refusal(RENDERER.signed(headers_of(event), event.to_json()), event.to_json(), STRICT, Exchange.FACTS)


def test_an_outcome_is_not_tried_again_by_anybody() -> None:
    event = an_export_completed()
    signed = RENDERER.signed(headers_of(event), event.to_json())
    retried = RENDERER.signed_again({**signed, ATTEMPT_HEADER: "2"}, event.to_json())
    assert refusal(retried, event.to_json(), origin=Exchange.OUTCOMES) is Refusal.WRONG_ROLE


def test_a_request_sent_again_without_a_key_goes_on_unsigned() -> None:
    """An upgrade under way loses nothing: its signature without the second one would be refused."""
    sent = again(GATEWAY.signed(request(), BODY), Signer())
    assert not {SIGNATURE_HEADER, RETRY_SIGNATURE_HEADER} & sent.keys()
    assert sent[ATTEMPT_HEADER] == "2"
    assert not {SIGNATURE_HEADER, RETRY_SIGNATURE_HEADER} & again(request()).keys(), "nor is one that came unsigned"


def test_both_keys_of_a_role_are_trusted_while_one_replaces_the_other() -> None:
    other = trusted_list({Role.GATEWAY: OTHERS[Role.GATEWAY]})
    both = Verifier(f"{TRUSTED}, {other}", SignaturePolicy.REQUIRE)
    for private in (KEYS[Role.GATEWAY], OTHERS[Role.GATEWAY]):
        assert both.check(Signer(private).signed(request(), BODY), BODY, Exchange.REQUESTS)


@pytest.mark.parametrize(
    "text",
    [
        "gateway",
        "gateway:",
        "gateway:!!!",
        "webhooks:" + TRUSTED.partition(":")[2].partition(",")[0],
        TRUSTED.partition(":")[2].partition(",")[0],
        f"{TRUSTED},{TRUSTED}",
        TRUSTED + "=",
        ",".join(trusted_list({Role.GATEWAY: keys(f"gateway {number}")[Role.GATEWAY]}) for number in range(3)),
        "renderer:" + TRUSTED.partition(":")[2].partition(",")[0] + "," + TRUSTED,
    ],
)
def test_a_list_of_keys_that_cannot_be_meant_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="key"):
        trusted_keys(text)


@pytest.mark.parametrize("text", ["", "x", "é" * 43, "A" * 42, "A" * 44, KEYS[Role.GATEWAY] + "="])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        private_key(text)


def test_new_keys_are_lines_of_an_environment_file() -> None:
    lines = dict(line.split("=", 1) for line in environment_lines(KEYS))
    assert lines.keys() == {"GATEWAY_SIGNING_KEY", "RENDERER_SIGNING_KEY", "STORAGE_SIGNING_KEY", "TRUSTED_KEYS"}
    assert len(set(lines.values())) == 4
    assert {each.role for each in trusted_keys(lines["TRUSTED_KEYS"]).values()} == {"gateway", "renderer", "storage"}
    assert KEYS[Role.GATEWAY] not in lines["TRUSTED_KEYS"]


def test_the_first_attempt_handed_back_needs_no_second_signature() -> None:
    signed = GATEWAY.signed(request(), BODY)
    for signer in (RENDERER, Signer()):
        sent = again(signed, signer, number=1)
        assert RETRY_SIGNATURE_HEADER not in sent
        assert STRICT.check(sent, BODY, Exchange.REQUESTS)
    retried = again(signed)
    assert RETRY_SIGNATURE_HEADER in again(retried), "a later one keeps its number signed"
