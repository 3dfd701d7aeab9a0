"""Whether files have to be read again: a project, or our own code -> a mark of how they are now."""

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

FOLDERS = ("models", "macros", "seeds", "snapshots", "analyses", "tests/data_tests", "profiles")
FILES = ("dbt_project.yml", "packages.yml", "dependencies.yml")
CODE_DIR = Path(__file__).parents[2]
INSTALLED = "dbt_packages"
ASKED = re.compile(r"""\benv_var\b(?:\s*\(\s*(?:'(\w+)'|"(\w+)")\s*[,)])?""")
PACKAGES = ("dbt_spark_repairs", "dbt_firn", "lake", "ingestion", "operations")


def fingerprint(project_dir: Path) -> str:
    """Return a hash of names, sizes and times of all files that dbt reads; no content is read."""
    return _hash(_files(project_dir))


def variables_read(project_dir: Path, profiles_dir: Path) -> frozenset[str] | None:
    """Return the variables of the environment that the files dbt reads ask for by `env_var`.

    None where one of them makes up a name, so that it may be any.
    """
    names: set[str] = set()
    packages = (project_dir / INSTALLED).rglob("*.*")
    profiles = profiles_dir.glob("*.yml")
    for path in {*_files(project_dir), *packages, *profiles}:
        try:
            text = path.read_text(encoding="utf-8", errors="replace")
        except OSError:  # an editor's own, gone again; or a folder
            continue
        for found in ASKED.finditer(text):
            if not (name := found[1] or found[2]):
                return None
            names.add(name)
    return frozenset(names)


def newest_change(project_dir: Path) -> float:
    """Return when one of these files was changed last, in seconds of the clock; 0 without any."""
    times = []
    for path in _files(project_dir):
        with suppress(FileNotFoundError):  # an editor's own, gone again
            times.append(path.stat().st_mtime)
    return max(times, default=0.0)


def code_fingerprint() -> str:
    """Return the same of the Python files that a process which runs dbt has loaded."""
    return _hash(path for name in PACKAGES for path in (CODE_DIR / name).rglob("*.py"))


def _hash(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        try:
            status = path.stat()
        except FileNotFoundError:  # an editor's own, gone again
            continue
        digest.update(f"{path}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _files(project_dir: Path) -> Iterator[Path]:
    yield from (project_dir / name for name in FILES if (project_dir / name).exists())
    for name in FOLDERS:
        for folder, _, names in os.walk(project_dir / name, followlinks=True):
            yield from (Path(folder) / file for file in names)
