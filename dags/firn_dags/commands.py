"""What a task types: a line as a person would type it -> a BashOperator that runs it in Firn.

    verify_tables = command("verify_tables", "firn verify shop")

Commands run in the project folder and in Firn's own environment ($FIRN_HOME/venv), never in
Airflow's.
"""

import os
import shlex
from datetime import UTC, datetime, timedelta
from pathlib import Path

from airflow.providers.standard.operators.bash import BashOperator

PROJECT = Path(os.environ.get("FIRN_PROJECT_DIR") or Path(__file__).parents[2]).absolute()  # noqa: TID251
HOME = Path(os.environ.get("FIRN_HOME") or PROJECT / ".firn").absolute()  # noqa: TID251
BIN = HOME / "venv" / "bin"

# One slot: whatever uses the lake waits for whatever else does, in all DAGs together.
POOL = "lake"
BEGINNING = datetime(2025, 1, 1, tzinfo=UTC)
DEFAULTS = {"owner": "firn", "retries": 2, "execution_timeout": timedelta(hours=2)}

_ENVIRONMENT = {
    "FIRN_PROJECT_DIR": str(PROJECT),
    "FIRN_HOME": str(HOME),
    "DBT_PROFILES_DIR": str(PROJECT / "profiles"),
    "DBT_LOG_PATH": str(HOME / "logs"),
    "PATH": f"{BIN}:{os.environ.get('PATH', os.defpath)}",  # noqa: TID251
    "PWD": str(PROJECT),
    "COLUMNS": "160",
    "DBT_USE_COLORS": "false",
}


def command(task_id: str, line: str, **options: object) -> BashOperator:
    """Return a task that runs `line`, such as `dbt build`; `options` are the operator's own.

    The task fails when the command does, and its log is what the command said.
    """
    program, _, arguments = line.partition(" ")
    return BashOperator(
        task_id=task_id,
        bash_command=f"{shlex.quote(str(BIN / program))} {arguments}",
        cwd=str(PROJECT),
        env=_ENVIRONMENT,
        append_env=True,
        pool=POOL,
        **options,
    )
