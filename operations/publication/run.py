"""A run that publishes: dbt's invocation -> the branch that it writes to, in clean tables."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import psutil

from lake.branches import IS_STAGED, is_staged
from lake.lake import Identifier, Lake
from lake.metadata import StoredTable
from lake.private import private_folder
from lake.process_record import ProcessRecord
from lake.retry import retry_on_conflict
from lake.settings import Settings
from operations.publication.book import read_state
from operations.publication.branches import BRANCH, commit_refs, ref_name, refs_of

INVOCATION, GIT_COMMIT = "firn.invocation-id", "firn.git-commit"
RECORDS = "runs"  # below FIRN_HOME: which process each run of this machine is
ABANDONED_AFTER = timedelta(hours=24)  # the branch of a run of another machine


@dataclass(frozen=True)
class Run:
    """A dbt invocation that writes `tables` to its branch.

    `after` is the last entry in the book of publications when it began.
    """

    invocation_id: str
    git_commit: str
    target: str
    tables: tuple[Identifier, ...]
    after: int

    @property
    def branch(self) -> str:
        """The branch that all its tables are written to."""
        return ref_name(BRANCH, self.invocation_id)

    @property
    def snapshot_properties(self) -> dict[str, str]:
        """What each commit of the run says of it."""
        known = {INVOCATION: self.invocation_id, GIT_COMMIT: self.git_commit}
        return {name: value for name, value in known.items() if value}


def begin_run(
    settings: Settings, lake: Lake, invocation_id: str, target: str, tables: Iterable[Identifier]
) -> Run:
    """Let the tables be written to a branch, and remove the branches of runs that are over.

    Raises EnvironmentFault when the lake cannot be read or written, or its catalog not publish.
    """
    lake.backend.require_transactions()
    folder = settings.home / RECORDS
    private_folder(folder)
    me = psutil.Process()
    after = read_state(lake).publication_id
    run = Run(invocation_id, git_commit(settings), target, tuple(tables), after)
    ProcessRecord(pid=me.pid, created=me.create_time()).save(_record(settings, run.branch))
    for table in run.tables:
        retry_on_conflict(partial(_prepare, settings, lake, table))
    return run


def end_run(settings: Settings, run: Run) -> None:
    """Forget the process of a run that is over."""
    _record(settings, run.branch).unlink(missing_ok=True)


def _record(settings: Settings, branch: str) -> Path:
    return settings.home / RECORDS / f"{branch}.json"


def git_commit(settings: Settings) -> str:
    """Return the commit of the project, with -dirty where files differ from it; "" without git."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        said = subprocess.run(
            command, cwd=settings.project_dir, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return said.stdout.strip()


def _prepare(settings: Settings, lake: Lake, table: Identifier) -> None:
    stored = lake.stored(table)
    if stored is None or "snapshots" not in stored.document:
        return
    refs = refs_of(stored)
    left = {name for name, ref in refs.items() if _is_over(settings, stored, name, ref)}
    if left or not is_staged(stored.document):
        kept = {name: ref for name, ref in refs.items() if name not in left}
        commit_refs(lake, table, stored, kept, {IS_STAGED: "true"})


def _is_over(settings: Settings, stored: StoredTable, name: str, ref: Mapping[str, Any]) -> bool:
    """Whether a ref is the branch of a run that will not publish it any more."""
    if not name.startswith(BRANCH):
        return False
    record = ProcessRecord.load(_record(settings, name))
    if record:  # dbt's commands of one process run one after the other
        return record.pid == os.getpid() or record.process() is None
    snapshots = stored.document["snapshots"]
    head = next(s for s in snapshots if s["snapshot-id"] == ref["snapshot-id"])
    written = datetime.fromtimestamp(head["timestamp-ms"] / 1000, UTC)
    return datetime.now(UTC) - written > ABANDONED_AFTER
