"""The rows of a table in quarantine: quarantine.<source> -> open rows, marks upon them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from ingestion.connectors.batches import QuarantinedRow
from ingestion.declarations import TableDeclaration
from ingestion.quarantine.store import CHUNK_ROWS, COLUMNS, NAMESPACE
from lake.lake import Lake
from lake.retry import retry_on_conflict
from lake.system_tables import ensure_system_table

if TYPE_CHECKING:
    import pyarrow as pa
    from pyiceberg.expressions import BooleanExpression
    from pyiceberg.manifest import DataFile
    from pyiceberg.table import FileScanTask, Table


class Resolution(StrEnum):
    """What became of a row: put back, landed by a load since, or no longer of importance."""

    REPLAYED = "replayed"
    LANDED = "landed"
    SUPERSEDED = "superseded"


@dataclass(frozen=True)
class Mark:
    """What quarantine shall say of a row: why it is still there, or what resolved it and when."""

    rule: str
    reason: str
    resolution: Resolution | None = None
    load_id: str | None = None
    at: datetime | None = None

    @classmethod
    def of(cls, row: QuarantinedRow) -> Mark:
        """Return what quarantine says of an open row now."""
        return cls(row.rule, row.reason)

    def resolved(self, how: Resolution, load_id: str, at: datetime) -> Mark:
        """Return the mark of the same row, resolved by a load."""
        return replace(self, resolution=how, load_id=load_id, at=at)

    def as_values(self) -> dict[str, Any]:
        """Return the columns of quarantine that this mark sets."""
        return {
            "rule": self.rule,
            "reason": self.reason,
            "resolution": self.resolution,
            "resolved_at": self.at,
            "resolved_by_load_id": self.load_id,
        }


class QuarantinedRows:
    """The rows of one table in its source's quarantine; in memory is one data file at a time."""

    def __init__(self, lake: Lake, table: TableDeclaration) -> None:
        """Look into the quarantine of the table's source; there may be none."""
        self._lake = lake
        self._table = table

    def open(self) -> Iterator[list[QuarantinedRow]]:
        """Yield the rows that nothing has resolved yet, in chunks."""
        from pyiceberg.expressions.parser import parse

        is_open = parse(f"table_name = '{self._table.name}' and resolution is null")
        table = self._stored()
        for task in table.scan(is_open).plan_files() if table else ():
            rows = _read(table, task, is_open) if table else None
            for batch in rows.to_batches(max_chunksize=CHUNK_ROWS) if rows else ():
                yield [_row(row) for row in batch.to_pylist()]

    def places(self) -> Iterator[Mapping[str, Any]]:
        """Yield the distinct places of all rows, resolved ones too."""
        table = self._lake.table((NAMESPACE, self._table.source))
        if table is None:
            return
        scan = table.scan(f"table_name = '{self._table.name}'", selected_fields=("place",))
        for text in set(scan.to_arrow().column("place").to_pylist()):
            yield json.loads(text or "{}")

    def mark(self, marks: Mapping[str, Mark]) -> None:
        """Write `marks` (by row id) in one commit; the data files that they touch are rewritten.

        Rows that were resolved before stay as they are, so marking twice does no harm.
        """
        if marks:
            retry_on_conflict(lambda: self._mark(marks))

    def _mark(self, marks: Mapping[str, Mark]) -> None:
        from ingestion.raw_tables.parquet_writer import DataFileWriter

        table = self._stored()
        if table is None:
            return
        transaction = table.transaction()
        writer = DataFileWriter(transaction.table_metadata, table.io)
        replaced: list[DataFile] = []
        for task in table.scan().plan_files():
            rows = _read(table, task)
            marked, count = _marked(rows, marks)
            if count:
                replaced.append(task.file)
                writer.write(marked.cast(writer.schema))
        if not replaced:
            return
        producer = transaction.update_snapshot().overwrite()
        for file in writer.finish():
            producer.append_data_file(file)
        for file in replaced:
            producer.delete_data_file(file)
        producer.commit()
        transaction.commit_transaction()

    def _stored(self) -> Table | None:
        identifier = (NAMESPACE, self._table.source)
        if self._lake.stored(identifier) is None:
            return None
        return ensure_system_table(self._lake, identifier, COLUMNS)


def _read(table: Table, task: FileScanTask, chosen: BooleanExpression | None = None) -> pa.Table:
    from pyiceberg.expressions import AlwaysTrue
    from pyiceberg.io.pyarrow import ArrowScan

    scan = ArrowScan(table.metadata, table.io, table.schema(), chosen or AlwaysTrue())
    return scan.to_table([task])


def _row(row: Mapping[str, Any]) -> QuarantinedRow:
    return QuarantinedRow(
        row_id=row["row_id"],
        rule=row["rule"],
        reason=row["reason"],
        values=json.loads(row["row"]),
        kinds=json.loads(row["kinds"] or "{}"),
        ingested_at=row["_ingested_at"],
        place=json.loads(row["place"] or "{}"),
    )


def _marked(rows: pa.Table, marks: Mapping[str, Mark]) -> tuple[pa.Table, int]:
    """Return the rows of a file with their marks, and how many of them changed."""
    import pyarrow as pa

    changed, count = [], 0
    for row in rows.to_pylist():
        mark = marks.get(row["row_id"])
        if mark is not None and row["resolution"] is None:
            values = mark.as_values()
            count += any(row[name] != value for name, value in values.items())
            changed.append({**row, **values})
        else:
            changed.append(row)
    return pa.Table.from_pylist(changed, schema=rows.schema), count
