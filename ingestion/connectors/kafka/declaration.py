"""What is declared of topics: YAML blocks -> a source and its tables."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

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


class Tombstones(StrEnum):
    """What happens to a message without a value."""

    QUARANTINE = "quarantine"
    IGNORE = "ignore"


def _topics(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Topic = Annotated[str, Field(pattern=r"^[a-zA-Z0-9._-]{1,249}$")]
Topics = Annotated[tuple[Topic, ...], Field(min_length=1), BeforeValidator(_topics)]


class KafkaIngestion(Declared):
    """The `config.meta.ingestion` of a broker: where it is, and defaults for its tables."""

    connector: Literal["kafka"]
    connection: Variable
    new_columns: Literal["rescue", "freeze"] = "rescue"
    max_row_size: RowSize = DEFAULT_ROW_SIZE

    def declared(self) -> dict[str, object]:
        """Return what a KafkaSource takes from here."""
        return {"connection": self.connection}


class KafkaTableIngestion(Declared):
    """The `config.meta.ingestion` of a table made of topics: which, and what their messages are."""

    topics: Topics
    format: Literal["json"] = "json"
    key: Key
    partition_by: Partitions = ()
    new_columns: Literal["rescue", "freeze"] | None = None
    max_row_size: RowSize | None = None
    headers: bool = False
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
            "headers": self.headers,
            "tombstones": self.tombstones,
            "error_threshold": self.error_threshold,
        }


class KafkaTable(FormattedTable):
    """A raw table that is read from topics."""

    topics: tuple[str, ...]
    headers: bool = False
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


def check_kafka_table(table: KafkaTable) -> Iterator[Finding]:
    """Yield what contradicts itself in a table: its columns, a topic that stands twice."""
    yield from check_columns(table)
    for topic in sorted({topic for topic in table.topics if table.topics.count(topic) > 1}):
        yield ("topics",), f"{topic} stands twice"


MODELS = DeclarationModels(
    KafkaIngestion, KafkaTableIngestion, KafkaSource, KafkaTable, check_kafka_table
)
