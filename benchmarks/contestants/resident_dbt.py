"""A process that keeps dbt, its manifests and its Spark: requests on a socket -> runs.

The side that asks, too (`--ask`): it needs the standard library only, and few modules of that.
"""

import json
import socket
import sys
import time
from pathlib import Path
from typing import Any

DEADLINE_SECONDS = 60


def ask(place: Path, arguments: list[str]) -> bool:
    """Ask the process that listens at `place` for a run of dbt, none to end; return its success."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(place))
        connection.sendall(json.dumps(arguments).encode() + b"\n")
        return connection.makefile().readline().strip() == "done"


def wait_for(place: Path) -> None:
    """Return when a process listens. Raises TimeoutError when none does in time."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not place.exists():
        if time.monotonic() > deadline:
            raise TimeoutError(f"nobody listens on {place}")
        time.sleep(0.05)


def serve(place: Path) -> None:
    """Run what is asked for, one request after the other, until asked for nothing."""
    from dbt.cli.main import dbtRunner

    manifests: dict[str, Any] = {}
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(place))
        listener.listen()
        while True:
            connection, _ = listener.accept()
            with connection:
                arguments = json.loads(connection.makefile().readline())
                if not arguments:
                    return
                project = arguments[arguments.index("--project-dir") + 1]
                if project not in manifests:
                    manifests[project] = _parse(arguments)
                ended = dbtRunner(manifest=manifests[project]).invoke(arguments)
                connection.sendall(b"done\n" if ended.success else b"failed\n")


def _parse(arguments: list[str]) -> Any:  # noqa: ANN401 - dbt's own manifest
    from dbt.cli.main import dbtRunner

    where = arguments[1 : arguments.index("--log-path") + 2]
    return dbtRunner().invoke(["parse", *where]).result


if __name__ == "__main__":
    if sys.argv[1] == "--ask":
        sys.exit(0 if ask(Path(sys.argv[2]), sys.argv[3:]) else 1)
    serve(Path(sys.argv[1]))
