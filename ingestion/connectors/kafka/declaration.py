"""What is declared of topics: YAML blocks -> a source and its tables."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator

from ingestion.connectors.error_threshold import TOLERATED_SHARE
from ingestion.declarations.columns import LOAD_ID, RawColumn
from ingestion.declarations.model import (
    DeclarationModels,
    Declared,
    Finding,
    Key,
    LoadMode,
    Partitions,
    SourceDeclaration,
    Variable,
)
from ingestion.formats.declaration import (
    DEFAULT_ROW_SIZE,
    FormattedTable,
    RowSize,
    check_columns,
)
from lake.types import DataType

TOPIC, PARTITION, OFFSET = "_kafka_topic", "_kafka_partition", "_kafka_offset"
TIMESTAMP, KEY, HEADERS = "_kafka_timestamp", "_kafka_key", "_kafka_headers"
MESSAGE_COLUMNS = (
    RawColumn(TOPIC, DataType("string"), is_required=True),
    RawColumn(PARTITION, DataType("int"), is_required=True),
    RawColumn(OFFSET, DataType("bigint"), is_required=True),
    RawColumn(TIMESTAMP, DataType("timestamp")),
    RawColumn(KEY, DataType("binary")),
)
# A list of [name, text]: names may stand twice; bytes that are no UTF-8 are [name, null, base64].
HEADERS_COLUMN = RawColumn(HEADERS, DataType("string"))


class MessageFormat(StrEnum):
    """What messages hold: JSON, or what a schema of the registry says."""

    JSON = "json"
    AVRO = "avro"
    PROTOBUF = "protobuf"
    JSON_SCHEMA = "json_schema"

    @property
    def has_registry(self) -> bool:
        """Whether messages name a schema of a registry."""
        return self is not MessageFormat.JSON


class Tombstones(StrEnum):
    """What happens to a message without a value."""

    QUARANTINE = "quarantine"
    IGNORE = "ignore"


def _topics(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Topic = Annotated[str, Field(pattern=r"^[a-zA-Z0-9._-]{1,249}$")]
Topics = Annotated[tuple[Topic, ...], Field(min_length=1), BeforeValidator(_topics)]
LandedHeaders = bool | Annotated[tuple[str, ...], Field(min_length=1)]


class KafkaIngestion(Declared):
    """The `config.meta.ingestion` of a broker: where it is, and defaults for its tables."""

    connector: Literal["kafka"]
    connection: Variable
    schema_registry: Variable | None = None
    format: MessageFormat = MessageFormat.JSON
    new_columns: Literal["rescue", "freeze"] = "rescue"
    max_row_size: RowSize = DEFAULT_ROW_SIZE

    def declared(self) -> dict[str, object]:
        """Return what a KafkaSource takes from here."""
        return {"connection": self.connection, "schema_registry": self.schema_registry}


class KafkaTableIngestion(Declared):
    """The `config.meta.ingestion` of a table made of topics: which, and what their messages are."""

    topics: Topics
    format: MessageFormat | None = None
    key: Key
    partition_by: Partitions = ()
    new_columns: Literal["rescue", "freeze"] | None = None
    max_row_size: RowSize | None = None
    headers: LandedHeaders = False
    tombstones: Tombstones = Tombstones.QUARANTINE
    error_threshold: Annotated[float, Field(ge=0, le=1)] = TOLERATED_SHARE

    def declared(self, name: str, source: KafkaIngestion) -> dict[str, object]:  # noqa: ARG002
        """Return what a KafkaTable takes from here and from its source."""
        return {
            "load": LoadMode.APPEND,
            "key": self.key,
            "partition_by": self.partition_by,
            "new_columns": self.new_columns or source.new_columns,
            "max_row_size": self.max_row_size or source.max_row_size,
            "topics": self.topics,
            "format": self.format or source.format,
            "schema_registry": source.schema_registry,
            "headers": self.headers,
            "tombstones": self.tombstones,
            "error_threshold": self.error_threshold,
        }


class KafkaTable(FormattedTable):
    """A raw table that is read from topics."""

    topics: tuple[str, ...]
    format: MessageFormat = MessageFormat.JSON
    schema_registry: str | None = None
    headers: LandedHeaders = False
    tombstones: Tombstones = Tombstones.QUARANTINE
    error_threshold: float = TOLERATED_SHARE

    @property
    def connector_columns(self) -> tuple[RawColumn, ...]:
        """The message that a row is from."""
        return (*MESSAGE_COLUMNS, HEADERS_COLUMN) if self.headers else MESSAGE_COLUMNS

    @property
    def constant_columns(self) -> frozenset[str]:
        """Those among the added columns that hold one text for many rows."""
        return frozenset({LOAD_ID, TOPIC})


class KafkaSource(SourceDeclaration):
    """A Kafka broker, or a cluster of them."""

    tables: tuple[KafkaTable, ...]
    schema_registry: str | None = None

    @field_validator("schema_registry")
    @classmethod
    def _is_needed(cls, variable: str | None, known: ValidationInfo) -> str | None:
        tables = known.data.get("tables") or ()
        if variable is not None and tables and not any(t.format.has_registry for t in tables):
            allowed = ", ".join(kind for kind in MessageFormat if kind.has_registry)
            raise ValueError(f"no table has a format of a registry: {allowed}")
        return variable


def check_kafka_table(table: KafkaTable) -> Iterator[Finding]:
    """Yield what contradicts itself in a table: its columns, a format without a registry."""
    yield from check_columns(table)
    if table.format.has_registry and table.schema_registry is None:
        yield (
            ("format",),
            f"format {table.format} needs `schema_registry` in the source's config.meta.ingestion:"
            " the variable that holds its URL",
        )
    if table.headers is True and table.has_personal_data:
        yield (
            ("headers",),
            "all headers of a table with personal data would land as they are; name those that hold"
            " none: `headers: [trace_id]`",
        )
    for topic in sorted({topic for topic in table.topics if table.topics.count(topic) > 1}):
        yield ("topics",), f"{topic} stands twice"


MODELS = DeclarationModels(
    KafkaIngestion, KafkaTableIngestion, KafkaSource, KafkaTable, check_kafka_table
)
