"""Does what a plan says: plan -> Iceberg's procedures in Spark -> what they changed."""

from dataclasses import dataclass, replace
from datetime import datetime

from lake.lake import CATALOG
from operations.maintenance.plan import TablePlan
from operations.runtime.sql_engine import Row, SqlEngine

BEGINNING = datetime(1970, 1, 1)


@dataclass(frozen=True)
class Work:
    """What was done for a table; of a dry run, what would be done (files written: unknown, 0)."""

    name: str
    compacted_files: int = 0
    written_files: int = 0
    compacted_manifests: int = 0
    expired_snapshots: int = 0
    orphans: tuple[str, ...] = ()
    removed_rows: int = 0


def apply_plan(spark: SqlEngine, plan: TablePlan) -> Work:
    """Compact, expire and remove orphans, in this order. Raises LoadError."""
    compacted = compact(spark, plan)
    if plan.expire:
        _expire(spark, plan)
    return replace(
        compacted,
        expired_snapshots=len(plan.expire),
        orphans=_orphans(spark, plan, dry_run=False),
    )


def compact(spark: SqlEngine, plan: TablePlan) -> Work:
    """Write small files and manifests together, as far as the plan says. Raises LoadError."""
    data = _compact_data(spark, plan) if plan.compacts_data else {}
    manifests = _compact_manifests(spark, plan) if plan.compacts_manifests else {}
    return Work(
        plan.name,
        compacted_files=int(data.get("rewritten_data_files_count", 0)),
        written_files=int(data.get("added_data_files_count", 0)),
        compacted_manifests=int(manifests.get("rewritten_manifests_count", 0)),
    )


def rehearse_plan(spark: SqlEngine, plan: TablePlan) -> Work:
    """Return what `apply_plan` would do; orphans are looked for, nothing is changed."""
    return Work(
        plan.name,
        compacted_files=plan.extra_files + plan.delete_files if plan.compacts_data else 0,
        compacted_manifests=plan.extra_manifests + 1 if plan.compacts_manifests else 0,
        expired_snapshots=len(plan.expire),
        orphans=_orphans(spark, plan, dry_run=True),
        removed_rows=plan.removable_rows,
    )


def _compact_data(spark: SqlEngine, plan: TablePlan) -> Row:
    """Write small files together, and apply delete files to the data files they belong to."""
    options = "map('min-input-files', '2', 'delete-file-threshold', '1')"
    [row] = _call(spark, "rewrite_data_files", f"table => '{plan.name}', options => {options}")
    return row


def _compact_manifests(spark: SqlEngine, plan: TablePlan) -> Row:
    [row] = _call(spark, "rewrite_manifests", f"table => '{plan.name}'")
    return row


def _expire(spark: SqlEngine, plan: TablePlan) -> None:
    """Expire just the planned snapshots: with no time given, older ones would go as well."""
    ids = ", ".join(map(str, plan.expire))
    arguments = f"table => '{plan.name}', snapshot_ids => array({ids})"
    _call(spark, "expire_snapshots", f"{arguments}, older_than => {_literal(BEGINNING)}")


def _orphans(spark: SqlEngine, plan: TablePlan, *, dry_run: bool) -> tuple[str, ...]:
    if plan.shares_folder_with:
        return ()
    arguments = (
        f"table => '{plan.name}', older_than => {_literal(plan.orphans_before)},"
        f" dry_run => {str(dry_run).lower()}"
    )
    rows = _call(spark, "remove_orphan_files", arguments)
    return tuple(sorted(row["orphan_file_location"] for row in rows))


def _call(spark: SqlEngine, procedure: str, arguments: str) -> list[Row]:
    return spark.sql(f"call {CATALOG}.system.{procedure}({arguments})")


def _literal(time: datetime) -> str:
    return f"timestamp '{time:%Y-%m-%d %H:%M:%S}'"
