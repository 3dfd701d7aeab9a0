"""What pre-flight costs: many tables, raw and silver -> seconds of the hook on a warm Spark.

    python -m benchmarks.preflight --tables 200      (or: make bench-preflight)

Half of the tables are raw, each of 20 columns with a commit, the others silver models over them.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import yaml

from ingestion.raw_tables.schema import RawShape, ensure_raw_table
from ingestion.sources import load_sources
from lake.lake import open_catalog
from lake.settings import Settings
from operations.preflight.verify import verify_tables

ROOT = Path(__file__).parents[1]
COLUMNS = 20
RUNS = 5


def main() -> None:
    """Make the lake, run the pre-flight in one process again and again, print its seconds."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--tables", type=int, default=200)
    count = arguments.parse_args().tables
    with tempfile.TemporaryDirectory() as folder:
        settings = _lay_out(Path(folder), count // 2)
        with _dbt_of(settings):
            _land(settings)
            _run(["run", "--empty"])
            _measure(settings)


def _measure(settings: Settings) -> None:
    hooks = [_run(["test", "--select", "looks_at_every_table"]) for _ in range(RUNS)]
    start = time.monotonic()
    verified = verify_tables(settings, [], _run)
    seconds = time.monotonic() - start
    if any(one.differences for one in verified):
        raise SystemExit("some tables are not as declared: nothing was measured")
    print(f"{len(verified)} tables of {COLUMNS} columns")
    print("pre-flight, Spark being warm:", "  ".join(f"{hook:.2f} s" for hook in hooks))
    print(f"firn verify, in a Python that runs already: {seconds:.2f} s")


def _run(arguments: list[str]) -> float:
    """Run dbt in this process; return the seconds that its pre-flight took."""
    from dbt.cli.main import dbtRunner

    ended = dbtRunner().invoke(["--quiet", *arguments])
    if not ended.success:
        raise SystemExit(f"dbt {' '.join(arguments)} failed: {ended.exception}")
    return sum(
        float(result.execution_time)
        for result in getattr(ended.result, "results", ())
        if "preflight" in getattr(result.node, "raw_code", "")
    )


@contextmanager
def _dbt_of(settings: Settings) -> Iterator[None]:
    """Give this process the environment and the folder of the project."""
    os.environ |= {  # noqa: TID251 - for dbt in this process
        "FIRN_HOME": str(settings.home),
        "PWD": str(settings.project_dir),
        "DBT_PROFILES_DIR": str(settings.project_dir / "profiles"),
        "DBT_LOG_PATH": str(settings.home / "logs"),
    }
    os.chdir(settings.project_dir)
    yield
    os.chdir(ROOT)


def _lay_out(folder: Path, count: int) -> Settings:
    project, home = folder / "project", folder / "home"
    (home / "lake").mkdir(parents=True)
    for part in ("raw", "silver"):
        (project / "models" / part).mkdir(parents=True)
    (project / "tests" / "data_tests").mkdir(parents=True)
    for name in ("macros", "profiles", "dbt_project.yml"):
        (project / name).symlink_to(ROOT / name)
    _declare(project, [f"t{number}" for number in range(count)])
    return Settings(project_dir=project, home=home)


def _declare(project: Path, names: list[str]) -> None:
    """Write a source of these tables, a model of each, and a test that reads all of them."""
    columns = [{"name": f"c{n}", "data_type": "string"} for n in range(COLUMNS - 5)]
    columns += [{"name": "id", "data_type": "bigint"}]
    ingestion = {"load": "full", "key": ["id"]}
    source = {
        "name": "many",
        "schema": "raw_many",
        "config": {
            "meta": {
                "ingestion": {"connector": "postgres", "connection": "MANY_URL", "schema": "many"}
            }
        },
        "tables": [
            {"name": name, "config": {"meta": {"ingestion": ingestion}}, "columns": columns}
            for name in names
        ],
    }
    (project / "models/raw/many.yml").write_text(yaml.safe_dump({"sources": [source]}))
    added = [
        {"name": "_ingested_at", "data_type": "timestamp"},
        {"name": "_load_id", "data_type": "string"},
        {"name": "_is_deleted", "data_type": "boolean"},
        {"name": "_rescued", "data_type": "string"},
    ]
    models = [
        {"name": f"many__{name}", "config": {"unique_key": "id"}, "columns": [*columns, *added]}
        for name in names
    ]
    (project / "models/silver/many.yml").write_text(yaml.safe_dump({"models": models}))
    _write_sql(project, names)


def _write_sql(project: Path, names: list[str]) -> None:
    for name in names:
        sql = f"select * from {{{{ stream(source('many', '{name}')) }}}}"
        (project / f"models/silver/many__{name}.sql").write_text(sql)
    read = "".join(
        f"-- depends_on: {{{{ source('many', '{name}') }}}} {{{{ ref('many__{name}') }}}}\n"
        for name in names
    )
    test = project / "tests/data_tests/looks_at_every_table.sql"
    test.write_text(f"{read}select 1 as id where false\n")


def _land(settings: Settings) -> None:
    from pyiceberg.io.pyarrow import schema_to_pyarrow

    (source,) = load_sources(settings.project_dir)
    catalog = open_catalog(settings)
    row = {
        "id": 1,
        "_ingested_at": datetime.now(UTC),
        "_load_id": "a load",
        "_is_deleted": False,
    }
    for declared in source.tables:
        table = ensure_raw_table(catalog, RawShape.of(declared))
        schema = schema_to_pyarrow(table.schema())
        table.append(pa.Table.from_pylist([row], schema=schema))


if __name__ == "__main__":
    main()
