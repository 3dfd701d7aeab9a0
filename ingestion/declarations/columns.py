"""The columns of raw tables: what one is, and the names of those that Firn adds to every table."""

from __future__ import annotations

from dataclasses import dataclass

from lake.types import DataType

INGESTED_AT, LOAD_ID, IS_DELETED, RESCUED = "_ingested_at", "_load_id", "_is_deleted", "_rescued"


@dataclass(frozen=True)
class RawColumn:
    """One column of a raw table."""

    name: str
    data_type: DataType
    is_required: bool = False


ADDED_COLUMNS = (
    RawColumn(INGESTED_AT, DataType("timestamp"), is_required=True),
    RawColumn(LOAD_ID, DataType("string"), is_required=True),
    RawColumn(IS_DELETED, DataType("boolean"), is_required=True),
    RawColumn(RESCUED, DataType("string")),
)
