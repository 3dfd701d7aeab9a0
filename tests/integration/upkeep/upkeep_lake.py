"""A whole small lake: items in PostgreSQL -> raw, silver, quarantine, gold -> their sizes."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from pyiceberg.catalog import Catalog
from pyiceberg.manifest import DataFileContent
from pyiceberg.table import Table

from lake.lake import open_catalog
from operations.dbt.outcome import Outcome
from operations.runtime.environment import dbt_environment
from tests.integration.ingestion.home import ROOT
from tests.integration.ingestion.lakehouse import Lakehouse
from tests.warm_dbt import WarmDbt

RAW, SILVER, REJECTED = "raw_app.items", "silver.app__items", "quarantine.app__rejected"
LABELS, BEST, LOADS = "gold.labels", "gold.best_labels", "ops.loads"
TABLES = (RAW, SILVER, REJECTED, LABELS, BEST, LOADS)
CREATE = """
create table items (
    item_id bigint primary key, label text, amount numeric(8,2), score numeric(8,2),
    updated_at timestamptz default clock_timestamp()
)
"""


@dataclass(frozen=True)
class Size:
    """What a table consists of: its history, its current snapshot's files, and files on disk.

    Spark's checksums (.crc) are left out: only a local disk has them.
    """

    snapshots: int
    metadata_files: int
    manifests: int
    data_files: int
    delete_files: int
    files_on_disk: int

    def minus(self, before: "Size") -> "Size":
        """Return by how much the table has grown."""
        return Size(*(a - b for a, b in zip(self.counts, before.counts, strict=True)))

    @property
    def counts(self) -> tuple[int, ...]:
        """All counts, in order."""
        return tuple(vars(self).values())


@dataclass(frozen=True)
class UpkeepLake:
    """Items in a database, the lake they are landed in, and the dbt that builds it."""

    source: Lakehouse
    dbt: WarmDbt

    @classmethod
    def lay_out(cls, source: Lakehouse, dbt: WarmDbt) -> "UpkeepLake":
        """Make the project and the table of items, both empty of data."""
        source.set_up()
        (source.home / "lake").mkdir()
        models = Path(__file__).with_name("project") / "models"
        shutil.copytree(models, source.folder / "models", dirs_exist_ok=True)
        (source.folder / "macros").symlink_to(ROOT / "macros")
        source.execute(CREATE)
        return cls(source, dbt)

    @property
    def catalog(self) -> Catalog:
        """The lake's catalog."""
        return open_catalog(self.source.settings)

    def add(self, first: int, last: int, label: str, amount: str = "10") -> None:
        """Add items by number to the database."""
        self.source.execute(
            f"insert into items select n, '{label}', {amount}, 1"
            f" from generate_series({first}, {last}) as n"
        )

    def change(self, condition: str, **values: str) -> None:
        """Change items in the database, at a later time than all before."""
        changes = ", ".join(f"{name} = {value}" for name, value in values.items())
        self.source.execute(
            f"update items set {changes}, updated_at = clock_timestamp() where {condition}"
        )

    def build(self, *arguments: str) -> Outcome:
        """Run `dbt run`, or another command. Raises DbtFailedError when it does not end well."""
        return self.dbt.run(arguments or ("run",), dbt_environment(self.source.settings))

    def take_in(self) -> None:
        """Land what is new and build everything."""
        self.source.ingest()
        self.build()

    def edit(self, model: str, old: str, new: str) -> None:
        """Replace a part of a file below models."""
        file = self.source.folder / "models" / model
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")

    @contextmanager
    def without_score(self) -> Iterator[None]:
        """Leave the column of scores out of the declaration for a while: then every score fits."""
        file = self.source.folder / "models" / "raw" / "app.yml"
        text = file.read_text(encoding="utf-8")
        lines = text.splitlines(keepends=True)
        file.write_text("".join(line for line in lines if "name: score" not in line))
        try:
            yield
        finally:
            file.write_text(text)

    def modes(self, model: str) -> set[str]:
        """Return how the last run read the model's upstreams: full, incremental or unchanged."""
        compiled = self.source.home / "target" / "compiled" / "firn" / "models" / f"{model}.sql"
        return {
            line.split("firn:stream ")[1].split()[1]
            for line in compiled.read_text(encoding="utf-8").splitlines()
            if "firn:stream " in line
        }

    def rows(self, name: str) -> list[dict[str, Any]]:
        """Return a table's rows, read past Spark."""
        rows: list[dict[str, Any]] = self.table(name).scan().to_arrow().to_pylist()
        return rows

    def table(self, name: str) -> Table:
        """Return a table."""
        return self.catalog.load_table(name)

    def size(self, name: str) -> Size:
        """Count what a table consists of, from its metadata and its folder."""
        table = self.table(name)
        snapshot = table.current_snapshot()
        manifests = snapshot.manifests(table.io) if snapshot else []
        contents = [
            entry.data_file.content
            for manifest in manifests
            for entry in manifest.fetch_manifest_entry(table.io, discard_deleted=True)
        ]
        folder = Path(table.location().removeprefix("file://"))
        data_files = contents.count(DataFileContent.DATA)
        return Size(
            snapshots=len(table.snapshots()),
            metadata_files=len(list(folder.glob("metadata/*.metadata.json"))),
            manifests=len(manifests),
            data_files=data_files,
            delete_files=len(contents) - data_files,
            files_on_disk=sum(
                path.is_file() and path.suffix != ".crc" for path in folder.rglob("*")
            ),
        )

    def sizes(self) -> dict[str, Size]:
        """Return the size of every table."""
        return {name: self.size(name) for name in TABLES}

    def assert_right(self) -> None:
        """Compare silver and gold with the database, and the books of silver with raw."""
        expected = self.source.query(
            "select label, sum(amount), count(*) from items where amount >= 1 group by label"
        )
        found = [(r["label"], r["amount"], r["items_count"]) for r in self.rows(LABELS)]
        assert sorted(found) == sorted(expected)
        best = sorted(expected, key=lambda row: (-row[1], row[0]))
        ranked = sorted((row["place"], row["label"]) for row in self.rows(BEST))
        assert ranked == [(place, row[0]) for place, row in enumerate(best, start=1)]

    def books(self) -> tuple[int, int, int, int]:
        """Count versions landed, and how many are current, superseded and quarantined.

        By DuckDB over the three tables as they are, without Firn's macros.
        """
        with duckdb.connect() as connection:
            for name, table in (("raw", RAW), ("silver", SILVER), ("rejected", REJECTED)):
                connection.register(name, self.table(table).scan().to_arrow())
            found = connection.execute(
                """
                with placed as (
                    select
                        raw.item_id || '|' || raw.updated_at as version,
                        silver.item_id is not null and raw.updated_at = silver.updated_at as is_now,
                        silver.item_id is not null and raw.updated_at < silver.updated_at as is_old,
                        exists (
                            from rejected
                            where rejected.row_key ->> 'item_id' = raw.item_id::text
                                and rejected._load_id = raw._load_id
                        ) as is_kept
                    from raw left join silver using (item_id)
                )
                select
                    count(*), count_if(is_now), count_if(is_old and not is_kept), count_if(is_kept)
                from placed
                """
            ).fetchone()
        assert found is not None
        return found
