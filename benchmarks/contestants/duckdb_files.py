"""DuckDB: a file -> COPY to Parquet -> registered in an Iceberg table by pyiceberg."""

from pathlib import Path

from benchmarks.contest import Job, run
from benchmarks.contestants.file_contestant import PeerOfFiles, peers_catalog
from benchmarks.lineitem_files import RAW, duckdb_rows, table_of


class DuckdbFiles(PeerOfFiles):
    """DuckDB's own readers and its Parquet writer."""

    name = "duckdb"
    title = "DuckDB"


def land(job: Job) -> None:
    """Copy the file into Parquet within the warehouse, and add that to the table."""
    import duckdb
    import pyarrow.parquet as pq

    folder = Path(job.folder) / "warehouse" / RAW / table_of(job.stage) / "data"
    folder.mkdir(parents=True)
    written = folder / "lineitem.parquet"
    with duckdb.connect() as connection:
        rows = duckdb_rows(job.url, job.stage)
        connection.execute(
            f"copy (select * from {rows}) to '{written}' (format parquet, compression zstd)"
        )
    schema = pq.read_schema(written)
    table = peers_catalog(job).create_table((RAW, table_of(job.stage)), schema=schema)
    table.add_files([f"file://{written}"])


if __name__ == "__main__":
    run(land)
