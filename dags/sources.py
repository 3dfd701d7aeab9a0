"""One DAG for each declared source: tables are checked, rows landed, silver and gold built."""

from datetime import timedelta

from airflow.sdk import DAG

from firn_dags.commands import BEGINNING, DEFAULTS, PROJECT, command
from firn_dags.declared import DeclaredSource, declared_sources

ABOUT = """
{description}

Lands what is new in **{name}** and builds all that is made from it. Tables: {tables}.

| task | does | when it fails |
|---|---|---|
| `check_tables` | compares every table with its declaration, and writes nothing | its log names the table, what differs, and the command that fixes it |
| `ingest_raw` | lands what is new; a table's rows and its progress are one commit | tables landed before it stay landed; the next try takes the rest |
| `build_silver` | seeds, silver and quarantine, with their tests | what is downstream of a failed test is not built |
| `build_gold` | gold, with its tests | readers go on to see what was published before |
| `check_freshness` | compares the newest landed rows with the declared freshness, into `ops.source_freshness` | the source has sent nothing for longer than declared; gold is built all the same |

Every task is a command that can be typed in the project folder, and can be run again at any time: nothing lands
twice. One run at a time; a run that was missed is not made up for, because the next one takes all that is new.

Tables are made by the DAG `lakehouse_init`, or by `firn create {name}`. The schedule is `config.meta.airflow` of
`models/raw/{name}.yml`.
"""  # noqa: E501 - the rows of a table


def source_dag(source: DeclaredSource) -> DAG:
    """Return the DAG that lands `source` and builds what is made from it."""
    name = source.name
    made_from_it = f"source:{name}+"
    with DAG(
        dag_id=name,
        description=f"Land what is new in {name}, build silver and gold.",
        doc_md=ABOUT.format(
            name=name, description=source.description, tables=", ".join(source.tables)
        ),
        schedule=source.schedule,
        start_date=BEGINNING,
        catchup=False,
        max_active_runs=1,
        dagrun_timeout=timedelta(hours=8),
        default_args=DEFAULTS,
        tags=["source"],
    ) as dag:
        ingest_raw = command("ingest_raw", f"firn ingest {name} --wait")
        build_silver = command(
            "build_silver",
            f"dbt build --select {made_from_it} @source:{name},resource_type:seed"
            " --exclude path:models/gold",
        )
        build_gold = command("build_gold", f"dbt build --select {made_from_it},path:models/gold")
        freshness = f"dbt source freshness --select source:{name}"
        command("check_tables", f"firn verify {name}", retries=0) >> ingest_raw
        ingest_raw >> build_silver >> build_gold
        ingest_raw >> command("check_freshness", freshness, retries=0)
    return dag


for declared in declared_sources(PROJECT):
    source_dag(declared)
