"""An independent reader of the lake and judge of loads: Parquet files through DuckDB -> verdict.

It shares no code with ingestion: the catalog is asked with sqlite3, metadata is read as JSON,
manifests by pyiceberg, data files by DuckDB.
"""

import sqlite3
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from pyiceberg.table import StaticTable

Row = dict[str, Any]
CATALOG_IS_SET_UP = "select 1 from sqlite_master where name = 'iceberg_tables'"


@dataclass(frozen=True)
class LakeReader:
    """Reads tables below one FIRN_HOME by name, such as raw_shop.orders."""

    home: Path

    def table(self, name: str) -> StaticTable | None:
        """Return the newest committed state of a table, None when there is no such table."""
        catalog = self.home / "lake" / "catalog.db"
        if not catalog.exists():
            return None
        query = (
            "select metadata_location from iceberg_tables"
            " where table_namespace || '.' || table_name = ?"
        )
        with closing(sqlite3.connect(catalog)) as connection:
            if not connection.execute(CATALOG_IS_SET_UP).fetchone():  # killed before that
                return None
            found = connection.execute(query, [name]).fetchone()
        return StaticTable.from_metadata(found[0]) if found else None

    def files(self, name: str) -> list[str]:
        """Return the data files of the newest snapshot."""
        table = self.table(name)
        if table is None or table.current_snapshot() is None:
            return []
        paths: list[str] = table.inspect.files().column("file_path").to_pylist()
        return [path.removeprefix("file://") for path in paths]

    def rows(self, name: str, columns: str = "*", where: str = "true") -> list[Row]:
        """Return rows of the newest snapshot as DuckDB reads them from the data files."""
        files = self.files(name)
        if not files:
            return []
        with closing(duckdb.connect()) as connection:
            connection.execute("set timezone = 'UTC'")
            query = (
                f"select {columns} from read_parquet(?, union_by_name => true,"
                f" hive_partitioning => false) where {where}"
            )
            result = connection.execute(query, [files])
            names = [column[0] for column in result.description or []]
            return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def snapshots(self, name: str) -> int:
        """Return how many commits with rows the table has seen."""
        table = self.table(name)
        return len(table.snapshots()) if table else 0

    def data_files_on_disk(self, name: str) -> set[str]:
        """Return every data file that lies in the table's folder, referenced or not."""
        table = self.table(name)
        folder = Path((table.location() if table else "").removeprefix("file://")) / "data"
        return {str(path) for path in folder.rglob("*.parquet")}


@dataclass(frozen=True)
class Verdict:
    """What a load got wrong: rows sent but not found, and rows found more often than sent."""

    lost: Counter[Hashable]
    doubled: Counter[Hashable]

    @property
    def is_clean(self) -> bool:
        """Whether nothing was lost and nothing doubled."""
        return not self.lost and not self.doubled


def judge(sent: Iterable[Hashable], found: Iterable[Hashable]) -> Verdict:
    """Compare the record of what was sent with what was found."""
    before, after = Counter(sent), Counter(found)
    return Verdict(lost=before - after, doubled=after - before)


def tuples(rows: Sequence[Row], *columns: str) -> list[tuple[Any, ...]]:
    """Return the named columns of rows as tuples."""
    return [tuple(row[column] for column in columns) for row in rows]
