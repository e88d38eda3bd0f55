"""Who sends the requests: every kind of credential, good and bad, and how a bad one is refused."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import asyncpg
from joserfc import jwe

from contracts.http import TokenScope
from dev.sample.model import Person, School
from dev.sample.people import (
    ADMIN,
    ARCHIVED,
    DELCOURT,
    LAC,
    MARCHETTI,
    OKONKWO,
    PLATFORM_ADMIN,
    PROCTOR,
    SAUVAGEOT,
    STUDENTS,
    VAUCLAIR,
)
from services.gateway.identity import csrf, sessions
from services.gateway.tokens.store import TokenStore
from tests.integration.gateway.harness import SECRET, claims_of, token_of

SITE = "http://gateway.test"
CSRF_COOKIE, CSRF_HEADER = (csrf.COOKIE, "proof"), (csrf.HEADER, "proof")
STUDENT = next(person for person in STUDENTS if person.school == VAUCLAIR)

Headers = tuple[tuple[str, str], ...]
Refusal = tuple[int, str]

NO_SESSION: Refusal = (401, "not_signed_in")
NO_TEACHER: Refusal = (403, "not_a_teacher")
BAD_TOKEN: Refusal = (401, "invalid_token")


@dataclass(frozen=True)
class Subject:
    """A sender. `refusal` is the answer wherever authentication is asked for; without one they are who they say:
    `user_id` of an institution (None: of none), a service where they have `scopes`.
    """

    headers: Headers
    refusal: Refusal | None = None
    user_id: str = DELCOURT.id
    institution_id: str | None = VAUCLAIR.id
    scopes: frozenset[TokenScope] | None = None
    forged: bool = False
    """Another site's page makes the browser send it."""

    narrowable: bool = False
    """Whether `EXPORT_SCOPE=course` concerns them."""


def cookie(value: str, *, csrf_header: bool = True, origin: str = SITE) -> Headers:
    """A browser's headers with a session cookie."""
    pairs = f"{sessions.COOKIE}={value}; {'='.join(CSRF_COOKIE)}"
    return (("Cookie", pairs), ("Origin", origin), *((CSRF_HEADER,) if csrf_header else ()))


def bearer(token: str) -> Headers:
    """A program's headers."""
    return (("Cookie", "=".join(CSRF_COOKIE)), ("Authorization", f"Bearer {token}"))


def browser(person: Person, **claims: object) -> Headers:
    """Somebody's browser."""
    return cookie(token_of(person, **claims))


def session_of(person: Person) -> Subject:
    """Somebody signed in who may be."""
    institution_id = person.school.id if person.school else None
    return Subject(browser(person), None, person.id, institution_id, narrowable=person.role == "TEACHER")


def with_another_algorithm() -> str:
    """A session that our key opens, if only its algorithm were asked for."""
    header = {"alg": "dir", "enc": "A128CBC-HS256"}
    claims = str(claims_of(DELCOURT)).replace("'", '"').replace("None", "null")
    return jwe.encrypt_compact(header, claims, sessions.derive_key(SECRET), algorithms=["dir", "A128CBC-HS256"])


def sessions_by_name() -> dict[str, Subject]:
    """Everybody without a service token."""
    over = int(time.time()) - 60
    other_key = sessions.mint(claims_of(DELCOURT), sessions.derive_key("another secret, of another site"))
    good = token_of(DELCOURT)
    return {
        "anonymous": Subject((("Cookie", "=".join(CSRF_COOKIE)),), NO_SESSION),
        "student": Subject(browser(STUDENT), NO_TEACHER),
        "student who claims to teach": Subject(browser(STUDENT, role="TEACHER"), NO_TEACHER),
        "proctor": Subject(browser(PROCTOR), NO_TEACHER),
        "teacher whose session says student": Subject(browser(DELCOURT, role="STUDENT"), NO_TEACHER),
        "archived": Subject(browser(ARCHIVED), (403, "account_archived")),
        "moved": Subject(browser(DELCOURT, institutionId=LAC.id), NO_SESSION),
        "deleted": Subject(browser(DELCOURT, id="nobody"), NO_SESSION),
        "nobody's id": Subject(browser(DELCOURT, id="\0"), NO_SESSION),
        "expired session": Subject(browser(DELCOURT, exp=over), NO_SESSION),
        "expired bearer": Subject(bearer(token_of(DELCOURT, exp=over)), NO_SESSION),
        "malformed cookie": Subject(cookie("eyJhbGciOiJkaXIifQ..not.a.token"), NO_SESSION),
        "cut cookie": Subject(cookie(good[: len(good) // 2]), NO_SESSION),
        "empty cookie": Subject(cookie(""), NO_SESSION),
        "wrong key": Subject(cookie(other_key), NO_SESSION),
        "wrong algorithm": Subject(cookie(with_another_algorithm()), NO_SESSION),
        "no algorithm": Subject(cookie("eyJhbGciOiJub25lIn0.eyJpZCI6IjEifQ."), NO_SESSION),
        "teacher": session_of(DELCOURT),
        "teacher's program": Subject(bearer(good)),
        "teacher on another site": Subject(cookie(good, csrf_header=False, origin="https://evil.example"), forged=True),
        "colleague": session_of(OKONKWO),
        "teacher of another school": session_of(MARCHETTI),
        "school admin": session_of(ADMIN),
        "platform admin": session_of(PLATFORM_ADMIN),
    }


NARROWED: Mapping[str, Person] = {
    "author": DELCOURT,
    "teacher of its class": OKONKWO,
    "teacher of another course": SAUVAGEOT,
    "teacher of another school": MARCHETTI,
    "school admin": ADMIN,
    "platform admin": PLATFORM_ADMIN,
}
"""Whom `EXPORT_SCOPE=course` may concern."""


async def tokens_by_name(pool: asyncpg.Pool) -> dict[str, Subject]:
    """Every kind of service token, minted in this database."""
    store = TokenStore(pool)
    every = frozenset(TokenScope)

    async def mint(scopes: frozenset[TokenScope], school: School = VAUCLAIR) -> tuple[str, Subject]:
        token, kept = await store.mint(school.id, "matrix", scopes, timedelta(days=1), None)
        return token, Subject(bearer(token), None, kept.user_id, school.id, scopes)

    found = {f"service with {scope}": (await mint(frozenset({scope})))[1] for scope in TokenScope}
    _, found["service with every scope"] = await mint(every)
    _, found["service of another school"] = await mint(every, LAC)
    over, _ = await mint(every)
    await pool.execute("UPDATE exports.service_token SET expires_at = now() WHERE digest = sha256($1)", over.encode())
    found["expired token"] = Subject(bearer(over), (401, "token_expired"))
    revoked, subject = await mint(every)
    await pool.execute(
        "UPDATE exports.service_token SET revoked_at = now() WHERE digest = sha256($1)", revoked.encode()
    )
    found["revoked token"] = Subject(bearer(revoked), (401, "token_revoked"))
    found["unknown token"] = Subject(bearer("cxt_" + "a" * 43), BAD_TOKEN)
    found["malformed token"] = Subject(bearer("cxt_"), BAD_TOKEN)
    good = browser(DELCOURT)
    found["revoked token beside a good cookie"] = Subject((*good, bearer(revoked)[1]), (401, "token_revoked"))
    found["token beside another credential"] = Subject(
        (("Authorization", "Basic dXNlcg=="), *subject.headers), BAD_TOKEN
    )
    return found
