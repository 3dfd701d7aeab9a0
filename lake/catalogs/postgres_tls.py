"""TLS of a catalog in PostgreSQL: Spark's settings of it -> the same, saying what is checked.

pgjdbc by itself takes whatever TLS it gets, and knows no `sslrootcert=system`; libpq reads the same
settings (`postgres.py`). So what `lake.tls` decides is written out before either of them connects.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode

from lake.catalogs.base import CATALOG
from lake.catalogs.postgres import PREFIX, host_and_port
from lake.tls import tls_for

_SETTINGS = f"spark.sql.catalog.{CATALOG}."
_URI = f"{_SETTINGS}uri"
_VARIABLES = {"sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT"}


def with_tls(parameters: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """Return Spark's settings with `jdbc.sslmode` and `jdbc.sslrootcert` of the catalog.

    They say what the URL or the settings ask for, else libpq's variables of the `environment`, else
    what `tls_for` decides. Other catalogs, and settings that have them already, stay as they are.
    Raises ConfigurationError for a port that is none, EnvironmentFault where the system has no
    authorities.
    """
    place, _, query = str(parameters.get(_URI, "")).partition("?")
    if not place.startswith(f"{PREFIX}//"):
        return dict(parameters)
    asked = dict(parse_qsl(query, keep_blank_values=True))
    known = {
        name: asked.pop(name, None)
        or parameters.get(f"{_SETTINGS}jdbc.{name}")
        or environment.get(variable)
        for name, variable in _VARIABLES.items()
    }
    host, _ = host_and_port(place.removeprefix(f"{PREFIX}//").partition("/")[0])
    tls = tls_for([host], known["sslmode"], known["sslrootcert"])
    chosen = {"sslmode": tls.mode, "sslrootcert": tls.authorities}
    written = {f"{_SETTINGS}jdbc.{name}": value for name, value in chosen.items() if value}
    uri = f"{place}?{urlencode(asked)}" if asked else place
    return {**parameters, _URI: uri, **written}
