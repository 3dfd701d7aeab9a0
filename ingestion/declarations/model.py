"""What a declaration says, checked block by block: YAML values -> frozen pydantic models."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from ingestion.declarations.columns import LOAD_ID, RawColumn
from lake.types import DataType

IDENTIFIER = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
_DURATION = re.compile(r"(\d{1,6}) (millisecond|second|minute|hour|day)s?")
_PARTITION = re.compile(
    r"(?:(year|month|day|hour)\(([^()]*)\)|bucket\((\d{1,5}), ?([^()]*)\)|(.*))"
)


class LoadMode(StrEnum):
    """How a table is read: rows changed since the last load, all rows each time, or new files."""

    INCREMENTAL = "incremental"
    FULL = "full"
    APPEND = "append"


class NewColumns(StrEnum):
    """What happens to upstream columns that nobody declared."""

    RESCUE = "rescue"
    EVOLVE = "evolve"
    FREEZE = "freeze"


class PersonalData(StrEnum):
    """How a column of personal data is landed: as keyed tokens, or not at all."""

    TOKEN = "token"  # noqa: S105
    DROP = "drop"


class Infinity(StrEnum):
    """What is landed of a time that is infinite: the last (or first) one there is, or nothing."""

    MAX = "max"
    NULL = "null"


def _identifier(text: object) -> str:
    if not isinstance(text, str) or not IDENTIFIER.fullmatch(text):
        raise ValueError(f"{text!r} is not an identifier; allowed: [a-z_][a-z0-9_]*, at most 63")
    return text


def _variable(text: object) -> str:
    if not isinstance(text, str) or not _VARIABLE.fullmatch(text):
        raise ValueError(
            "not the name of an environment variable; allowed: [A-Z_][A-Z0-9_]*; the URL itself"
            " belongs into that variable, never into this file"
        )
    return text


def parse_duration(value: object) -> timedelta:
    """Return what `10 minutes` or `1 hour` means. Raises ValueError for anything else."""
    if isinstance(value, timedelta):
        return value
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f"{value!r} is not a duration; write for example '10 minutes'")
    return timedelta(**{f"{found[2]}s": int(found[1])})


def _data_type(value: object) -> DataType:
    return value if isinstance(value, DataType) else DataType.parse(str(value))


def _path(value: object) -> tuple[str, ...]:
    """Read `a.b`, a path of two names, or `[a.b]`, one name with a dot in it."""
    parts = value.split(".") if isinstance(value, str) else value
    if (
        isinstance(parts, list | tuple)
        and parts
        and all(isinstance(part, str) and part for part in parts)
    ):
        return tuple(parts)
    raise ValueError(
        f"{value!r} is no path; write for example metrics.currentMileageKm,"
        " or a list of names where a name has dots: [user.name]"
    )


def _upstream_name(text: object) -> str:
    if not isinstance(text, str) or not text or "\0" in text:
        raise ValueError(f"{text!r} is no name; write it as the database has it, in quotes")
    return text


def _distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(names)) < len(names):
        raise ValueError(f"a name stands twice in [{', '.join(names)}]")
    return names


Identifier = Annotated[str, BeforeValidator(_identifier)]
Variable = Annotated[str, BeforeValidator(_variable)]
UpstreamName = Annotated[str, BeforeValidator(_upstream_name)]
Duration = Annotated[timedelta, BeforeValidator(parse_duration)]


class Declared(BaseModel):
    """A block of a declaration: nothing unknown in it, nothing changed after it was read."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class PartitionField(Declared):
    """One part of a table's partitioning: a column, or year, month, day, hour, bucket of one."""

    column: Identifier
    transform: Literal["identity", "year", "month", "day", "hour", "bucket"] = "identity"
    buckets: int = 0

    @classmethod
    def parse(cls, value: object) -> PartitionField:
        """Read `month(created_at)`, `bucket(16, id)` or `country`. Raises ValueError otherwise."""
        found = _PARTITION.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            raise ValueError(f"{value!r} is no partition; write for example month(created_at)")
        time, time_column, buckets, bucket_column, plain = found.groups()
        column = time_column or bucket_column or plain or ""
        if not IDENTIFIER.fullmatch(column):
            raise ValueError(
                f"{value!r} is no partition; allowed: a column, or"
                " year(c), month(c), day(c), hour(c), bucket(n, c)"
            )
        if bucket_column:
            return cls(column=column, transform="bucket", buckets=int(buckets))
        return cls.model_validate({"column": column, "transform": time or "identity"})

    @property
    def name(self) -> str:
        """The partition's name in the Iceberg table, as Spark would call it."""
        return self.column if self.transform == "identity" else f"{self.column}_{self.transform}"


