"""Rows that leave a staging table: which may, who keeps them, and what the commit leaves behind."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyiceberg.table import Table

from lake.errors import ConfigurationError
from lake.lake import Lake, open_catalog
from lake.removal import remove_rows
from lake.removed_rows import Removed
from lake.settings import Settings
from lake.snapshots import Offset, changed_by, snapshot_history
from operations.maintenance.policies import load_policies
from operations.maintenance.retention import (
    NO_READER,
    NOT_READ_BY_DBT,
    Removal,
    plan_removal,
    remove_consumed,
)

ROOT = Path(__file__).parents[3]
RAW = ("raw_a", "orders")
READER, OTHER = ("silver", "a__orders"), ("quarantine", "a__rejected")
AT_ONCE, LATER = timedelta(0), timedelta(hours=1)
SCHEMA = pa.schema([("id", pa.int64()), ("_ingested_at", pa.timestamp("us", tz="UTC"))])
FIRST = datetime(2025, 7, 1, tzinfo=UTC)


def manifest_of(*readers: tuple[str, str], **kinds: str) -> dict[str, Any]:
    """Return a manifest in which these models read the raw table."""
    source = "source.firn.a.orders"
    nodes = {
        f"model.firn.{name}": {
            "resource_type": "model",
            "schema": schema,
            "alias": name,
            "config": {"materialized": kinds.get(name, "incremental")},
            "depends_on": {"nodes": [source]},
        }
        for schema, name in readers
    }
    return {"nodes": nodes, "sources": {source: {"schema": RAW[0], "identifier": RAW[1]}}}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return settings of an empty lake."""
    project = tmp_path / "project"
    (project / "models").mkdir(parents=True)
    (project / "profiles").symlink_to(ROOT / "profiles")
    (project / "dbt_project.yml").symlink_to(ROOT / "dbt_project.yml")
    return Settings(project_dir=project, home=tmp_path / "home")


