"""dbt and its Java are killed within a statement that writes: every table is whole at every moment.

Fault killed-statement. What is in the tables is compared with what Python makes of the sales that
were landed. `make kill-dbt` kills fifty times, in every statement; two kills are tests.
"""

import os
import random
import re
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pyiceberg.exceptions import NoSuchTableError

from lake.settings import Settings
from tests.integration.streams.till_lake import Sale, TillLake, lay_out_project
from tests.warm_dbt import DbtFailedError, WarmDbt, kill_dbt

pytestmark = pytest.mark.spark

ROOT = Path(__file__).parents[2]
SILVER, DAILY, BEST = "silver.till__sales", "gold.daily_sales", "gold.best_days"
HISTORY, WEIGHTS = "silver.sales_history", "seeds.weights"
SEED = int(os.environ.get("FIRN_FUZZ_SEED", "18"))  # noqa: TID251
PATIENCE_SECONDS = 180.0
LATEST_KILL_SECONDS = 0.5  # after the statement was begun
SNAPSHOT = """
{% snapshot sales_history %}
{{ config(schema='silver', unique_key='sale_id', strategy='timestamp', updated_at='updated_at',
          file_format='iceberg') }}
select sale_id, amount, updated_at from {{ ref('till__sales') }}
{% endsnapshot %}
"""
EVERYTHING = ("build", "--exclude", "tag:unguarded", "tag:returns", "tag:aliased")
Rows = tuple[tuple[Any, ...], ...]


@dataclass(frozen=True)
class Stage:
    """A command, and the statement of it in whose course it is killed."""

    command: tuple[str, ...]
    statement: str


STAGES = {
    "merge": Stage(EVERYTHING, rf"merge\s+into\s+{SILVER}"),
    "recompute": Stage(EVERYTHING, rf"merge\s+into\s+{DAILY}"),
    "rebuild": Stage(EVERYTHING, rf"insert overwrite\s+{DAILY}"),
    "snapshot": Stage(EVERYTHING, rf"merge\s+into\s+{HISTORY}"),
    "seed": Stage(("seed",), rf"(?:into|table|overwrite)\s+{WEIGHTS}"),
    "full_refresh": Stage((*EVERYTHING, "--full-refresh"), rf"create or replace table\s+{SILVER}"),
}
KILLS = int(os.environ.get("FIRN_KILLS", "2"))  # noqa: TID251


@dataclass
class Till:
    """The lake, and what was landed in it, kept beside it."""

    lake: TillLake
    settings: Settings
    versions: dict[int, list[Sale]] = field(default_factory=lambda: defaultdict(list))
    weight: int = 0

    def change(self, number: int) -> None:
        """Land another version of some sales, and a new one; the seed gets another row."""
        known = sorted(self.versions)[number % 4 :: 4]
        changed = [self._next(sale_id, number) for sale_id in known]
        new = Sale(number + 1, day=number % 28 + 1, amount=10 + number)
        for sale in [*changed, new]:
            self.versions[sale.sale_id].append(sale)
        self.lake.land(*changed, new)
        self.weight = number
        text = "".join(f"{n},{n * n}\n" for n in range(number + 1))
        self.write("seeds/weights.csv", f"id,weight\n{text}")

    def _next(self, sale_id: int, number: int) -> Sale:
        last = self.versions[sale_id][-1]
        return Sale(sale_id, day=(last.day + number) % 28 + 1, amount=last.amount + 1,
                    version=last.version + 1)  # fmt: skip

    def edit_daily(self) -> None:
        """Say the same in other words: a model that was edited is made anew."""
        file = self.settings.project_dir / "models" / "gold" / "daily_sales.sql"
        now, then = "count(*)", "count(1)"
        if now not in file.read_text(encoding="utf-8"):
            now, then = then, now
        self.lake.edit("gold/daily_sales.sql", now, then)

    def write(self, path: str, text: str) -> None:
        """Write a file of the project."""
        file = self.settings.project_dir / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def expected(self) -> Mapping[str, Rows]:
        """Return what all tables hold, worked out from what was landed."""
        newest = {sale_id: versions[-1] for sale_id, versions in self.versions.items()}
        days: dict[int, list[int]] = defaultdict(list)
        for sale in newest.values():
            days[sale.day].append(sale.amount)
        daily = [(day, sum(amounts), len(amounts)) for day, amounts in days.items()]
        best = sorted(daily, key=lambda row: (-row[1], row[0]))
        history = [
            (sale.sale_id, sale.amount, sale.version, after.version if after else None)
            for versions in self.versions.values()
            for sale, after in zip(versions, [*versions[1:], None], strict=True)
        ]
        return {
            SILVER: _sorted((s.sale_id, s.day, s.amount, s.version) for s in newest.values()),
            DAILY: _sorted(daily),
            BEST: _sorted((place, day) for place, (day, *_) in enumerate(best, 1)),
            HISTORY: _sorted(history),
            WEIGHTS: _sorted((n, n * n) for n in range(self.weight + 1)),
        }

    def found(self, table: str) -> Rows:
        """Return a table's rows as pyiceberg reads them. Raises NoSuchTableError."""
        rows = self.lake.catalog.load_table(table).scan().to_arrow().to_pylist()
        columns: dict[str, Callable[[dict[str, Any]], tuple[Any, ...]]] = {
            SILVER: lambda r: (r["sale_id"], r["sold_date"].day, r["amount"], r["updated_at"].day),
            DAILY: lambda r: (r["sold_date"].day, r["amount"], r["sales_count"]),
            BEST: lambda r: (r["place"], r["sold_date"].day),
            HISTORY: lambda r: (
                r["sale_id"],
                r["amount"],
                _day(r["dbt_valid_from"]),
                _day(r["dbt_valid_to"]),
            ),
            WEIGHTS: lambda r: (r["id"], r["weight"]),
        }
        return _sorted(map(columns[table], rows))

    @contextmanager
    def watched(self) -> Iterator[dict[str, set[Rows | str]]]:
        """Look at every table again and again; yield all states that were seen of each."""
        seen: dict[str, set[Rows | str]] = defaultdict(set)
        is_over = threading.Event()

        def look() -> None:
            while not is_over.wait(0.05):
                for table in self.expected():
                    try:
                        seen[table].add(self.found(table))
                    except NoSuchTableError:
                        seen[table].add("no table")

        watcher = threading.Thread(target=look)
        watcher.start()
        try:
            yield seen
        finally:
            is_over.set()
            watcher.join()


