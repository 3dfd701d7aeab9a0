"""One process at a time, and a word on who it is."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lake.errors import EnvironmentFault
from lake.locks import ProcessLock, source_lock

HOLD = """
import sys
from pathlib import Path
from lake.locks import ProcessLock
lock = ProcessLock(Path(sys.argv[1]), "watch-telemetry")
assert lock.acquire(0)
print("held", flush=True)
sys.stdin.read()
"""


def test_another_process_is_named_and_a_killed_one_frees_the_lock(tmp_path: Path) -> None:
    root = Path(__file__).parents[3]
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        cwd=root,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        lock = ProcessLock(tmp_path, "watch-telemetry")
        assert not lock.acquire(0.2)
        assert lock.holder.startswith(f"pid {other.pid} since 2")
        other.kill()
        other.wait()
        assert lock.acquire(5)
    assert lock.holder.startswith(f"pid {os.getpid()} since 2")
    lock.release()


def test_a_source_that_is_ingested_already_is_refused(tmp_path: Path) -> None:
    with (
        source_lock(tmp_path, "telemetry", wait=False),
        pytest.raises(EnvironmentFault, match=f"ingested already by pid {os.getpid()}"),
        source_lock(tmp_path, "telemetry", wait=False),
    ):
        pass
    with source_lock(tmp_path, "telemetry", wait=False):
        pass
