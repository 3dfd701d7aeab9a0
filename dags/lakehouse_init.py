"""The DAG that makes every table before any data: raw, then silver, then gold, then verified."""

from datetime import timedelta

from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG, Param, chain, get_current_context

from firn_dags.commands import BEGINNING, DEFAULTS, PROJECT, command
from firn_dags.declared import declared_sources

ABOUT = """
Makes what is missing of the lake, layer by layer and empty, and compares all of it with its declaration.

Run it by hand before a source's first run, and after a table was declared. `source` is what to make tables for: one
source, or `all`. A table that is there is not touched, so it can be run again at any time. The log of each `create_…`
names the tables that were made and those that were there; `tell_outcome` sums them up.
"""  # noqa: E501 - Markdown
CHOSEN = "{{ params.source }}"
LAYERS = {"raw": "raw", "silver": "silver quarantine", "gold": "gold"}


def tell_outcome() -> None:
    """Print the last line that each layer's `firn create` said."""
    instance = get_current_context()["ti"]
    for layer in LAYERS:
        print(f"{layer}: {instance.xcom_pull(task_ids=f'create_{layer}')}")


with DAG(
    dag_id="lakehouse_init",
    description="Make all tables, empty, layer by layer; verify them.",
    doc_md=ABOUT,
    params={
        "source": Param(
            "all",
            type="string",
            enum=["all", *(source.name for source in declared_sources(PROJECT))],
            description="The source to make tables for, or all.",
        )
    },
    schedule=None,
    start_date=BEGINNING,
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    dagrun_timeout=timedelta(hours=2),
    default_args=DEFAULTS,
    tags=["tables"],
):
    chain(
        *(
            command(f"create_{layer}", f"firn create {names} {CHOSEN}")
            for layer, names in LAYERS.items()
        ),
        command("verify_tables", f"firn verify {CHOSEN}", retries=0),
        PythonOperator(task_id="tell_outcome", python_callable=tell_outcome),
    )
