"""Which connectors there are: a name -> its type, loaded when it is asked for.

Those of Firn are listed here. Others are packages that offer one under the entry point group
`firn.connectors`; they are looked for only when a declaration names what is not listed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ingestion.connectors.base import ConnectorType
from ingestion.declarations import DeclarationModels, SourceDeclaration
from lake.errors import ConfigurationError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "firn.connectors"
OWN = {
    "postgres": "ingestion.connectors.postgres.connector",
    "files": "ingestion.connectors.files.connector",
    "kafka": "ingestion.connectors.kafka.connector",
}


@cache
def connector_type(name: str) -> ConnectorType[Any, Any]:
    """Return the connector of that name. Raises ConfigurationError when there is none."""
    if name in OWN:
        own: ConnectorType[Any, Any] = import_module(OWN[name]).CONNECTOR
        return own
    for entry in _others():
        if entry.name == name:
            found: ConnectorType[Any, Any] = entry.load()
            return found
    raise ConfigurationError(
        f"there is no connector {name!r}", f"choose from: {', '.join(connector_names())}"
    )


def connector_of(source: SourceDeclaration) -> ConnectorType[Any, Any]:
    """Return the connector that a source is declared for."""
    return connector_type(source.connector)


def connector_names() -> list[str]:
    """Return the names of all connectors, Firn's own first."""
    others = sorted({entry.name for entry in _others()} - OWN.keys())
    return [*OWN, *others]


def _others() -> Iterator[EntryPoint]:
    from importlib.metadata import entry_points  # slow to import, and seldom needed

    yield from entry_points(group=GROUP)


def declaration_models() -> Mapping[str, DeclarationModels]:
    """Return the models to declare sources by, by the name of the connector."""
    return _Models()


class _Models(Mapping[str, DeclarationModels]):
    """Loads a connector's models when they are asked for."""

    def __getitem__(self, name: str) -> DeclarationModels:
        """Return the models of a connector. Raises KeyError when there is none of that name."""
        if name not in OWN and name not in connector_names():
            raise KeyError(name)
        return connector_type(name).models

    def __iter__(self) -> Iterator[str]:
        """Yield the names of all connectors."""
        return iter(connector_names())

    def __len__(self) -> int:
        """Return how many connectors there are."""
        return len(connector_names())
