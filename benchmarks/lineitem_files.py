"""Lineitem as files: TPC-H at a scale factor -> CSV, JSON Lines and Parquet, and their checksum.

Contestants that are no part of Firn import this in another environment: the standard library only.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.contest import Stage

RAW = "raw_tpch"
JSON_SHARE = 0.4  # JSON names each value: so many of the rows are as large as all of them as CSV
COLUMNS = {
    "l_orderkey": "bigint",
    "l_partkey": "bigint",
    "l_suppkey": "bigint",
    "l_linenumber": "int",
    "l_quantity": "decimal(15,2)",
    "l_extendedprice": "decimal(15,2)",
    "l_discount": "decimal(15,2)",
    "l_tax": "decimal(15,2)",
    "l_returnflag": "string",
    "l_linestatus": "string",
    "l_shipdate": "date",
    "l_commitdate": "date",
    "l_receiptdate": "date",
    "l_shipinstruct": "string",
    "l_shipmode": "string",
    "l_comment": "string",
}
CHECKSUM = """
select
    count(*) as rows_count,
    count(distinct l_orderkey * 8 + l_linenumber) as keys_count,
    sum(l_orderkey) as orderkeys_sum,
    sum(l_quantity) as quantities_sum,
    sum(l_extendedprice) as prices_sum,
    sum(l_tax) as taxes_sum,
    sum(l_shipdate - date '1992-01-01') as days_sum,
    sum(length(l_comment)) as letters_count
from {rows}
"""
FORMATS = {Stage.CSV: "csv", Stage.JSON_LINES: "json_lines", Stage.PARQUET: "parquet"}
_READERS = {
    Stage.CSV: "read_csv('{file}', header = true, columns = {columns})",
    Stage.JSON_LINES: "read_json('{file}', format = 'newline_delimited', columns = {columns})",
    Stage.PARQUET: "read_parquet('{file}')",
}


def table_of(stage: Stage) -> str:
    """Return the name of the table that a stage lands."""
    return f"lineitem_{FORMATS[stage]}"


def file_of(folder: str | Path, stage: Stage) -> Path:
    """Return the file that a stage lands."""
    return Path(folder) / table_of(stage) / f"lineitem.{FORMATS[stage]}"


def duckdb_rows(folder: str | Path, stage: Stage) -> str:
    """Return how DuckDB reads a stage's file in the declared types."""
    columns = ", ".join(f"'{name}': '{kind}'" for name, kind in COLUMNS.items())
    file = file_of(folder, stage)
    return _READERS[stage].format(file=file, columns="{" + columns + "}")


@dataclass(frozen=True)
class LineitemFiles:
    """The files of one scale factor, in a folder of their own."""

    folder: Path
    scale: float

    def ensure(self, generator: Path) -> None:
        """Make the files from `generator` (tpchgen-cli) where they are missing."""
        import duckdb

        csv = file_of(self.folder, Stage.CSV)
        if not csv.exists():
            csv.parent.mkdir(parents=True, exist_ok=True)
            making = csv.with_suffix(".tmp")
            with making.open("wb") as out:
                arguments = [str(generator), "csv", "-s", f"{self.scale:g}"]
                arguments += ["--tables", "lineitem", "--stdout"]
                subprocess.run(arguments, stdout=out, check=True)
            making.rename(csv)
        for stage, options, share in (
            (Stage.JSON_LINES, "format json", JSON_SHARE),
            (Stage.PARQUET, "format parquet, compression zstd", 1.0),
        ):
            file = file_of(self.folder, stage)
            if file.exists():
                continue
            file.parent.mkdir(exist_ok=True)
            making = file.with_suffix(".tmp")
            rows = duckdb_rows(self.folder, Stage.CSV)
            with duckdb.connect() as connection:
                (count,) = connection.execute(f"select count(*) from {rows}").fetchone() or (0,)
                limit = int(count * share)
                connection.execute(
                    f"copy (select * from {rows} limit {limit}) to '{making}' ({options})"
                )
            making.rename(file)

    def sizes(self) -> str:
        """Say how large the files are."""
        sizes = {
            name: file_of(self.folder, stage).stat().st_size for stage, name in FORMATS.items()
        }
        return ", ".join(f"{name} {size / 1e6:,.0f} MB" for name, size in sizes.items())

    def checksum(self, stage: Stage) -> dict[str, Any]:
        """Return the checksum of a stage's file."""
        import duckdb

        with duckdb.connect() as connection:
            answer = connection.execute(CHECKSUM.format(rows=duckdb_rows(self.folder, stage)))
            names = [column[0] for column in answer.description or []]
            return dict(zip(names, answer.fetchone() or (), strict=True))