class Staging:
    """A raw table of five loads of a row each, and models that have read some of them."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.catalog = open_catalog(settings)
        self._make(RAW)
        for number in range(5):
            self.land(number)

    @property
    def lake(self) -> Lake:
        """The lake, nothing of it known."""
        return Lake(self.settings)

    @property
    def raw(self) -> Table:
        """The raw table as it is now."""
        return self.catalog.load_table(RAW)

    def _make(self, name: tuple[str, str]) -> Table:
        self.catalog.create_namespace_if_not_exists(name[0])
        return self.catalog.create_table(name, SCHEMA)

    def land(self, number: int) -> None:
        """Append a load of one row."""
        row = {"id": number, "_ingested_at": FIRST + timedelta(minutes=number)}
        self.raw.append(pa.Table.from_pylist([row], SCHEMA))

    def read(self, reader: tuple[str, str], sequence: int) -> None:
        """Let a model commit that it has read up to a snapshot, given by its sequence number."""
        if not self.catalog.table_exists(reader):
            self._make(reader)
        [snapshot] = [s for s in self.raw.snapshots() if s.sequence_number == sequence]
        position = {"snapshot": str(snapshot.snapshot_id), "sequence": str(sequence)}
        offsets = json.dumps({"definition": "d", "streams": {".".join(RAW): position}})
        properties = {f"firn.positions.{'.'.join(reader)}": offsets}
        self.catalog.load_table(reader).append(SCHEMA.empty_table(), properties)

    def plan(self, manifest: Mapping[str, Any] | None, after: timedelta = AT_ONCE) -> Removal:
        """Plan what may leave."""
        return plan_removal(self.lake, manifest, RAW, after)

    def ids(self) -> list[int]:
        """Return which rows are there."""
        return sorted(self.raw.scan().to_arrow().column("id").to_pylist())


@pytest.fixture
def staging(settings: Settings) -> Staging:
    """Return the table, which nobody has read yet."""
    return Staging(settings)


def test_what_every_reader_has_consumed_leaves(staging: Staging) -> None:
    staging.read(READER, 5)
    staging.read(OTHER, 2)
    plan = staging.plan(manifest_of(READER, OTHER))
    assert plan == Removal(RAW, 2, ("quarantine.a__rejected has not read on since",))

    assert remove_consumed(staging.lake, plan).rows == 2
    assert staging.ids() == [2, 3, 4]
    removed = Removed.of(staging.raw.properties)
    assert removed == Removed(2, "2025-07-01T00:01:00.000000+00:00")
    assert remove_consumed(staging.lake, plan).rows == 0, "it is gone already"


def test_nothing_leaves_before_its_time(staging: Staging) -> None:
    staging.read(READER, 5)
    assert staging.plan(manifest_of(READER), LATER) == Removal(RAW, 0, ())
    assert staging.plan(manifest_of(READER)).up_to == 5


def test_a_reader_that_never_ran_keeps_everything(staging: Staging) -> None:
    """Fault suspended-reader: also one that dbt knows and that has no table."""
    staging.read(READER, 5)
    plan = staging.plan(manifest_of(READER, OTHER))
    assert plan == Removal(RAW, 0, ("quarantine.a__rejected has not read it yet",))
    assert remove_consumed(staging.lake, plan).rows == 0


def test_a_reader_that_the_project_has_no_more_counts(staging: Staging) -> None:
    staging.read(READER, 5)
    staging.read(OTHER, 1)
    assert staging.plan(manifest_of(READER)).up_to == 1


def test_views_are_no_readers_and_steps_are_read_through(staging: Staging) -> None:
    staging.read(READER, 5)
    manifest = manifest_of(READER, ("silver", "seen"), ("silver", "step"), seen="view",
                           step="ephemeral")  # fmt: skip
    assert staging.plan(manifest).up_to == 5
    manifest["nodes"]["model.firn.late"] = {
        **manifest["nodes"]["model.firn.step"],
        "alias": "late",
        "config": {"materialized": "incremental"},
        "depends_on": {"nodes": ["model.firn.step"]},
    }
    assert staging.plan(manifest).held == ("silver.late has not read it yet",)


@pytest.mark.parametrize(
    ("manifest", "reason"), [(None, NOT_READ_BY_DBT), (manifest_of(), NO_READER)]
)
def test_without_a_known_reader_nothing_leaves(
    staging: Staging, manifest: Mapping[str, Any] | None, reason: str
) -> None:
    assert staging.plan(manifest) == Removal(RAW, 0, (reason,))


def test_a_position_that_the_table_does_not_know_counts_for_nothing(staging: Staging) -> None:
    """The table was dropped and landed again: the numbers are those of another one."""
    staging.read(READER, 5)
    staging.catalog.drop_table(RAW)
    staging.__init__(staging.settings)  # type: ignore[misc]
    plan = staging.plan(manifest_of(READER))
    assert plan == Removal(RAW, 0, ("silver.a__orders has to read it in full again",))


def test_a_reader_that_was_set_back_counts_as_it_is_now(staging: Staging) -> None:
    staging.read(READER, 2)
    before = staging.catalog.load_table(READER).current_snapshot()
    staging.read(READER, 5)
    assert before is not None
    table = staging.catalog.load_table(READER)
    table.manage_snapshots().rollback_to_snapshot(before.snapshot_id).commit()
    assert staging.plan(manifest_of(READER)).up_to == 2


def test_streams_pass_over_what_was_removed(staging: Staging) -> None:
    position = str(staging.raw.history()[3].snapshot_id)
    brought = changed_by(staging.lake, RAW)
    remove_rows(staging.lake, RAW, 4)
    history = snapshot_history(staging.lake, RAW, Offset(position))
    assert (history.full_read, history.is_replaced) == (None, False)
    assert (history.removed_sequence, history.removed_until[:16]) == (4, "2025-07-01T00:03")
    assert changed_by(staging.lake, RAW) == brought, "nobody has to run for it"
    staging.raw.delete("id = 4")
    assert changed_by(staging.lake, RAW) != brought, "by any other hand"


def test_it_is_declared_for_raw_tables_that_are_not_loaded_in_full(tmp_path: Path) -> None:
    raw = tmp_path / "models" / "raw" / "a.yml"
    raw.parent.mkdir(parents=True)
    raw.write_text(
        """sources:
  - name: a
    schema: raw_a
    config: {meta: {maintenance: {keep_last: 3, remove_consumed_after: 1 hour}}}
    tables:
      - {name: orders, config: {meta: {ingestion: {load: incremental}}}}
      - {name: items, config: {meta: {maintenance: {remove_consumed_after: 5 minutes}}}}
"""
    )
    policies = load_policies(tmp_path)
    assert policies.of("raw_a.orders").remove_consumed_after == timedelta(hours=1)
    assert policies.of("raw_a.items").remove_consumed_after == timedelta(minutes=5)
    assert policies.of("quarantine.a").remove_consumed_after is None

    raw.write_text(
        raw.read_text() + "      - {name: b, config: {meta: {ingestion: {load: full}}}}\n"
    )
    silver = tmp_path / "models" / "silver" / "c.yml"
    silver.parent.mkdir()
    silver.write_text(
        """models:
  - name: c
    config:
      meta:
        maintenance:
          remove_consumed_after: 1 hour
"""
    )
    with pytest.raises(ConfigurationError) as failure:
        load_policies(tmp_path)
    text = str(failure.value)
    assert (
        "models/raw/a.yml:4: a, config.meta.maintenance: remove_consumed_after: the table" in text
    )
    assert "models/silver/c.yml:6: c, config.meta.maintenance: remove_consumed_after is for" in text
