"""Upkeep: what the YAML may say, and what a plan takes away and leaves."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from pyiceberg.table import Table

from lake.errors import ConfigurationError
from lake.lake import open_catalog
from lake.settings import Settings
from operations.maintenance.plan import Needed, TablePlan, plan_table
from operations.maintenance.policies import Policy, load_policies
from operations.maintenance.retained_snapshots import Position, positions
from operations.maintenance.run import maintain_table, plan_lake
from operations.runtime.sql_engine import Row, StatementError

ROOT = Path(__file__).parents[3]
ROWS = pa.table({"id": pa.array([1], pa.int64())})
EAGER = Policy(expire_after=timedelta(0), keep_last=1)


# What may be declared


def _declare(folder: Path, file: str, text: str) -> None:
    path = folder / "models" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_a_table_has_its_own_policy_then_its_sources_then_the_defaults(tmp_path: Path) -> None:
    _declare(
        tmp_path,
        "raw/shop.yml",
        """
sources:
  - name: shop
    schema: raw_shop
    config: {meta: {maintenance: {keep_last: 3, expire_after: 2 days}}}
    tables:
      - name: orders
        config: {meta: {maintenance: {keep_last: 5}}}
      - name: returns
""",
    )
    _declare(
        tmp_path,
        "gold/shop/sales.yml",
        "models: [{name: sales, config: {meta: {maintenance: {compact_above: 2}}}}]",
    )
    policies = load_policies(tmp_path)
    assert policies.of("raw_shop.orders") == Policy(keep_last=5, expire_after=timedelta(days=2))
    assert policies.of("raw_shop.returns").keep_last == 3
    assert policies.of("quarantine.shop").keep_last == 3
    assert policies.of("gold.sales") == Policy(compact_above=2)
    assert policies.of("gold.other") == Policy()


def test_every_mistake_is_named_with_file_and_line(tmp_path: Path) -> None:
    """Fault young-orphans.

    Orphans younger than 24 hours are refused before anything is looked at.
    """
    _declare(
        tmp_path,
        "silver/shop/a.yml",
        """models:
  - name: a
    config:
      meta:
        maintenance:
          remove_orphans_after: 23 hours
          expire_after: soon
          keep_lats: 3
  - name: b
    meta: {maintenance: {keep_last: 0}}
  - name: c
    config: {meta: {maintenance: {keep_last: 0}}}
""",
    )
    with pytest.raises(ConfigurationError) as failure:
        load_policies(tmp_path)
    text = str(failure.value)
    assert failure.value.exit_code == 2
    assert "models/silver/shop/a.yml:6: a, config.meta.maintenance: remove_orphans_after:" in text
    assert "at least 24 hours" in text
    assert "a.yml:7: a, config.meta.maintenance: expire_after: 'soon' is not a duration" in text
    assert "a.yml:8: a, config.meta.maintenance: unknown key 'keep_lats'; did you mean" in text
    assert "a.yml:10: b: maintenance belongs under config.meta" in text
    assert "a.yml:12: c, config.meta.maintenance: keep_last:" in text


def test_the_projects_own_policies_are_right() -> None:
    load_policies(ROOT)


# What a plan does


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return settings of an empty lake."""
    project = tmp_path / "project"
    (project / "models").mkdir(parents=True)
    (project / "profiles").symlink_to(ROOT / "profiles")
    (project / "dbt_project.yml").symlink_to(ROOT / "dbt_project.yml")
    return Settings(project_dir=project, home=tmp_path / "home")


def _make(settings: Settings, name: str, commits: int, **options: object) -> Table:
    catalog = open_catalog(settings)
    catalog.create_namespace_if_not_exists(name.partition(".")[0])
    table = catalog.create_table(name, ROWS.schema, **options)  # type: ignore[arg-type]
    for _ in range(commits):
        table.append(ROWS)
    return table


def _ids(table: Table) -> list[int]:
    """Return the ids of all snapshots, the newest first."""
    return [entry.snapshot_id for entry in reversed(table.history())]


def _plan(table: Table, policy: Policy = EAGER, *needed: Position) -> TablePlan:
    name = ".".join(table.name())
    return plan_table(table, policy, Needed(needed), {name: table.location()})


