"""Runs in Airflow's environment: a folder of DAG files -> one line of JSON about what it found.

python read_dags.py <folder>
"""

import json
import sys
import time
from pathlib import Path

from airflow.dag_processing.dagbag import BundleDagBag
from airflow.providers.standard.operators.bash import BashOperator

folder = Path(sys.argv[1])
started = time.process_time()
bag = BundleDagBag(folder, bundle_path=folder, bundle_name="dags-folder")
seconds = time.process_time() - started

found = {
    "seconds": seconds,
    "import_errors": bag.import_errors,
    "dags": {
        name: {
            "schedule": dag.schedule,
            "catchup": dag.catchup,
            "max_active_runs": dag.max_active_runs,
            "doc": dag.doc_md,
            "owner": dag.owner,
            "sources": dag.params.get_param("source").schema["enum"] if dag.params else [],
            "commands": {
                task.task_id: {
                    "line": task.bash_command,
                    "pool": task.pool,
                    "retries": task.retries,
                    "timeout": task.execution_timeout.total_seconds(),
                    "after": sorted(task.upstream_task_ids),
                }
                for task in dag.tasks
                if isinstance(task, BashOperator)
            },
        }
        for name, dag in bag.dags.items()
    },
}
sys.stdout.write(json.dumps(found) + "\n")
