"""Correcta's own DATABASE_URL is understood, in whatever way Prisma lets it be written, or refused by name at start."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from services.common.database import make_pool
from services.common.postgres_url import InvalidUrl, PostgresAddress, parse
from services.common.settings import CommonSettings, DatabaseUrl, read

BASE = "postgresql://correcta:p%40ss@db:5432/correcta"


def parameters(address: PostgresAddress) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address.dsn).query).items()}


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("", {}),
        ("?schema=public", {"search_path": '"public"'}),
        ('?schema=Ecole%20"1"', {"search_path": '"Ecole ""1"""'}),
        ("?connect_timeout=10&pool_timeout=0&socket_timeout=3", {}),
        ("?connection_limit=5&sslmode=require", {"sslmode": "require"}),
        ("?sslmode=require&sslaccept=strict", {"sslmode": "verify-full"}),
        ("?sslmode=disable&sslaccept=strict", {"sslmode": "disable"}),
        ("?sslcert=ca.pem", {"sslrootcert": "ca.pem"}),
        ("?sslcert=me.pem&sslkey=me.key", {"sslcert": "me.pem", "sslkey": "me.key"}),
        (
            "?application_name=a%20b&options=-c%20work_mem=8MB",
            {"application_name": "a b", "options": "-c work_mem=8MB"},
        ),
        ("?schema=&sslmode=", {}),
        ("?schema=public&connection_limit=5&pgbouncer=true&sslmode=prefer&connect_timeout=5", {"sslmode": "prefer"}),
    ],
)
def test_what_prisma_writes_becomes_what_the_driver_takes(query: str, kept: dict[str, str]) -> None:
    address = parse(BASE + query)
    assert parameters(address) == kept
    assert address.dsn.split("?")[0] == BASE


def test_a_pool_is_no_larger_than_the_url_says() -> None:
    assert parse(BASE).connections is None
    assert parse(f"{BASE}?connection_limit=5").connections == 5
    assert parse(f"{BASE}?connection_limit=1").connections == 2


@pytest.mark.parametrize("query", ["pgbouncer=true", "statement_cache_size=0"])
def test_no_statement_is_prepared_where_the_url_says_so(query: str) -> None:
    assert not parse(f"{BASE}?{query}").statement_cache
    assert parse(f"{BASE}?pgbouncer=false").statement_cache


@pytest.mark.parametrize(
    ("url", "named"),
    [
        (f"{BASE}?schemas=public", "schemas"),
        (f"{BASE}?sslidentity=x.p12", "sslidentity"),
        (f"{BASE}?sslmode=on", "sslmode"),
        (f"{BASE}?connection_limit=many", "connection_limit"),
        (f"{BASE}?connection_limit=0", "connection_limit"),
        (f"{BASE}?pgbouncer=perhaps", "pgbouncer"),
        (f"{BASE}?pgbouncer=true&schema=school", "schema"),
        (f"{BASE}?schema", "no URL"),
        ("mysql://db/correcta", "postgresql://"),
        ("prisma://accelerate.example/?api_key=k", "postgresql://"),
        ("file:./dev.db", "postgresql://"),
        ("", "postgresql://"),
        ("postgresql://u:hush#x@db/correcta", "percent-encode"),
        ("postgresql://u:hush@db:port/correcta", "percent-encode"),
        ("postgresql://u:hush@[db/correcta", "percent-encode"),
    ],
)
def test_what_nothing_could_connect_with_is_refused_by_name(url: str, named: str) -> None:
    with pytest.raises(InvalidUrl, match=named) as refusal:
        parse(url)
    assert "hush" not in str(refusal.value)


@pytest.mark.parametrize(
    "url", ["postgres:///correcta?host=/run/postgresql", "postgresql://[::1]:5432/a", "postgresql://a:1,b:2/c"]
)
def test_every_form_of_host_is_taken(url: str) -> None:
    assert parse(url).dsn.startswith(url.split("?")[0])


async def test_the_pool_keeps_the_bound() -> None:
    pool = await make_pool(f"{BASE}?connection_limit=3&schema=public", size=10)
    assert pool.get_max_size() == 3
    pool.terminate()


class SomeSettings(CommonSettings):
    database_url: DatabaseUrl


@pytest.mark.parametrize("url", ["mysql://u:hush@db/x", f"{BASE}?hush=1"])
def test_a_process_that_cannot_start_names_the_variable(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[Any]
) -> None:
    monkeypatch.setenv("AMQP_URL", "amqp://broker")
    monkeypatch.setenv("INTERNAL_TOKEN", "t" * 16)
    monkeypatch.setenv("DATABASE_URL", url)
    with pytest.raises(SystemExit) as end:
        read(SomeSettings)
    assert end.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("DATABASE_URL: ")
    assert "@db" not in said