def _consume(settings: Settings, model: str, upstream: Table, snapshot_id: int) -> Table:
    """Make a model that has read `upstream` up to a snapshot, and was maintained since."""
    table = _make(settings, model, 0)
    name = ".".join(upstream.name())
    text = f'{{"streams": {{"{name}": {{"snapshot": "{snapshot_id}", "sequence": "1"}}}}}}'
    table.append(ROWS, snapshot_properties={f"firn.positions.{model}": text})
    table.append(ROWS)
    return table


def test_snapshots_go_by_age_and_number(settings: Settings) -> None:
    table = _make(settings, "gold.a", 4)
    newest, second, third, oldest = _ids(table)
    assert _plan(table).expire == (second, third, oldest)
    assert _plan(table, Policy(expire_after=timedelta(0), keep_last=3)).expire == (oldest,)
    assert _plan(table, Policy(expire_after=timedelta(days=1), keep_last=1)).expire == ()
    assert newest not in _plan(table).expire


def test_what_was_published_stays(settings: Settings) -> None:
    table = _make(settings, "gold.a", 4)
    newest, second, third, oldest = _ids(table)
    needed = Needed(published=frozenset({third}))
    plan = plan_table(table, EAGER, needed, {"gold.a": table.location()})
    assert plan.expire == (second, oldest)
    assert newest not in plan.expire


def test_what_a_consumer_has_read_last_stays_and_all_after_it(settings: Settings) -> None:
    began = datetime.now(UTC)
    raw = _make(settings, "raw_a.a", 5)
    ids = _ids(raw)
    model = _consume(settings, "silver.a", raw, ids[2])
    needed = positions([raw, model])
    plan = _plan(raw, EAGER, *needed["raw_a.a"])
    assert plan.expire == tuple(ids[3:])
    [held] = plan.held_back
    assert (held.position.consumer, held.count) == ("silver.a", 2)
    assert began - timedelta(seconds=1) < held.position.since <= datetime.now(UTC)


def test_the_commit_that_carries_the_position_stays(settings: Settings) -> None:
    """Maintenance has committed after it."""
    raw = _make(settings, "raw_a.a", 1)
    model = _consume(settings, "silver.a", raw, _ids(raw)[0])
    plan = _plan(model, EAGER, *positions([raw, model])["silver.a"])
    assert plan.expire == ()
    assert plan.held_back == (), "nobody has to see to that"
    assert _plan(model).expire == (_ids(model)[1],), "were it not asked for, it would go"


def test_a_position_that_was_replaced_away_holds_nothing_back(settings: Settings) -> None:
    raw = _make(settings, "raw_a.a", 3)
    stray = Position("silver.a", 42, datetime.now(UTC))
    assert len(_plan(raw, EAGER, stray).expire) == 2


def test_tags_and_branches_stay(settings: Settings) -> None:
    table = _make(settings, "gold.a", 4)
    newest, second, third, oldest = _ids(table)
    table.manage_snapshots().create_tag(third, "published").commit()
    assert _plan(table).expire == (second, oldest)
    table.manage_snapshots().create_branch(second, "trial").commit()
    assert _plan(table).expire == ()
    assert newest


def test_small_files_and_manifests_are_compacted_above_a_bound(settings: Settings) -> None:
    table = _make(settings, "gold.a", 4)
    plan = _plan(table, Policy(compact_above=2))
    assert (plan.extra_files, plan.delete_files, plan.extra_manifests) == (3, 0, 3)
    assert plan.compacts_data
    assert plan.compacts_manifests
    plan = _plan(table, Policy(compact_above=3))
    assert not plan.compacts_data
    assert not plan.compacts_manifests


def test_a_table_in_the_folder_of_another_is_left_alone(settings: Settings) -> None:
    """Fault shared-folder: files of the one may be files of the other."""
    first = _make(settings, "gold.a", 3)
    _make(settings, "gold.b", 3, location=f"{first.location()}/b")
    _make(settings, "gold.a_c", 3)
    _declare_eager(settings)
    plans = {plan.name: plan for plan in plan_lake(settings)}
    assert plans["gold.a"].shares_folder_with == "gold.b"
    assert plans["gold.b"].shares_folder_with == "gold.a"
    assert plans["gold.a"].expire == plans["gold.b"].expire == ()
    assert not plans["gold.a"].compacts_manifests
    assert plans["gold.a_c"].shares_folder_with is None
    assert len(plans["gold.a_c"].expire) == 2


