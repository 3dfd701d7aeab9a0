"""TLS of a connection: parameters of a URL, the service file, the environment -> what is used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from configparser import ConfigParser
from configparser import Error as ConfigParserError
from pathlib import Path
from typing import Any

from lake.errors import ConfigurationError
from lake.tls import MODES, Tls, tls_for

FILES = ("sslrootcert", "sslcert", "sslkey", "sslcrl")
SERVICE_FILE = Path(".pg_service.conf")


def tls_of(variable: str, values: Mapping[str, Any], environment: Mapping[str, str]) -> Tls:
    """Return the TLS that the URL in `variable` gets: its `values`, else what libpq would look at.

    Raises ConfigurationError for a mode or a file that there is not, EnvironmentFault where the
    system's authorities are needed and it has none.
    """
    known = {**_of_environment(environment), **_of_service(values, environment), **values}
    mode = known.get("sslmode")
    if mode is not None and mode not in MODES:
        raise ConfigurationError(
            f"{variable}: its sslmode is none that there is", f"one of {', '.join(MODES)}"
        )
    tls = tls_for(_hosts(known), mode, known.get("sslrootcert"))
    used = {**values, "sslrootcert": tls.authorities}
    for name in FILES:
        if used.get(name) and not Path(used[name]).is_file():
            raise ConfigurationError(
                f"{variable}: its {name} names no file", f"correct the path in {name}"
            )
    return tls


def _hosts(known: Mapping[str, Any]) -> Iterable[str]:
    return str(known.get("host") or known.get("hostaddr") or "").split(",")


def _of_environment(environment: Mapping[str, str]) -> dict[str, str]:
    names = {"PGHOST": "host", "PGSSLMODE": "sslmode", "PGSSLROOTCERT": "sslrootcert"}
    return {names[name]: environment[name] for name in names if environment.get(name)}


def _of_service(values: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, str]:
    """Return what the service says that a URL may name, as the driver will read it."""
    if "service" not in values:
        return {}
    services = ConfigParser(interpolation=None)
    try:
        services.read(environment.get("PGSERVICEFILE") or Path.home() / SERVICE_FILE)
    except (ConfigParserError, OSError, UnicodeDecodeError):
        return {}  # the driver says what is wrong with it
    name = values["service"]
    return dict(services[name]) if services.has_section(name) else {}