def _partition(value: object) -> PartitionField:
    return value if isinstance(value, PartitionField) else PartitionField.parse(value)


Key = Annotated[tuple[Identifier, ...], Field(min_length=1), AfterValidator(_distinct)]
Partitions = tuple[Annotated[PartitionField, BeforeValidator(_partition)], ...]


class ColumnDeclaration(Declared):
    """One declared column: name, type, where it stands upstream, whether it is personal data."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    name: Identifier
    data_type: Annotated[DataType, BeforeValidator(_data_type)]
    personal_data: PersonalData | None = None
    path: Annotated[tuple[str, ...], BeforeValidator(_path)] | None = None
    infinity: Infinity | None = None
    truncate: bool = False
    landed_as: Literal["json"] | None = Field(None, alias="as")

    @property
    def is_json(self) -> bool:
        """Whether a value of any type is landed as its JSON text."""
        return self.landed_as == "json"

    @property
    def origin(self) -> tuple[str, ...]:
        """Where it stands upstream: the names of its path, or its own name."""
        return self.path or (self.name,)


class TableDeclaration(Declared):
    """One raw table: what is read, how, and what its columns are."""

    source: str
    name: Identifier
    load: LoadMode
    key: tuple[str, ...]
    cursor: str | None = None
    partition_by: tuple[PartitionField, ...]
    new_columns: NewColumns
    columns: tuple[ColumnDeclaration, ...]

    @property
    def identifier(self) -> tuple[str, str]:
        """Namespace and name of the raw table, such as ("raw_shop", "orders")."""
        return f"raw_{self.source}", self.name

    @property
    def label(self) -> str:
        """The name a person selects the table by, such as shop.orders."""
        return f"{self.source}.{self.name}"

    @property
    def landed_columns(self) -> tuple[ColumnDeclaration, ...]:
        """The columns that reach the raw table: all but dropped personal data."""
        return tuple(c for c in self.columns if c.personal_data is not PersonalData.DROP)

    @property
    def connector_columns(self) -> tuple[RawColumn, ...]:
        """The columns that the connector adds to those of every raw table: where a row is from."""
        return ()

    @property
    def constant_columns(self) -> frozenset[str]:
        """Those among the added columns that hold one text for many rows."""
        return frozenset({LOAD_ID})

    @property
    def origin_column(self) -> str | None:
        """The added column that says which file a row is of, None where there are no files."""
        return None

    @property
    def registers_files(self) -> bool:
        """Whether files may become part of the table as they are: they lack the added columns."""
        return False

    @property
    def has_personal_data(self) -> bool:
        """Whether any column is declared to be personal data."""
        return any(c.personal_data for c in self.columns)

    @property
    def needs_token_key(self) -> bool:
        """Whether its loads make tokens, for which there has to be a key."""
        return self.has_personal_data

    def column(self, name: str) -> ColumnDeclaration:
        """Return the declared column called `name`. Raises KeyError when there is none."""
        return {c.name: c for c in self.columns}[name]


class SourceDeclaration(Declared):
    """One source system: the variable that says where it is, and its tables."""

    name: Identifier
    file: Path
    connector: str
    connection: str
    tables: tuple[TableDeclaration, ...]


Finding = tuple[tuple[str | int, ...], str]


def no_findings(_: Any) -> Iterator[Finding]:  # noqa: ANN401 - a table of any connector
    """Find nothing that contradicts itself."""
    return iter(())


@dataclass(frozen=True)
class DeclarationModels:
    """What a connector declares by: its blocks of `config.meta.ingestion`, and what they make.

    A block has `declared()`, which gives the fields of the source or table. `check` yields what
    contradicts itself in a table of this connector, each with its place in the block.
    """

    source_block: type[Any]
    table_block: type[Any]
    source: type[SourceDeclaration]
    table: type[TableDeclaration]
    check: Callable[[Any], Iterator[Finding]] = no_findings
