"""A connection URL, which is secret -> what the driver is told, or an error that quotes no secret.

libpq's own parser reads the URL, so that it means here what it means to psql. A URL that the parser
would split in the middle of a password is refused before: parts of one would then be taken for a
host or a database, whose names are shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlencode

from pydantic import SecretStr

from ingestion.connectors.postgres.tls import FILES, tls_of
from lake.errors import ConfigurationError
from lake.tls import Tls

FORM = "postgresql://user:password@host:5432/database"
PERCENT_ENCODE = "percent-encode it: % as %25, @ as %40, / as %2F, ? as %3F, # as %23, : as %3A"
DEFAULT_PORT = 5432
DEFAULT_TIMEOUT_SECONDS = 10.0
APPLICATION_NAME = "firn"
# What of libpq's parameters the driver takes in a URL; `sslmode` and others are arguments.
_DRIVER = (
    *FILES,
    "sslpassword",
    "sslnegotiation",
    "ssl_min_protocol_version",
    "ssl_max_protocol_version",
)
_ARGUMENTS = (
    "user",
    "password",
    "passfile",
    "service",
    "target_session_attrs",
    "krbsrvname",
    "gsslib",
)
_SECRETS = ("password", "sslpassword")
_STARTS = re.compile(r"postgres(?:ql)?://")
_AUTHORITY_END = re.compile(r"[/?#]")
_HOST = r"(?:\[[^\]]*\]|[^:,\[\]]*)(?::\d*)?"
_HOSTS = re.compile(f"{_HOST}(?:,{_HOST})*")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True)
class Address:
    """Where a server is and how to log in; `shown` names it without a secret."""

    shown: str
    arguments: Mapping[str, Any] = field(repr=False)
    tls: Tls


def parse_url(variable: str, url: SecretStr, environment: Mapping[str, str]) -> Address:
    """Read the URL that the environment variable `variable` holds.

    libpq's parameters are obeyed where the driver can, and passed over else; `environment` holds
    those of libpq's variables that concern TLS. Raises ConfigurationError for a URL that is none,
    an unknown parameter or an impossible value.
    """
    text = url.get_secret_value().strip()
    if not _STARTS.match(text):
        raise ConfigurationError(
            f"{variable} is no URL that begins with postgresql://", f"{variable}={FORM}"
        )
    _require_encoded(variable, text)
    _require_known_parameters(variable, text)
    values = _parse(variable, text)
    tls = tls_of(variable, values, environment)
    if tls.authorities:
        values["sslrootcert"] = tls.authorities
    arguments = dict(_arguments(variable, values, tls.mode))
    return Address(_shown(variable, values), arguments, tls)


def _require_encoded(variable: str, text: str) -> None:
    """Refuse what shows that a user or password holds a character which ends it in a URL."""
    rest = _STARTS.sub("", text, count=1)
    authority = _AUTHORITY_END.split(rest, maxsplit=1)[0]
    if "#" in rest or rest.count("@") > 1 or "@" in rest[len(authority) :]:
        raise ConfigurationError(
            f"{variable}: user, password or a parameter holds one of @ / ? #, which ends it",
            PERCENT_ENCODE,
        )
    if _BAD_ESCAPE.search(rest):
        raise ConfigurationError(
            f"{variable}: there is a % which two hexadecimal digits do not follow", PERCENT_ENCODE
        )
    if not _HOSTS.fullmatch(authority.rpartition("@")[2]):
        raise _unsplittable(variable)


def _require_known_parameters(variable: str, text: str) -> None:
    """Name the parameters that are not libpq's, unless they may be parts of a password."""
    from psycopg.pq import Conninfo

    known = {option.keyword.decode() for option in Conninfo.get_defaults()} | {"ssl"}
    names = [unquote(pair.partition("=")[0]) for pair in text.partition("?")[2].split("&")]
    unknown = [name for name in names if name and name not in known]
    if not unknown:
        return
    if any(name in names for name in _SECRETS):
        raise ConfigurationError(
            f"{variable} has a parameter that PostgreSQL does not know, beside a password",
            f"take it out; if it is part of the password, {PERCENT_ENCODE}, & as %26",
        )
    raise ConfigurationError(
        f"{variable} has parameters that PostgreSQL does not know: {', '.join(unknown)}",
        "take them out of the URL; a schema is declared (schema: …)",
    )


def _parse(variable: str, text: str) -> dict[str, Any]:
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    try:
        values: dict[str, Any] = {k: v for k, v in conninfo_to_dict(text).items() if v}
        values["port"] = [int(port or DEFAULT_PORT) for port in _parts(values.get("port", ""))]
    except (ProgrammingError, ValueError):
        raise _unsplittable(variable) from None
    return values


def _unsplittable(variable: str) -> ConfigurationError:
    return ConfigurationError(
        f"{variable} cannot be split into user, password, host, port and database",
        f"{variable}={FORM}; where a part holds one of these characters, {PERCENT_ENCODE}",
    )


def _arguments(
    variable: str, values: dict[str, Any], sslmode: str | None
) -> Iterator[tuple[str, Any]]:
    """Yield the driver's arguments by name."""
    yield from ((name, values[name]) for name in _ARGUMENTS if name in values)
    if hosts := values.get("host") or values.get("hostaddr"):
        yield "host", _parts(hosts)
    yield "port", values["port"][0] if len(values["port"]) == 1 else values["port"]
    yield "database", values.get("dbname")
    yield "timeout", _timeout(variable, values)
    yield "ssl", sslmode
    startup = {"application_name": values.get("application_name", APPLICATION_NAME)}
    yield "server_settings", startup | _only(values, "options")
    if more := _only(values, *_DRIVER):
        yield "dsn", f"postgresql:///?{urlencode(more)}"


def _timeout(variable: str, values: dict[str, Any]) -> float | None:
    """Return the seconds to wait for the server; 0 or less means for ever, as in libpq."""
    if "connect_timeout" not in values:
        return DEFAULT_TIMEOUT_SECONDS
    try:
        seconds = int(values["connect_timeout"])
    except ValueError:
        raise ConfigurationError(
            f"{variable}: its connect_timeout is no whole number of seconds", "connect_timeout=10"
        ) from None
    return float(seconds) if seconds > 0 else None


def _shown(variable: str, values: dict[str, Any]) -> str:
    hosts = _parts(values.get("host") or values.get("hostaddr") or "localhost")
    ports = values["port"] * len(hosts) if len(values["port"]) == 1 else values["port"]
    places = ",".join(f"{host}:{port}" for host, port in zip(hosts, ports, strict=False))
    database = f"/{values['dbname']}" if "dbname" in values else ""
    return f"PostgreSQL at {places}{database} as {values.get('user', 'nobody')} ({variable})"


def _parts(text: str) -> list[str]:
    return text.split(",")


def _only(values: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: values[name] for name in names if name in values}
