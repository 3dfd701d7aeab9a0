"""Whether a project has to be read again: its files -> a mark that any change of them changes."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

FOLDERS = ("models", "macros", "seeds", "snapshots", "analyses", "tests/data_tests", "profiles")
FILES = ("dbt_project.yml", "packages.yml", "dependencies.yml")


def fingerprint(project_dir: Path) -> str:
    """Return a hash of names, sizes and times of all files that dbt reads; no content is read."""
    digest = hashlib.sha256()
    for path in sorted(_files(project_dir)):
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
