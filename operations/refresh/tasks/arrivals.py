"""Which changes a table lacks, and when rows came that a commit made readable: commits -> times.

A commit of a model says up to which snapshot it read each upstream table, so that every change can
be followed from the roots. Times are those of commits, in seconds of the clock.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile

from operations.refresh.tasks.heads import Commit, Heads
from operations.refresh.tasks.state import Built


@dataclass(frozen=True)
class Arrived:
    """A commit to a root or upstream table whose rows are read: when it was made, and its rows."""

    table: str
    snapshot: str
    at: float
    rows: int


@dataclass(frozen=True)
class Arrivals:
    """The changes in a lake: `reads` has by model table the tables that it reads."""

    heads: Heads
    reads: Mapping[str, tuple[str, ...]]

    def waiting(self, table: str, made: frozenset[str], built: Mapping[str, Built]) -> float | None:
        """Return when the oldest change came to the roots that a table lacks; None: it lacks none.

        `made` are the tables that are built with it: changes they lack themselves count too.
        """
        found: list[float] = []
        for upstream in self.reads.get(table, ()):
            unread = self.unread(table, upstream, built)
            found += [self.oldest(upstream, commit) for commit in unread]
            if upstream in made and (since := self.waiting(upstream, made, built)) is not None:
                found.append(since)
        return min(found, default=None)

    def unread(self, table: str, upstream: str, built: Mapping[str, Built]) -> list[Commit]:
        """Return the commits that changed `upstream` since `table` was built from it, newest first.

        What the table's own commits say goes first; `built` tells of a build that had nothing to
        commit. All of them where neither is known, or is no ancestor of what is there.
        """
        read = {self._position(table, upstream), self._built(table, upstream, built)} - {None}
        line = self.heads.commits(upstream)
        if not any(commit.snapshot in read for commit in line):
            return [commit for commit in line if commit.is_change]
        new = takewhile(lambda commit: commit.snapshot not in read, line)
        return [commit for commit in new if commit.is_change]

    def oldest(self, table: str, commit: Commit) -> float:
        """Return when the oldest row came, to the roots, that a commit made readable."""
        return min((arrived.at for arrived in self.from_roots(table, commit)), default=commit.at)

    def from_roots(self, table: str, commit: Commit) -> tuple[Arrived, ...]:
        """Return the commits to roots whose rows a commit was the first of its table to read."""
        if table not in self.reads:
            return (Arrived(table, commit.snapshot, commit.at, commit.rows),)
        found = {
            (arrived.table, arrived.snapshot): arrived
            for upstream, consumed in self._consumed(table, commit)
            for arrived in self.from_roots(upstream, consumed)
        }
        return tuple(found.values())

    def from_upstream(self, table: str, commit: Commit) -> tuple[Arrived, ...]:
        """Return the commits to tables directly upstream that a commit was the first to read."""
        return tuple(
            Arrived(upstream, consumed.snapshot, consumed.at, consumed.rows)
            for upstream, consumed in self._consumed(table, commit)
        )

    def _consumed(self, table: str, commit: Commit) -> Iterator[tuple[str, Commit]]:
        """Yield each upstream table with each change that a commit read and the ones before not."""
        if commit.consumed is None:
            return
        before = self._before(table, commit)
        for upstream, until in commit.consumed.items():
            since = before.get(upstream)
            line = self.heads.commits(upstream)
            ids = [one.snapshot for one in line]
            if until not in ids:
                continue
            read = line[ids.index(until) :]
            new = takewhile(lambda one, since=since: one.snapshot != since, read)  # type: ignore[misc]
            yield from ((upstream, one) for one in new if one.is_change)

    def _before(self, table: str, commit: Commit) -> Mapping[str, str]:
        """Return what a table had consumed before a commit."""
        line = self.heads.history(table)
        position = next((n for n, one in enumerate(line) if one.snapshot == commit.snapshot), -1)
        older = line[position + 1 :]
        return next((one.consumed for one in older if one.consumed is not None), {})

    def _position(self, table: str, upstream: str) -> str | None:
        commits = self.heads.commits(table)
        newest = next((one.consumed for one in commits if one.consumed is not None), None)
        return None if newest is None else newest.get(upstream)

    def _built(self, table: str, upstream: str, built: Mapping[str, Built]) -> str | None:
        """Return what was upstream at the last build, if the table is as that left it."""
        known = built.get(table)
        if known is None or known.head != self.heads.head(table):
            return None
        return known.upstream.get(upstream)
