"""dbt-spark in session mode as its documentation has it: models -> Iceberg's Hadoop catalog."""

from pathlib import Path

from benchmarks.contest import Arena, Command, Stage
from benchmarks.contestants.dbt_project import (
    DbtContestant,
    peers_command,
    write_plain_project,
)
from benchmarks.trivial_models import SCHEMA, built_names

PROFILE = """
trivial:
  target: dev
  outputs:
    dev:
      type: spark
      method: session
      host: NA
      schema: {schema}
      threads: 4
      server_side_parameters:
        spark.driver.extraClassPath: "{jar}"
        spark.sql.extensions: org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions
        spark.sql.defaultCatalog: local
        spark.sql.catalog.local: org.apache.iceberg.spark.SparkCatalog
        spark.sql.catalog.local.type: hadoop
        spark.sql.catalog.local.warehouse: "{warehouse}"
"""


class DbtSparkPlain(DbtContestant):
    """Nothing of Firn but the jar of Iceberg, which saves it the search for one at each start."""

    name = "plain"
    title = "dbt-spark, session, plain"

    def lay_out(self, project: Path, arena: Arena) -> None:
        """Write a plain project with the profile that the documentation of both leads to."""
        from lake.settings import Settings
        from operations.runtime.jars import jar_cache

        jar = next((jar_cache(Settings.load()) / "spark").glob("iceberg-*.jar"))
        profile = PROFILE.format(jar=jar, warehouse=_warehouse(arena), schema=SCHEMA)
        write_plain_project(project, profile)
        _warehouse(arena).mkdir(exist_ok=True)  # else the catalog cannot list what it holds

    def command(self, arena: Arena, stage: Stage) -> Command:
        """Return `dbt run`."""
        return peers_command(arena, stage)

    def tables(self, arena: Arena, stage: Stage) -> dict[str, list[int]]:
        """Return what the newest metadata of each table says it holds."""
        from pyiceberg.table import StaticTable

        found = {}
        for name in built_names(stage):
            metadata = _warehouse(arena) / SCHEMA / name / "metadata"
            version = (metadata / "version-hint.text").read_text().strip()
            table = StaticTable.from_metadata(str(metadata / f"v{version}.metadata.json"))
            found[name] = table.scan().to_arrow()["id"].to_pylist()
        return found


def _warehouse(arena: Arena) -> Path:
    return arena.folder / "warehouse"
