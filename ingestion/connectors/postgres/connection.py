"""Connections to PostgreSQL: a secret URL -> a session, and what goes wrong in it -> an error."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pydantic import SecretStr

from ingestion.connectors.postgres.url import FORM, parse_url
from lake.errors import ConfigurationError, EnvironmentFault, FirnError, LoadError
from lake.tls_faults import certificate_fault, no_tls_fault

if TYPE_CHECKING:
    import asyncpg

DATA_EXCEPTIONS = ("22", "23")
ROW_SECURITY_SOURCE = "rls.c"
# How the driver, whose messages have no codes, says these things.
ROOT_CERTIFICATE, NO_TLS = "root certificate file", "rejected SSL upgrade"


async def connect(
    variable: str, url: SecretStr, environment: Mapping[str, str]
) -> asyncpg.Connection:
    """Open a session at `url`, the value of the variable `variable` of `environment`.

    No statement gets a name and nothing is set for the whole session, because a pooler may give
    each transaction another server connection (`transaction.py`).

    Raises EnvironmentFault when the server does not answer or refuses, ConfigurationError when the
    URL is none. Messages never hold the URL, nor an exception that might quote it.
    """
    import asyncpg

    address = parse_url(variable, url, environment)
    try:
        return await asyncpg.connect(**address.arguments, statement_cache_size=0)
    except Exception as error:  # noqa: BLE001 - all kinds are told apart there
        raise refusal(error, address.shown, variable) from None


def refusal(error: Exception, where: str, variable: str) -> FirnError:
    """Return why there is no connection: `error` in words that quote nothing but the server's."""
    import asyncpg

    if isinstance(error, asyncpg.InvalidAuthorizationSpecificationError):
        return EnvironmentFault(
            f"{where} refuses the login: {error.message}",
            f"correct user and password in {variable}; if the password holds one of @ : / ? # %,"
            " percent-encode it",
        )
    if isinstance(error, asyncpg.PostgresError):
        return EnvironmentFault(
            f"{where} refuses the connection: {error.message}", f"correct {variable}"
        )
    if isinstance(error, asyncpg.ClientConfigurationError) and ROOT_CERTIFICATE in str(error):
        return ConfigurationError(
            f"{where}: there is no certificate to check the server's with",
            f"in {variable}: sslrootcert=<file of the authority>, or sslrootcert=system",
        )
    if isinstance(error, OSError):
        return _no_connection(error, where, variable)
    return ConfigurationError(
        f"{variable} does not hold a usable connection URL ({type(error).__name__})",
        f"{variable}={FORM}",
    )


def _no_connection(error: OSError, where: str, variable: str) -> EnvironmentFault:
    """Say why there is no connection at all: TLS, or nobody answers."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return certificate_fault(where, error, variable)
    if isinstance(error, ssl.SSLError):
        return EnvironmentFault(
            f"{where}: TLS fails: {error.strerror or error}",
            f"correct sslmode, sslnegotiation or the certificates in {variable}",
        )
    if NO_TLS in str(error):
        return no_tls_fault(where, variable)
    return EnvironmentFault(
        f"{where} cannot be reached: {error.strerror or 'no answer'}",
        f"start the server, or correct host and port in {variable}",
    )


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