def _declare_eager(settings: Settings) -> None:
    eager = "config: {meta: {maintenance: {expire_after: 0 days, keep_last: 1}}}"
    models = "".join(f"  - {{name: {name}, {eager}}}\n" for name in ("a", "b", "a_c"))
    _declare(settings.project_dir, "gold/x.yml", f"models:\n{models}")


def test_names_choose_tables_and_namespaces(settings: Settings) -> None:
    for name in ("gold.a", "gold.b", "silver.a"):
        _make(settings, name, 1)

    def chosen(*names: str) -> list[str]:
        return [plan.name for plan in plan_lake(settings, names)]

    assert chosen() == ["gold.a", "gold.b", "silver.a"]
    assert chosen("gold") == ["gold.a", "gold.b"]
    assert chosen("silver.a", "gold.b") == ["gold.b", "silver.a"]
    with pytest.raises(ConfigurationError, match="'slver'; there|did you mean 'silver'"):
        chosen("slver")


def test_metadata_files_of_raw_tables_and_ledgers_stay_few(settings: Settings) -> None:
    """Each commit writes one; the tables' own properties take the oldest away."""
    from lake.table_properties import PROPERTIES

    properties: Mapping[str, str] = {**PROPERTIES, "write.metadata.previous-versions-max": "5"}
    table = _make(settings, "raw_a.a", 12, properties=properties)
    folder = Path(table.location().removeprefix("file://")) / "metadata"
    assert len(list(folder.glob("*.metadata.json"))) == 6
    assert PROPERTIES["write.metadata.delete-after-commit.enabled"] == "true"
    assert int(PROPERTIES["write.metadata.previous-versions-max"]) <= 50


# A commit that comes between


class _DisturbedSpark:
    """Answers for Spark; a load commits first while it runs one of the first statements."""

    def __init__(self, table: Table, disturbances: int) -> None:
        """Fail so many statements, with a commit to the table before each, then do nothing."""
        self.statements: list[str] = []
        self._table = table
        self._left = disturbances

    def sql(self, statement: str) -> list[Row]:
        """Say that a table has changed since Spark read it, or do nothing."""
        self.statements.append(statement)
        if self._left:
            self._left -= 1
            self._table.append(ROWS)
            raise StatementError("Cannot commit: metadata location has changed")
        return []


def _disturbed(settings: Settings, disturbances: int) -> _DisturbedSpark:
    return _DisturbedSpark(_make(settings, "raw_a.a", 3), disturbances)


def test_a_table_that_was_committed_to_meanwhile_is_maintained_by_a_new_plan(
    settings: Settings,
) -> None:
    spark = _disturbed(settings, 2)
    [plan] = plan_lake(settings)
    maintain_table(settings, spark, replace(plan, expire=(1, 2)))
    assert [("array(1, 2)" in one, "orphan" in one) for one in spark.statements] == [
        (True, False),  # as planned first
        (False, True),  # the new plan has nothing to expire
        (False, True),
    ]


def test_one_that_is_always_committed_to_is_given_up(settings: Settings) -> None:
    spark = _disturbed(settings, 100)
    [plan] = plan_lake(settings)
    with pytest.raises(StatementError, match="Cannot commit"):
        maintain_table(settings, spark, plan)
    assert len(spark.statements) == 3


def test_a_failure_without_a_commit_is_told_at_once(settings: Settings) -> None:
    class Broken:
        statements = 0

        def sql(self, statement: str) -> list[Row]:
            self.statements += 1
            raise StatementError(statement)

    _make(settings, "raw_a.a", 3)
    [plan] = plan_lake(settings)
    spark = Broken()
    with pytest.raises(StatementError):
        maintain_table(settings, spark, plan)
    assert spark.statements == 1
