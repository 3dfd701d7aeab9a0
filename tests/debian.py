"""Programs of Debian's packages, for tests: a package -> unpacked, nothing is installed."""

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

DEADLINE_SECONDS = 300
SYSTEM_FOLDERS = "/usr/sbin:/usr/bin:/sbin:/bin"


def debian_program(package: str, program: str, folder: Path) -> Path:
    """Return an installed program, or unpack its package and the libraries it needs into `folder`.

    `program` is its path below the root, such as usr/bin/prometheus. `apt-get download` and
    `dpkg -x` need neither root nor an installation. Where there is no apt-get the test is skipped,
    and says so.
    """
    installed = Path("/") / program
    if installed.exists():
        return installed
    if not shutil.which("apt-get"):
        pytest.skip(f"{package} is not installed, and there is no apt-get to fetch it")
    told = run(["apt-cache", "depends", "--no-recommends", "--no-suggests", package], folder)
    libraries = [name for name in re.findall(r"Depends: (lib\S+)", told) if _is_binary(name)]
    run(["apt-get", "download", package, *libraries], folder)
    for file in folder.glob("*.deb"):
        run(["dpkg", "-x", str(file), str(folder)], folder)
    return folder / program


def _is_binary(library: str) -> bool:
    """Whether a library is one that a program is linked with, and not in every system already."""
    return library != "libc6" and not library.startswith("libjs-")


def run(command: Sequence[str], folder: Path) -> str:
    """Run a command of Debian's in a folder; return what it said. Raises RuntimeError."""
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=DEADLINE_SECONDS
    )
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr} (run apt-get update first?)")
    return done.stdout
