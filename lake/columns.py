"""Reads a few columns of a few data files: FileStatistics + SQL -> rows of Python values.

For what metadata leaves open: DuckDB opens files of this machine itself, others come by FileIO.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lake.statistics import FileStatistics
from lake.storage import LakeFiles

if TYPE_CHECKING:
    import pyarrow as pa

ROWS = "rows"  # what the query calls the rows of all files
Row = tuple[Any, ...]


def query_files(
    files: LakeFiles, chosen: Sequence[FileStatistics], columns: Sequence[str], query: str
) -> list[Row]:
    """Return what `query` says of `rows`, the named columns of the chosen files.

    A column that a file is older than is null there. Rows that delete files take out are still in
    them: choose files without. Raises OSError when a file is gone, duckdb.Error for a query that
    cannot be run.
    """
    import duckdb

    if not chosen:
        return []
    paths = [files.local_path(file.path) for file in chosen]
    with duckdb.connect() as database:
        database.execute("set timezone = 'UTC'")
        if None in paths:
            database.register(ROWS, _remote_rows(files, chosen, columns))
            return database.execute(query).fetchall()
        source = "read_parquet(?, union_by_name => true, hive_partitioning => false)"
        return database.execute(
            f"with {ROWS} as (select {', '.join(map(quoted, columns))} from {source}) {query}",
            [[str(path) for path in paths]],
        ).fetchall()


def quoted(name: str) -> str:
    """Return a column's name as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


def _remote_rows(
    files: LakeFiles, chosen: Sequence[FileStatistics], columns: Sequence[str]
) -> pa.Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    tables = []
    for file in chosen:
        with files.open(file.path) as stream:
            tables.append(pq.ParquetFile(stream).read(columns=list(columns)))
    return pa.concat_tables(tables, promote_options="permissive")
