"""Maintains the lake: names -> plans -> a rehearsal, or the work -> what was done to each."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from lake.catalog_check import require_catalog, unknown_folders
from lake.commit_times import times_fault
from lake.damage import damage_among
from lake.errors import ConfigurationError, EnvironmentFault, FirnError, LoadError
from lake.lake import Lake, identifier_of
from lake.settings import Settings
from lake.warehouse import Warehouse
from operations.dbt.manifest import read_manifest
from operations.maintenance.plan import Needed, TablePlan, plan_table, with_removal
from operations.maintenance.policies import load_policies
from operations.maintenance.procedures import Work, apply_plan, rehearse_plan
from operations.maintenance.retained_snapshots import positions
from operations.maintenance.retention import plan_removal, remove_consumed
from operations.publication.book import read_publications, snapshots_of
from operations.runtime.spark import Spark
from operations.runtime.sql_engine import SqlEngine

if TYPE_CHECKING:
    from pyiceberg.table import Table

ATTEMPTS = 3
OnTable = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Maintained:
    """What was planned and done for each table, and a sentence for each that failed."""

    plans: tuple[TablePlan, ...]
    done: tuple[Work, ...]
    failures: tuple[str, ...]

    def require_success(self) -> None:
        """Raise LoadError naming the tables that failed, if any did."""
        if self.failures:
            raise LoadError(
                "\n".join(self.failures),
                "nothing of a table is lost by a step that failed: firn maintain --apply",
            )


def maintain_lake(
    settings: Settings, names: Sequence[str], on_table: OnTable, *, apply: bool = False
) -> Maintained:
    """Maintain the named tables or namespaces (none named: all) and return what was done for each.

    Without `apply` nothing is changed and what would be done is returned. `on_table(name, done,
    total)` is told of each table before its turn. Raises ConfigurationError before anything else
    if a policy or a name is wrong, StatementError when Spark cannot be reached; a table that fails
    does not stop the others.
    """
    plans, faults = plan_tables(settings, names)
    done: list[Work] = []
    failures = [f"{fault.message}; {fault.fix}" for fault in faults]
    with Spark(settings) as spark:
        if plans:
            spark.sql("select 1")  # a Spark that is not there is one fault, not one of each table
        for number, plan in enumerate(plans):
            on_table(plan.name, number, len(plans))
            try:
                work = (
                    maintain_table(settings, spark, plan) if apply else rehearse_plan(spark, plan)
                )
                done.append(work)
            except FirnError as error:
                failures.append(f"{plan.name}: {_why(settings, plan.name, error)}")
    return Maintained(tuple(plans), tuple(done), tuple(failures))


def _why(settings: Settings, table: str, error: FirnError) -> str:
    """Return why a table failed: Spark names neither a damaged file's table nor a wrong clock."""
    lake, identifier = Lake(settings), identifier_of(table)
    if damage := damage_among(lake, [identifier]):
        return f"{damage.message}; {damage.fix}"
    fault = times_fault(lake.metadata(identifier) or {})
    return f"{fault.explanation}: firn restore {table}" if fault else error.message


def maintain_table(settings: Settings, spark: SqlEngine, plan: TablePlan) -> Work:
    """Do what a plan says; where somebody else changed the table meanwhile, plan and try again.

    Raises FirnError after three attempts, or at once where the table is as it was planned for.
    """
    lake, identifier = Lake(settings), identifier_of(plan.name)
    for _ in range(ATTEMPTS - 1):
        planned_for = lake.backend.pointer(identifier)
        try:
            return _apply(settings, spark, plan)
        except FirnError:
            if lake.backend.pointer(identifier) == planned_for:
                raise
        [plan] = plan_lake(settings, [plan.name])
    return _apply(settings, spark, plan)


