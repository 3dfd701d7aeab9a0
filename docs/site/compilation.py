"""The project as dbt compiles and documents it: project -> manifest, dbt's docs in one file.

dbt runs in a lake of its own that is empty. What it compiles then does not depend on what was
landed or built, and the site says nothing about anybody's data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lake.settings import Settings
from operations.dbt.runner import follow_dbt, written_graph

# Models alone: hooks and tests read tables, and there are none.
COMMAND = "docs generate --static --empty-catalog --select resource_type:model"
TARGET = "dev"


@dataclass(frozen=True)
class Compilation:
    """What dbt wrote: its manifest, with compiled SQL, and its docs as one page of HTML."""

    manifest: Mapping[str, Any]
    page: str


def compile_project(project_dir: Path, home: Path) -> Compilation:
    """Let dbt compile and document all models in the lake of `home`, which is made if need be.

    Raises LoadError with what dbt says when it fails.
    """
    settings = Settings(project_dir=project_dir, home=home, target=TARGET)
    (home / "lake").mkdir(parents=True, exist_ok=True)
    follow_dbt(settings, COMMAND.split())
    page = (home / "target" / "static_index.html").read_text(encoding="utf-8")
    return Compilation(written_graph(settings), without_folders(page, project_dir, home))


def without_folders(page: str, *folders: Path) -> str:
    """Return a page in which files are named from the folders on, wherever they are here."""
    for folder in sorted(folders, key=lambda each: len(str(each)), reverse=True):
        page = page.replace(f"{folder}/", "").replace(str(folder), ".")
    return page
