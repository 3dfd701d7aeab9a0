"""Branches that runs write to: a table's metadata file -> its head as one run sees it.

Iceberg's write-audit-publish: a session with `spark.wap.branch` reads and writes that branch of
every table whose property `write.wap.enabled` is true; readers see `main` until it is moved.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MAIN = "main"
IS_STAGED = "write.wap.enabled"
CURRENT = "current-snapshot-id"
NOTHING = -1  # what older metadata files say where there is no snapshot

Metadata = Mapping[str, Any]


def is_staged(metadata: Metadata) -> bool:
    """Whether runs write a table on their own branch."""
    return str(metadata.get("properties", {}).get(IS_STAGED, "false")).lower() == "true"


def branch_of(metadata: Metadata, branch: str | None) -> str:
    """Return the branch that a session with this write-audit-publish branch commits to."""
    return branch if branch and is_staged(metadata) else MAIN


def head_of(metadata: Metadata, branch: str | None = None) -> int | None:
    """Return the newest snapshot that such a session reads, None where there is none.

    A branch that nothing was written to yet is not there: then it is that of `main`.
    """
    refs: Mapping[str, Any] = metadata.get("refs", {})
    found = refs.get(branch_of(metadata, branch)) if branch else None
    head = found["snapshot-id"] if found else metadata.get(CURRENT)
    return None if head is None or head == NOTHING else int(head)


def as_read_on(metadata: Metadata, branch: str | None) -> dict[str, Any]:
    """Return a metadata file as it would be if the branch were `main`; not to be written."""
    return {**metadata, CURRENT: head_of(metadata, branch)} if branch else dict(metadata)
