"""A bakery's lake for tests: files of the sandbox -> landed raw tables -> dbt -> checked marts."""

import json
import os
import time
from collections.abc import Sequence
from pathlib import Path

from ingestion.api import ingest
from ingestion.results import IngestOptions
from sandbox import bakery
from sandbox.bakery.files import write_whole
from sandbox.bakery.rows import Row as Record
from tests.recomputation.bakery.files import Bakery, read_bakery
from tests.recomputation.bakery.marts import MARTS, grouped, levels
from tests.recomputation.built_lake import BuiltLake
from tests.recomputation.compare import Row, Rows, assert_same_rows
from tests.warm_dbt import WarmDbt

LONG_AGO_SECONDS = 60


class BakeryLake(BuiltLake):
    """A bakery's landing folder, and the lake in `home` that its files land in."""

    def __init__(self, home: Path, dbt: WarmDbt) -> None:
        """Name the lake; nothing is made before `fill`."""
        super().__init__(home, dbt, "bakery")
        self.folder = home / "landing"

    def fill(self, days: int, tickets: float) -> None:
        """Make a bakery of so many days and tickets per store and day. Nothing is landed yet."""
        bakery.fill(self.folder, days=days, tickets=tickets)
        self.settings.env_file.touch(mode=0o600)
        self.settings.env_file.write_text(f"BAKERY_FILES={self.folder}\n", encoding="utf-8")

    def advance(self, days: int) -> None:
        """Let so many days pass in the bakery."""
        bakery.advance(self.folder, days)

    def drop(self, table: str, name: str, rows: Sequence[Record]) -> None:
        """Put one more file of JSON lines (or, for updates, CSV) into the landing folder."""
        if table == "inventory_updates":
            lines = [",".join(rows[0]), *(",".join(map(str, row.values())) for row in rows)]
        else:
            lines = [json.dumps(row) for row in rows]
        write_whole(self.folder / table / name, "".join(f"{line}\n" for line in lines).encode())

    def land(self) -> None:
        """Land what is new in the folder; nobody has written to its files for a minute."""
        long_ago = time.time() - LONG_AGO_SECONDS
        for file in self.folder.rglob("*.*"):
            os.utime(file, (long_ago, long_ago))
        ingest(["bakery"], IngestOptions(), self.settings)

    def read(self) -> Bakery:
        """Return what the files say now."""
        return read_bakery(self.folder)

    def assert_marts_are_right(self) -> None:
        """Check every mart against its recomputation, and report all that are wrong at once."""
        files = self.read()
        wrong = []
        for name, (recompute, key) in MARTS.items():
            try:
                assert_same_rows(recompute(files), self.gold(name), key, f"gold.{name}")
            except AssertionError as difference:
                wrong.append(str(difference))
        if wrong:
            raise AssertionError("\n\n".join(wrong))

    def assert_levels_are_right(self) -> None:
        """Check what lay in the stores after every single update."""
        expected: list[Row] = []
        for updates in grouped(
            self.read().updates, lambda update: (update.store, update.product)
        ).values():
            updates.sort(key=lambda update: (update.at, update.key))
            keys = [update.key for update in updates]
            expected += zip(keys, levels(updates), strict=True)
        found = self.silver("bakery__inventory").in_order(["update_id", "on_hand_quantity"])
        rows = Rows(found.columns, expected)
        assert_same_rows(rows, found, ["update_id"], "silver.bakery__inventory")
