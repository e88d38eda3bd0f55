"""Reads a PostgreSQL URL as Prisma, libpq or asyncpg write it, into what asyncpg takes. Pure.

Correcta's own `DATABASE_URL` has Prisma's parameters. asyncpg takes a parameter that it does not know for a setting of
the server, which refuses every connection for it: such a one is refused here, at start.
Source: Prisma, "PostgreSQL database connector", "Connection URL: Arguments"; PostgreSQL, "Connection Strings".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

LEAST_CONNECTIONS = 2
"""A relay or an upload may hold one while it waits for the broker or a disk; the rest of the service needs another."""

OURS = frozenset(
    {
        "connect_timeout",
        "pool_timeout",
        "socket_timeout",
        "max_connection_lifetime",
        "max_idle_connection_lifetime",
        "single_use_connections",
        "channel_binding",
        "gssencmode",
        "keepalives",
        "keepalives_idle",
        "keepalives_interval",
        "keepalives_count",
    }
)
"""Parameters that are left out: these services have times of their own, and the driver does what it can of the rest."""

DRIVERS = frozenset(
    {
        "host",
        "port",
        "dbname",
        "database",
        "user",
        "password",
        "passfile",
        "service",
        "sslkey",
        "sslrootcert",
        "sslnegotiation",
        "sslcrl",
        "sslpassword",
        "ssl_min_protocol_version",
        "ssl_max_protocol_version",
        "target_session_attrs",
        "krbsrvname",
        "gsslib",
    }
)
"""Parameters that asyncpg understands as they are."""

SERVERS = frozenset(
    {
        "application_name",
        "options",
        "search_path",
        "statement_timeout",
        "lock_timeout",
        "idle_in_transaction_session_timeout",
    }
)
"""Settings of the server that a URL may give for each connection."""

TRANSLATED = frozenset(
    {"schema", "connection_limit", "pgbouncer", "statement_cache_size", "sslmode", "sslcert", "sslaccept"}
)

SSL_MODES = frozenset({"disable", "allow", "prefer", "require", "verify-ca", "verify-full"})
YES, NO = frozenset({"true", "1"}), frozenset({"false", "0"})


class InvalidUrl(ValueError):
    """A URL that no connection can be made with. The text never holds a part of it but a parameter's name."""


@dataclass(frozen=True)
class PostgresAddress:
    """Where a database is. `dsn` is for asyncpg; `connections` is the most that a pool may have (None: not said);
    `pooled` says that PgBouncer stands before it, which knows no prepared statement and no setting of a session.
    """

    dsn: str = field(repr=False)
    connections: int | None = None
    pooled: bool = False
    statement_cache: bool = True


def parse(url: str) -> PostgresAddress:
    """The address in a URL.

    Raises:
        InvalidUrl: it is no URL of PostgreSQL's, or has a parameter that is not understood.
    """
    address, given = _split(url)
    pooled = _is_yes(given, "pgbouncer")
    kept = {name: value for name, value in given.items() if name in DRIVERS | SERVERS}
    if unknown := given.keys() - kept.keys() - OURS - TRANSLATED:
        raise InvalidUrl(f"does not know the parameter {min(unknown)!r}; leave it out")
    kept |= _search_path(given, pooled) | _ssl(given)
    return PostgresAddress(
        dsn=f"{address}?{urlencode(kept, quote_via=quote)}" if kept else address,
        connections=_connections(given),
        pooled=pooled,
        statement_cache=not pooled and given.get("statement_cache_size") != "0",
    )


def _split(url: str) -> tuple[str, dict[str, str]]:
    """A URL before its query, and the parameters of the query that have a value."""
    try:
        parts = urlsplit(url)
        given = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
    except ValueError as error:
        raise InvalidUrl("is no URL; percent-encode what is special in its password") from error
    if parts.scheme not in {"postgresql", "postgres"}:
        raise InvalidUrl("must begin with postgresql:// or postgres://")
    if parts.fragment or not _is_host(parts.netloc.rpartition("@")[2]):
        raise InvalidUrl("has no host and port; percent-encode what is special in its password")
    return url.partition("?")[0], {name: value for name, value in given.items() if value}


def _is_host(hosts: str) -> bool:
    """Whether this is a list of hosts, each with a port or without; an empty one is the local socket."""
    ports = [host.rpartition("]")[2].partition(":")[2] for host in hosts.split(",")]
    return all(not port or (port.isascii() and port.isdigit() and int(port) < 65536) for port in ports)


def _connections(given: Mapping[str, str]) -> int | None:
    limit = given.get("connection_limit")
    if limit is None:
        return None
    if not (limit.isascii() and limit.isdigit() and 0 < int(limit) <= 10_000):
        raise InvalidUrl("connection_limit must be a whole number above 0")
    return max(int(limit), LEAST_CONNECTIONS)


def _is_yes(given: Mapping[str, str], name: str) -> bool:
    value = given.get(name, "false").lower()
    if value not in YES | NO:
        raise InvalidUrl(f"{name} must be true or false")
    return value in YES


def _search_path(given: Mapping[str, str], pooled: bool) -> dict[str, str]:
    """Prisma's `schema` is the one in which its tables are."""
    schema = given.get("schema", "")
    if "\0" in schema:
        raise InvalidUrl("schema must be a schema's name")
    if pooled and schema not in {"", "public"}:
        raise InvalidUrl(
            "schema can't be chosen through pgbouncer; give the database's own address (Prisma's directUrl)"
        )
    if not schema or pooled:
        return {}
    quoted = schema.replace('"', '""')
    return {"search_path": f'"{quoted}"'}


def _ssl(given: Mapping[str, str]) -> dict[str, str]:
    """libpq's parameters. Prisma's `sslcert` is the authority's certificate, libpq's the client's, which has a key."""
    kept = {}
    if mode := given.get("sslmode"):
        if mode not in SSL_MODES:
            raise InvalidUrl(f"sslmode must be one of {', '.join(sorted(SSL_MODES))}")
        kept["sslmode"] = mode
    if given.get("sslaccept") == "strict" and mode not in {"disable", "verify-ca"}:
        kept["sslmode"] = "verify-full"
    if certificate := given.get("sslcert"):
        kept["sslcert" if "sslkey" in given else "sslrootcert"] = certificate
    return kept
