"""What upkeep a table needs: its metadata + policy + streams' needs -> a plan, nothing changed."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lake.removal import old_files
from operations.maintenance.policies import Policy
from operations.maintenance.retained_snapshots import Position, ancestors, committed_at
from operations.maintenance.retention import Removal

if TYPE_CHECKING:
    from pyiceberg.table import Table

DEFAULT_TARGET_BYTES = 512 * 1024 * 1024
SMALL_SHARE = 0.75  # of the target size: what Spark's procedure takes for small


@dataclass(frozen=True)
class Needed:
    """What must stay of a table: positions of streams, snapshots that were published."""

    positions: Sequence[Position] = ()
    published: frozenset[int] = frozenset()


@dataclass(frozen=True)
class HeldBack:
    """Snapshots of a table that its policy would expire, and the position that keeps them."""

    position: Position
    count: int


@dataclass(frozen=True)
class TablePlan:
    """The work on one table.

    `extra_files` are small data files beyond one per partition, `delete_files` what readers have to
    apply to data files, `extra_manifests` those beyond one; each is worth work above the policy's
    bound. `expire` are ids of snapshots, oldest last. Orphans older than `orphans_before` go.
    Nothing at all is done when `shares_folder_with` names another table in the same folder, because
    files of one may be files of the other. `removal` are the rows that may leave a staging table,
    `removable_rows` how many of them are there.
    """

    name: str
    policy: Policy
    orphans_before: datetime
    extra_files: int = 0
    delete_files: int = 0
    extra_manifests: int = 0
    expire: tuple[int, ...] = ()
    held_back: tuple[HeldBack, ...] = ()
    shares_folder_with: str | None = None
    removal: Removal | None = None
    removable_rows: int = 0

    @property
    def compacts_data(self) -> bool:
        """Whether data files are to be written together.

        Not those of a table that rows leave file by file, unless a reader keeps them there.
        """
        if self.removal and not self.removal.held:
            return False
        return self.extra_files + self.delete_files > self.policy.compact_above

    @property
    def compacts_manifests(self) -> bool:
        """Whether manifests are to be written together."""
        return self.compacts_data or self.extra_manifests > self.policy.compact_above


def plan_table(
    table: "Table", policy: Policy, needed: Needed, folders: Mapping[str, str]
) -> TablePlan:
    """Return what is to be done for `table`.

    `needed` is what others need of it, `folders` the location of every table of the lake.
    """
    name = ".".join(table.name())
    now = datetime.now(UTC)
    if neighbour := _neighbour(name, folders):
        orphans_before = now - policy.remove_orphans_after
        return TablePlan(name, policy, orphans_before, shares_folder_with=neighbour)
    expire, held_back = _expirable(table, policy, needed, now)
    return replace(plan_compaction(table, policy), expire=expire, held_back=held_back)


def with_removal(plan: TablePlan, removal: Removal, table: "Table") -> TablePlan:
    """Return the plan with the rows that may leave the table."""
    if plan.shares_folder_with:
        return plan
    rows = old_files(table, removal.up_to).rows if removal.up_to else 0
    return replace(plan, removal=removal, removable_rows=rows)


def plan_compaction(table: "Table", policy: Policy) -> TablePlan:
    """Return what of `table` is to be written together; nothing of it expires."""
    small, deletes, manifests = _count_files(table)
    return TablePlan(
        ".".join(table.name()),
        policy,
        datetime.now(UTC) - policy.remove_orphans_after,
        extra_files=sum(count - 1 for count in small.values()),
        delete_files=deletes,
        extra_manifests=max(0, manifests - 1),
    )


def _count_files(table: "Table") -> tuple[Counter[tuple[int, str]], int, int]:
    """Count small data files by partition, delete files and manifests of the current snapshot."""
    from pyiceberg.manifest import DataFileContent

    target = int(table.properties.get("write.target-file-size-bytes", DEFAULT_TARGET_BYTES))
    small: Counter[tuple[int, str]] = Counter()
    deletes = 0
    snapshot = table.current_snapshot()
    manifests = snapshot.manifests(table.io) if snapshot else []
    for manifest in manifests:
        for entry in manifest.fetch_manifest_entry(table.io, discard_deleted=True):
            file = entry.data_file
            if file.content is not DataFileContent.DATA:
                deletes += 1
            elif file.file_size_in_bytes < SMALL_SHARE * target:
                small[manifest.partition_spec_id, repr(file.partition)] += 1
    return small, deletes, len(manifests)


def _expirable(
    table: "Table", policy: Policy, needed: Needed, now: datetime
) -> tuple[tuple[int, ...], tuple[HeldBack, ...]]:
    """Return the snapshots to expire, and what keeps others that the policy would expire.

    All from the current snapshot back to the oldest that is needed stays. A snapshot that is no
    ancestor of the current one (the table was replaced since) is needed by no stream: whoever
    stood there reads the table in full next time in any case.
    """
    line = list(ancestors(table, table.current_snapshot()))
    places = {snapshot.snapshot_id: place for place, snapshot in enumerate(line)}
    old = now - policy.expire_after
    young_count = sum(committed_at(snapshot) >= old for snapshot in line)
    kept_count = max(policy.keep_last, young_count)
    reaching = [
        (places[position.snapshot_id] + 1, position)
        for position in needed.positions
        if position.snapshot_id in places
    ]
    held_back = tuple(
        HeldBack(position, count - kept_count)
        for count, position in sorted(reaching, key=lambda pair: -pair[0])
        if count > kept_count and position.consumer != ".".join(table.name())
    )
    stays = {s.snapshot_id for s in line[: max([kept_count, *(count for count, _ in reaching)])]}
    newest_first = sorted(table.snapshots(), key=lambda s: -s.timestamp_ms)
    stays |= {snapshot.snapshot_id for snapshot in newest_first[: policy.keep_last]}
    stays |= set(_referenced(table)) | needed.published
    return tuple(
        snapshot.snapshot_id
        for snapshot in newest_first
        if snapshot.snapshot_id not in stays and committed_at(snapshot) < old
    ), held_back


def _referenced(table: "Table") -> Iterator[int]:
    """Yield what branches and tags point to, and what branches beside main were made of."""
    for name, reference in table.metadata.refs.items():
        yield reference.snapshot_id
        if name != "main" and reference.snapshot_ref_type == "branch":
            head = table.snapshot_by_id(reference.snapshot_id)
            yield from (snapshot.snapshot_id for snapshot in ancestors(table, head))


def _neighbour(name: str, folders: Mapping[str, str]) -> str | None:
    """Return another table whose folder is this one's, lies in it or holds it."""
    mine = _with_slash(folders[name])
    for other, folder in folders.items():
        theirs = _with_slash(folder)
        if other != name and (theirs.startswith(mine) or mine.startswith(theirs)):
            return other
    return None


def _with_slash(folder: str) -> str:
    return folder.rstrip("/") + "/"
