"""Runs in Firn's environment: selections of dbt's -> one line of JSON about what each one lists.

python list_nodes.py <JSON list of selections, such as "--select source:shop+">

dbt reads the project once for all of them, and chooses for each as `dbt ls` does.
"""

import json
import shlex
import sys

from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt.contracts.graph.manifest import Manifest


def run(dbt: dbtRunner, *arguments: str) -> dbtRunnerResult:
    """Run a dbt command; end with what went wrong when it fails."""
    ended = dbt.invoke(["--quiet", *arguments])
    if not ended.success:
        sys.exit(f"dbt {shlex.join(arguments)} failed: {ended.exception}")
    return ended


project = run(dbtRunner(), "parse").result
assert isinstance(project, Manifest)
listing = dbtRunner(manifest=project)
found = {
    selection: run(listing, "ls", *shlex.split(selection)).result
    for selection in json.loads(sys.argv[1])
}
sys.stdout.write(json.dumps(found) + "\n")