def _apply(settings: Settings, spark: SqlEngine, plan: TablePlan) -> Work:
    """Let rows leave first, so that nothing is written together that goes."""
    removed = remove_consumed(Lake(settings), plan.removal).rows if plan.removal else 0
    return replace(apply_plan(spark, plan), removed_rows=removed)


def plan_lake(settings: Settings, names: Sequence[str] = ()) -> list[TablePlan]:
    """Return what is to be done, as `plan_tables` does. Raises the fault of a damaged table too."""
    plans, faults = plan_tables(settings, names)
    if faults:
        raise faults[0]
    return plans


def plan_tables(
    settings: Settings, names: Sequence[str] = ()
) -> tuple[list[TablePlan], list[FirnError]]:
    """Return what is to be done for the named tables or namespaces, by name; nothing is changed.

    Of a table with a damaged file its fault is returned, and nothing is planned. Raises
    ConfigurationError for policies and names that are wrong, DataLossError when the catalog is not
    the one of the files: what it does not know would be taken for orphans.
    """
    policies = load_policies(settings.project_dir)
    lake = Lake(settings)
    require_catalog(lake)
    tables, faults = _open(lake)
    streams, publications = positions(list(tables.values())), read_publications(lake)
    folders = _folders(lake, tables, faults)
    plans, chosen = [], list(_chosen({*tables, *faults}, names))
    for name in chosen:
        identifier = identifier_of(name)
        if fault := faults.get(name) or damage_among(lake, [identifier]):
            faults[name] = fault
            continue
        policy = policies.of(name)
        published = snapshots_of(name, publications[: policy.keep_publications])
        needed = Needed(streams.get(name, ()), published)
        plan = plan_table(tables[name], policy, needed, folders)
        plans.append(_with_removal(settings, lake, plan, tables[name]))
    return plans, [faults[name] for name in chosen if name in faults]


def _with_removal(settings: Settings, lake: Lake, plan: TablePlan, table: "Table") -> TablePlan:
    after = plan.policy.remove_consumed_after
    if after is None:
        return plan
    namespace, name = table.name()
    removal = plan_removal(lake, read_manifest(settings), (namespace, name), after)
    return with_removal(plan, removal, table)


def _folders(lake: Lake, tables: "dict[str, Table]", closed: Iterable[str]) -> dict[str, str]:
    """Return the folders of all tables, of those too that cannot be opened, or nobody knows."""
    warehouse = Warehouse(lake.files, lake.warehouse)
    known = {name: warehouse.written_alike(table.location()) for name, table in tables.items()}
    for name in closed:
        pointer = lake.backend.pointer(identifier_of(name))
        if pointer and pointer.metadata:
            known[name] = warehouse.folder_of(pointer.metadata).rpartition("/")[0]
    return {**unknown_folders(lake), **known}


def _open(lake: Lake) -> "tuple[dict[str, Table], dict[str, FirnError]]":
    """Open all tables; of those that cannot be opened return the faults."""
    tables: dict[str, Table] = {}
    faults: dict[str, FirnError] = {}
    for namespace in sorted(lake.catalog.list_namespaces()):
        for identifier in sorted(lake.catalog.list_tables(namespace)):
            name = ".".join(identifier)
            try:
                if table := lake.table((identifier[0], identifier[1])):
                    tables[name] = table
            except EnvironmentFault as error:
                faults[name] = error
    return tables, faults


def _chosen(tables: Iterable[str], names: Sequence[str]) -> Iterator[str]:
    known = {*tables, *(name.split(".")[0] for name in tables)}
    if unknown := [name for name in names if name not in known]:
        raise ConfigurationError(
            "; ".join(_unknown(name, known) for name in unknown),
            f"choose from: {', '.join(sorted(known)) or '(the lake is empty)'}",
        )
    for name in sorted(tables):
        if not names or {name, name.split(".")[0]} & set(names):
            yield name


def _unknown(name: str, known: set[str]) -> str:
    near = get_close_matches(name, known, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"there is no table or namespace {name!r} in the lake{hint}"
