"""The Markdown of the project, laid out for MkDocs: tracked pages -> the same paths elsewhere.

Paths stay as they are, so that the relative links of pages hold in the site as they do in the
repository.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

TOP_PAGES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")


def stage(root: Path, target: Path) -> None:
    """Copy the pages of the project `root`, and the files they link, into an empty `target`."""
    shutil.rmtree(target, ignore_errors=True)
    pages = [root / name for name in TOP_PAGES] + sorted((root / "docs").rglob("*.md"))
    linked = [file for page in pages for file in _linked_files(page, root)]
    for file in {*pages, *linked}:
        copy = target / file.relative_to(root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)


def _linked_files(page: Path, root: Path) -> Iterator[Path]:
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        file = (page.parent / link).resolve()
        if ":" not in link and file.is_file() and file.is_relative_to(root.resolve()):
            yield root / file.relative_to(root.resolve())
