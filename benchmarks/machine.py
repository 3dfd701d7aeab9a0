"""What a result depends on: this machine and the versions in both environments -> texts."""

import json
import os
import platform
import subprocess
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

import psutil

_ASK = """
import importlib.metadata, json, sys
print(json.dumps({name: importlib.metadata.version(name) for name in sys.argv[1:]}))
"""


def describe_machine() -> str:
    """Return cores, processor, memory and system in one line."""
    cores = len(psutil.Process().cpu_affinity()) if psutil.LINUX else os.cpu_count()
    memory = psutil.virtual_memory().total / 2**30
    system = f"{platform.system()} {platform.release()}, {platform.machine()}"
    return f"{cores} cores ({_processor()}), {memory:.0f} GiB of memory, {system}"


def load_per_core() -> float:
    """Return how many programs wanted each core over the last minute, this one included."""
    return os.getloadavg()[0] / (os.cpu_count() or 1)


def own_versions(packages: Sequence[str]) -> dict[str, str]:
    """Return the versions of Python and of packages in this environment."""
    python = {"Python": platform.python_version()}
    return python | {name: metadata.version(name) for name in packages}


def peer_versions(python: Path, packages: Sequence[str]) -> dict[str, str]:
    """Return the versions of packages in the environment of another interpreter."""
    command = [str(python), "-c", _ASK, *packages]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    return dict(json.loads(answer.stdout))


def _processor() -> str:
    known = Path("/proc/cpuinfo")
    for line in known.read_text().splitlines() if known.exists() else ():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor() or "unknown processor"
