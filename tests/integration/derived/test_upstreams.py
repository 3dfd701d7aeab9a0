"""What came and went in an upstream, by its metadata, is what its two versions differ in."""

import random
from pathlib import Path

import pytest

from lake.lake import Lake
from lake.settings import Settings
from operations.derivation import Upstream
from operations.refresh import upstreams
from operations.refresh.upstreams import UpstreamState, read_upstream
from operations.runtime.environment import dbt_environment
from tests.warm_dbt import WarmDbt

PROJECT = Path(__file__).parents[3]
TABLE = "silver.numbers"
STEPS = 8

pytestmark = pytest.mark.spark


class Numbers:
    """A table in Spark: statements -> what `read_upstream` says since any earlier snapshot."""

    def __init__(self, home: Path, dbt: WarmDbt) -> None:
        """Make an empty lake."""
        (home / "lake").mkdir(parents=True)
        self.settings = Settings(project_dir=PROJECT, home=home)
        self._dbt = dbt
        self._dbt.run(["parse"], dbt_environment(self.settings))
        self.sql("create namespace if not exists silver")

    def sql(self, statement: str) -> list[dict[str, object]]:
        """Run a statement."""
        return self._dbt.sql(statement)

    def make(self, properties: str) -> None:
        """Make the table anew, with some rows."""
        self.sql(f"drop table if exists {TABLE}")
        self.sql(
            f"create table {TABLE} (id bigint, part int, text string) using iceberg"
            f" partitioned by (part) tblproperties ({properties})"
        )
        self.sql(f"insert into {TABLE} select id, id % 3, 'a' from range(20)")

    def offset(self) -> dict[str, str]:
        """Return the newest snapshot as a model's commit would say that it has read it."""
        state = self.since(None)
        return {"snapshot": str(state.head), "sequence": str(state.sequence)}

    def since(self, offset: dict[str, str] | None) -> UpstreamState:
        """Return what changed since."""
        return read_upstream(Lake(self.settings), TABLE, offset)

    def assert_exact(self, upstream: Upstream) -> None:
        """Check that nothing that changed is missing, and that nothing is made up."""
        now, old = f"select * from {upstream.now}", f"select * from {upstream.old}"
        inserted, deleted = (
            f"select * from {upstream.inserted}",
            f"select * from {upstream.deleted}",
        )
        wrong = [
            f"select *, '{what}' as what from (select * from ({left}) except all ({right}))"
            for what, left, right in [
                ("inserted lacks", f"({now}) except all ({old})", inserted),
                ("deleted lacks", f"({old}) except all ({now})", deleted),
                ("inserted makes up", inserted, now),
                ("deleted makes up", deleted, old),
            ]
        ]
        assert self.sql(" union all ".join(wrong)) == []


@pytest.fixture(scope="module")
def numbers(tmp_path_factory: pytest.TempPathFactory, warm_dbt: WarmDbt) -> Numbers:
    """Return a lake for all tests here."""
    return Numbers(tmp_path_factory.mktemp("numbers") / "home", warm_dbt)


def modes(mode: str) -> str:
    """Return the table properties of a way to delete."""
    ways = (f"'write.{action}.mode' = '{mode}'" for action in ("delete", "update", "merge"))
    return ", ".join(ways)


def actions(rng: random.Random) -> list[str]:
    """Return statements of every kind, with values of chance."""
    number = rng.randint(20, 200)
    return [
        f"insert into {TABLE} values ({number}, {number % 3}, 'new'), ({number}, 1, null)",
        f"update {TABLE} set text = 'u{number}' where id % 7 = {rng.randint(0, 6)}",
        f"update {TABLE} set part = {rng.randint(0, 2)} where id % 11 = {rng.randint(0, 10)}",
        f"delete from {TABLE} where id % 13 = {rng.randint(0, 12)}",
        f"delete from {TABLE} where part = {rng.randint(0, 2)} and id > {number}",
        f"merge into {TABLE} as t using (select {number % 20} as id) as s on t.id = s.id"
        " when matched then update set text = 'm'"
        " when not matched then insert (id, part, text) values (s.id, 2, 'm')",
        f"call lake.system.rewrite_data_files(table => '{TABLE}',"
        " options => map('rewrite-all', 'true'))",
        f"call lake.system.rewrite_manifests('{TABLE}')",
    ]


@pytest.mark.parametrize(
    ("properties", "positions"),
    [
        (f"'format-version' = '3', {modes('merge-on-read')}", 20_000),
        (f"'format-version' = '3', {modes('merge-on-read')}", 0),
        (f"'format-version' = '3', {modes('copy-on-write')}", 20_000),
        (f"'format-version' = '2', {modes('merge-on-read')}", 20_000),
    ],
    ids=["vectors", "many-positions", "copy-on-write", "without-lineage"],
)
def test_differences_are_exact_since_any_snapshot(
    numbers: Numbers, monkeypatch: pytest.MonkeyPatch, properties: str, positions: int
) -> None:
    """Whatever was done to the table, and whichever snapshot was read last."""
    monkeypatch.setattr(upstreams, "MAXIMUM_POSITIONS", positions)
    rng = random.Random(7)  # noqa: S311
    numbers.make(properties)
    offsets = [numbers.offset()]
    for _ in range(STEPS):
        numbers.sql(rng.choice(actions(rng)))
        state = numbers.since(rng.choice(offsets))
        assert not state.reason
        if state.changes:
            numbers.assert_exact(state.upstream())
        offsets.append(numbers.offset())


def test_a_row_that_has_gone_is_that_of_its_own_file(numbers: Numbers) -> None:
    """Every file of the table has a row at the same position."""
    numbers.make(f"'format-version' = '3', {modes('merge-on-read')}")
    offset = numbers.offset()
    numbers.sql(f"delete from {TABLE} where id = 3")
    upstream = numbers.since(offset).upstream()
    assert numbers.sql(f"select id from {upstream.deleted}") == [{"id": 3}]


def test_compaction_changes_nothing(numbers: Numbers) -> None:
    """A table whose rows were only written into other files has no changes."""
    numbers.make(f"'format-version' = '3', {modes('merge-on-read')}")
    numbers.sql(f"delete from {TABLE} where id = 3")
    offset = numbers.offset()
    numbers.sql(
        f"call lake.system.rewrite_data_files(table => '{TABLE}',"
        " options => map('rewrite-all', 'true'))"
    )
    state = numbers.since(offset)
    assert str(state.head) != offset["snapshot"]
    assert not state.changes
    assert not state.reason


def test_what_cannot_be_compared_has_a_reason(numbers: Numbers) -> None:
    """An expired snapshot, one that was rolled back, a new column, a table that is not there."""
    numbers.make("'format-version' = '3'")
    first = numbers.offset()
    numbers.sql(f"insert into {TABLE} values (50, 1, 'late')")
    second = numbers.offset()
    numbers.sql(f"call lake.system.rollback_to_snapshot('{TABLE}', {first['snapshot']})")
    assert "rolled back" in numbers.since(second).reason
    numbers.sql(f"alter table {TABLE} add column more int")
    numbers.sql(f"insert into {TABLE} values (51, 1, 'later', 1)")
    assert "changed its columns more" in numbers.since(first).reason
    numbers.sql(
        f"call lake.system.expire_snapshots(table => '{TABLE}',"
        " older_than => timestamp '2100-01-01 00:00:00', retain_last => 1)"
    )
    assert "expired" in numbers.since(first).reason
    numbers.sql(f"drop table {TABLE}")
    assert "no Iceberg table" in numbers.since(first).reason
