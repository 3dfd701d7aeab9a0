"""Keeps what a watcher writes quick to read: a table after each build, in turn -> few files.

Every report adds a small file to each table, and every later build opens them all. Old snapshots
and orphans are left to `firn maintain`.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from lake.lake import Lake
from lake.settings import Settings
from operations.maintenance.plan import plan_compaction
from operations.maintenance.policies import load_policies
from operations.maintenance.procedures import Work, compact
from operations.runtime.sql_engine import SqlEngine


@dataclass
class CompactionTurns:
    """The tables that a watcher writes, in the order in which they are compacted."""

    settings: Settings
    spark: SqlEngine
    _turns: deque[str] = field(default_factory=deque)

    def of_next(self, tables: Sequence[str]) -> tuple[Work, float] | None:
        """Compact the next of the tables (such as gold.current_state) if its policy says so.

        Returns what was done and the seconds it took, or None when there was nothing to do. Raises
        ConfigurationError for a policy that is wrong, LoadError when Spark could not do it.
        """
        self._turns.extend(table for table in tables if table not in self._turns)
        if not self._turns:
            return None
        name = self._turns[0]
        self._turns.rotate(-1)
        namespace, _, table_name = name.partition(".")
        table = Lake(self.settings).table((namespace, table_name))
        if table is None:
            return None
        plan = plan_compaction(table, load_policies(self.settings.project_dir).of(name))
        if not plan.compacts_manifests:
            return None
        start = time.monotonic()
        return compact(self.spark, plan), time.monotonic() - start
