"""What dlt's contestants share: sql_table -> filesystem destination -> Iceberg table.

Settings are dlt's defaults, but for types (full precision, so that decimals stay exact) and for the
open cursor range, which spares dlt the comparison of rows it has seen.
"""

from datetime import datetime
from pathlib import Path

from benchmarks.contest import SCHEMA, TABLE, Arena, Command, Job, Landed, Stage

KEY = ("l_orderkey", "l_linenumber")
CURSOR = "l_updated_at"
CATALOG = "dlt"


def command(module: str, arena: Arena, stage: Stage) -> Command:
    """Return `module` as a program of the peers' environment."""
    environment = {
        "PYTHONPATH": str(arena.project),
        "RUNTIME__DLTHUB_TELEMETRY": "false",
    }
    return Command(
        [str(arena.peers_python), "-m", module], environment, Job.of(arena, stage).as_text()
    )


def landed(arena: Arena) -> Landed:
    """Return the table in dlt's catalog of this arena."""
    return Landed(CATALOG, _catalog_file(arena.folder), (SCHEMA, TABLE))


def land(job: Job, backend: str) -> None:
    """Land the whole table by `replace`, or what changed since by `merge` (upsert)."""
    import dlt
    from dlt.sources.sql_database import sql_table

    folder = Path(job.folder)
    dlt.config["iceberg_catalog.iceberg_catalog_name"] = CATALOG
    dlt.config["iceberg_catalog.iceberg_catalog_config"] = {
        "type": "sql",
        "uri": f"sqlite:///{_catalog_file(folder)}",
        "warehouse": f"file://{folder}/warehouse",
    }
    table = sql_table(
        credentials=job.url.replace("postgresql://", "postgresql+psycopg2://"),
        schema=SCHEMA,
        table=TABLE,
        backend=backend,
        reflection_level="full_with_precision",
        primary_key=KEY,
        incremental=None if job.stage is Stage.FULL else _changes_since(job.since),
    )
    table.apply_hints(table_format="iceberg")
    pipeline = dlt.pipeline(
        pipeline_name="tpch",
        pipelines_dir=str(folder / "pipelines"),
        destination=dlt.destinations.filesystem(bucket_url=f"file://{folder}/warehouse"),
        dataset_name=SCHEMA,
    )
    disposition = (
        "replace" if job.stage is Stage.FULL else {"disposition": "merge", "strategy": "upsert"}
    )
    print(pipeline.run(table, write_disposition=disposition))


def _changes_since(moment: str) -> object:
    import dlt

    return dlt.sources.incremental(
        CURSOR, initial_value=datetime.fromisoformat(moment), range_start="open"
    )


def _catalog_file(folder: Path) -> Path:
    return folder / "catalog.db"
