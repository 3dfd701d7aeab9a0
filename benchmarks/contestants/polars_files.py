"""polars: a file -> a scan in the declared types -> an Iceberg table through pyiceberg."""

from typing import Any

from benchmarks.contest import Job, Stage, run
from benchmarks.contestants.file_contestant import PeerOfFiles, peers_catalog
from benchmarks.lineitem_files import COLUMNS, RAW, file_of, table_of


class PolarsFiles(PeerOfFiles):
    """polars with its streaming engine."""

    name = "polars"
    title = "polars"


def land(job: Job) -> None:
    """Scan the file and write what it holds."""
    import polars as pl

    kinds = {
        "bigint": pl.Int64(),
        "int": pl.Int32(),
        "decimal(15,2)": pl.Decimal(15, 2),
        "string": pl.String(),
        "date": pl.Date(),
    }
    schema = pl.Schema({name: kinds[kind] for name, kind in COLUMNS.items()})
    file = file_of(job.url, job.stage)
    if job.stage is Stage.CSV:
        rows = pl.scan_csv(file, schema=schema)
    elif job.stage is Stage.JSON_LINES:
        dates = [name for name, kind in COLUMNS.items() if kind == "date"]
        rows = pl.scan_ndjson(file, schema=_readable(pl, schema))
        rows = rows.with_columns(pl.col(dates).str.to_date()).cast(dict(schema))
    else:
        rows = pl.scan_parquet(file)
    frame = rows.collect(engine="streaming")
    arrow = frame.to_arrow()
    table = peers_catalog(job).create_table((RAW, table_of(job.stage)), schema=arrow.schema)
    table.append(arrow)


def _readable(pl: Any, schema: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return the schema that polars can read from JSON: it knows no decimals or dates there."""
    return {
        name: pl.Float64() if kind == pl.Decimal else pl.String() if kind == pl.Date() else kind
        for name, kind in schema.items()
    }


if __name__ == "__main__":
    run(land)
