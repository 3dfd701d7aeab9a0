"""Messages that name a schema of a registry: bytes + the schema they name -> JSON, exact."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingestion.connectors.kafka.declaration import KafkaTable
from lake.settings import Settings

if TYPE_CHECKING:
    from ingestion.connectors.kafka.schemas.decoder import Decoder
    from ingestion.connectors.kafka.schemas.registry import SchemaRegistry


def registry_of(source: str, variable: str | None, settings: Settings) -> SchemaRegistry | None:
    """Return the schema registry that a variable says the place of; nothing is connected yet.

    Raises ConfigurationError.
    """
    if variable is None:
        return None
    from ingestion.connectors.kafka.schemas.registry import SchemaRegistry

    return SchemaRegistry(source, variable, settings)


def decoder_of(table: KafkaTable, registry: SchemaRegistry | None) -> Decoder | None:
    """Return what makes JSON of the messages of a table, None where they are JSON."""
    if registry is None or not table.format.has_registry:
        return None
    from ingestion.connectors.kafka.schemas.decoder import Decoder

    return Decoder(table, registry)
