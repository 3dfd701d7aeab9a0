"""Connections to PostgreSQL: a secret URL -> a session, and what goes wrong in it -> an error."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import SecretStr

from lake.errors import ConfigurationError, EnvironmentFault, FirnError, LoadError

if TYPE_CHECKING:
    import asyncpg

CONNECT_TIMEOUT_SECONDS = 10.0
DATA_EXCEPTIONS = ("22", "23")
APPLICATION_NAME = "firn"
ROW_SECURITY_SOURCE = "rls.c"


async def connect(variable: str, url: SecretStr) -> asyncpg.Connection:
    """Open a session at `url`, the value of the environment variable `variable`.

    No statement gets a name and nothing is set for the whole session, because a pooler may give
    each transaction another server connection (`transaction.py`).

    Raises EnvironmentFault when the server does not answer or refuses, ConfigurationError when the
    URL is none. Messages never hold the URL, nor an exception that might quote it.
    """
    import asyncpg

    where = _describe(variable, url)
    try:
        return await asyncpg.connect(
            url.get_secret_value(),
            timeout=CONNECT_TIMEOUT_SECONDS,
            server_settings={"application_name": APPLICATION_NAME},
            statement_cache_size=0,
        )
    except asyncpg.InvalidAuthorizationSpecificationError as error:
        raise EnvironmentFault(
            f"{where} refuses the login: {error.message}",
            f"correct user and password in {variable}",
        ) from None
    except asyncpg.PostgresError as error:
        raise EnvironmentFault(
            f"{where} refuses the connection: {error.message}", f"correct {variable}"
        ) from None
    except (OSError, TimeoutError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise EnvironmentFault(
            f"{where} cannot be reached: {reason or 'no answer'}",
            f"start the server, or correct host and port in {variable}",
        ) from None
    except Exception as error:  # noqa: BLE001 - it may quote the URL, so only its kind is shown
        raise ConfigurationError(
            f"{variable} does not hold a usable connection URL ({type(error).__name__})",
            f"{variable}=postgresql://user:password@host:5432/database",
        ) from None


@contextmanager
def named_failures(what: str) -> Iterator[None]:
    """Turn what PostgreSQL or the network does wrong during `what` into a LoadError."""
    import asyncpg

    try:
        yield
    except FirnError:
        raise
    except asyncpg.PostgresError as error:
        raise LoadError(f"{what}: PostgreSQL says: {_without_values(error)}", _fix(error)) from None
    except (OSError, asyncpg.InterfaceError) as error:
        reason = str(error) or type(error).__name__
        raise LoadError(
            f"{what}: the connection to PostgreSQL was lost: {reason}",
            "nothing of this load was committed; run it again when the server is back",
        ) from None


def _fix(error: asyncpg.PostgresError) -> str:
    """Return what helps against an error of the server, in whatever language it was told."""
    if error.server_source_filename == ROW_SECURITY_SOURCE:
        return (
            "rows hidden by a policy would be missed, or be taken for deleted; let the role see"
            " all of them: alter role … bypassrls, or read as the table's owner, or declare a view"
            " that the owner made (table: …)"
        )
    return "nothing of this load was committed; see to the cause and run it again"


def _without_values(error: asyncpg.PostgresError) -> str:
    """Return the server's message; that of a data exception may quote a person's data."""
    message = str(error.message)
    is_about_data = str(error.sqlstate).startswith(DATA_EXCEPTIONS)
    return re.sub('"[^"]*"', '"…"', message) if is_about_data else message


def _describe(variable: str, url: SecretStr) -> str:
    """Name the server without its password; a URL that cannot be split is named by its variable."""
    try:
        parts = urlsplit(url.get_secret_value())
        place = f"{parts.hostname or 'localhost'}:{parts.port or 5432}{parts.path}"
        return f"PostgreSQL at {place} as {parts.username or 'nobody'} ({variable})"
    except ValueError:
        return f"PostgreSQL ({variable})"