def _sorted(rows: Any) -> Rows:  # noqa: ANN401 - rows of any kind
    return tuple(sorted(rows, key=repr))


def _day(moment: datetime | None) -> int | None:
    return None if moment is None else moment.astimezone(UTC).day


@pytest.fixture
def till(tmp_path: Path, warm_dbt: WarmDbt) -> Till:
    """Return a lake of some sales, built once, with a snapshot and a seed."""
    (tmp_path / "home" / "lake").mkdir(parents=True)
    project = lay_out_project(tmp_path / "project", ROOT)
    settings = Settings(project_dir=project, home=tmp_path / "home")
    till = Till(TillLake(settings, warm_dbt), settings)
    till.write("snapshots/sales_history.sql", SNAPSHOT)
    till.lake.create_raw()
    for number in range(6):
        till.change(number)
    till.lake.dbt(*EVERYTHING)
    for versions in till.versions.values():
        del versions[:-1]  # silver never had those, and so its history neither
    return till


def _kill_in(till: Till, stage: Stage, delay: float) -> bool:
    """Run a command and kill it soon after a statement began; return whether that ended it."""
    log = till.settings.home / "logs" / "dbt.log"
    start, pattern = log.stat().st_size, re.compile(stage.statement, re.IGNORECASE)

    def has_begun() -> bool:
        with log.open("rb") as said:
            said.seek(start)
            return bool(pattern.search(said.read().decode(errors="replace")))

    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(till.lake.dbt, *stage.command)
        end = time.monotonic() + PATIENCE_SECONDS
        while not has_begun() and not run.done():
            assert time.monotonic() < end, f"{stage.statement} never began"
            time.sleep(0.01)
        assert not run.done(), f"{stage.statement} was not run"
        time.sleep(delay)
        kill_dbt()
        try:
            run.result(PATIENCE_SECONDS)
        except DbtFailedError as error:
            return "has died" in str(error)
    return False


def test_a_kill_within_any_statement_leaves_every_table_whole(till: Till) -> None:
    rng, killed = random.Random(SEED), 0  # noqa: S311
    states = [till.expected()]
    for number in range(6, 6 + KILLS):
        name = list(STAGES)[number % len(STAGES)]
        till.change(number)
        states.append(till.expected())
        if name == "rebuild":
            till.edit_daily()
        with till.watched() as seen:
            killed += _kill_in(till, STAGES[name], rng.uniform(0, LATEST_KILL_SECONDS))
            if number % 2:
                till.lake.dbt("retry")  # of the run before, which was green: nothing to do
            till.lake.dbt(*EVERYTHING)
        for table, rows in states[-1].items():
            assert till.found(table) == rows, (SEED, number, name, table)
            assert seen[table] <= {states[-2][table], rows}, (SEED, number, name, table)
    assert killed > KILLS * 2 / 3
    lines = {table: till.lake.line(table) for table in (SILVER, DAILY, BEST)}
    till.lake.dbt("retry")
    till.lake.dbt(*EVERYTHING)
    assert {table: till.lake.line(table) for table in lines} == lines
