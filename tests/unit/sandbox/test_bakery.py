"""The bakery's files: repeatable, whole, and wrong only where they mean to be."""

import hashlib
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from statistics import fmean
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
import pytest

from lake.errors import ConfigurationError
from sandbox.bakery import FIRST_DAY, advance, fill, is_filled
from sandbox.bakery.chain import assortment, products, stores
from sandbox.bakery.history import live
from sandbox.bakery.rows import TABLES, Row
from tests.recomputation.bakery.sentiment import score

DAYS = 30
TICKETS = 6
SEED = 7


@pytest.fixture(scope="module")
def days() -> list[tuple[date, dict[str, list[Row]]]]:
    """Return a month of a small chain."""
    return [(day, dict(rows)) for day, rows in islice(live(SEED, TICKETS), DAYS)]


@pytest.fixture(scope="module")
def rows(days: list[tuple[date, dict[str, list[Row]]]]) -> dict[str, list[Row]]:
    """Return all rows of the month, by table."""
    return {table: [row for _, day in days for row in day[table]] for table in TABLES}


def contents(folder: Path) -> dict[str, str]:
    """Return the files below a folder, each with a hash of its bytes."""
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def good(rows: list[Row], key: str) -> dict[str, Row]:
    """Return the rows that are as they should be, by their key."""
    return {row[key]: row for row in rows if row[key] and not row[key].startswith("TEST")}


def test_same_seed_gives_identical_files(tmp_path: Path) -> None:
    fill(tmp_path / "one", days=4, tickets=TICKETS)
    fill(tmp_path / "other", days=4, tickets=TICKETS)
    assert contents(tmp_path / "one") == contents(tmp_path / "other")
    assert len(contents(tmp_path / "one")) == 4 * len(TABLES) + 1


def test_other_seed_gives_other_files(tmp_path: Path) -> None:
    fill(tmp_path / "one", days=2, tickets=TICKETS)
    fill(tmp_path / "other", days=2, tickets=TICKETS, seed=8)
    one, other = contents(tmp_path / "one"), contents(tmp_path / "other")
    assert not set(one.values()) & set(other.values())


def test_advancing_writes_what_a_longer_fill_would_have_written(tmp_path: Path) -> None:
    fill(tmp_path / "whole", days=7, tickets=TICKETS)
    fill(tmp_path / "steps", days=4, tickets=TICKETS)
    before = {file: file.stat().st_mtime_ns for file in (tmp_path / "steps").glob("*/*")}
    moved = advance(tmp_path / "steps", 3)
    assert (moved.from_date, moved.to_date) == (
        FIRST_DAY + timedelta(days=4),
        FIRST_DAY + timedelta(days=7),
    )
    assert all(table.rows > 0 for table in moved.written)
    assert contents(tmp_path / "steps") == contents(tmp_path / "whole")
    assert {file: file.stat().st_mtime_ns for file in before} == before


def test_a_file_has_its_name_only_when_it_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[str]] = []
    write = Path.write_bytes

    def watch(file: Path, content: bytes) -> int:
        written = write(file, content)
        seen.append([path.name for path in tmp_path.rglob("*") if path.is_file()])
        assert file.name.startswith(".")
        assert file.name.endswith(".part")
        return written

    monkeypatch.setattr(Path, "write_bytes", watch)
    fill(tmp_path, days=1, tickets=TICKETS)
    assert seen
    assert not list(tmp_path.rglob("*.part"))


def test_what_is_there_is_not_filled_again(tmp_path: Path) -> None:
    assert not is_filled(tmp_path)
    fill(tmp_path, days=1, tickets=TICKETS)
    assert is_filled(tmp_path)
    with pytest.raises(ConfigurationError, match="holds a bakery already"):
        fill(tmp_path, days=1)


def test_nothing_is_written_of_days_to_come(tmp_path: Path) -> None:
    possible = (datetime.now(UTC).date() - FIRST_DAY).days
    with pytest.raises(ConfigurationError, match="would pass the present"):
        fill(tmp_path, days=possible + 1, tickets=TICKETS)
    with pytest.raises(ConfigurationError, match="holds no bakery"):
        advance(tmp_path, 1)
    assert not list(tmp_path.iterdir())


def test_keys_are_unique_but_for_what_comes_again(rows: dict[str, list[Row]]) -> None:
    for table, key in (
        ("sales_events", "event_id"),
        ("inventory_updates", "update_id"),
        ("customer_feedback", "feedback_id"),
        ("equipment_metrics", "reading_id"),
    ):
        by_key: dict[str, list[Row]] = {}
        for row in rows[table]:
            if row[key]:
                by_key.setdefault(row[key], []).append(row)
        assert all(copies == [copies[0]] * len(copies) for copies in by_key.values())
        repeated = sum(len(copies) > 1 for copies in by_key.values())
        assert repeated > 0 if table == "sales_events" else repeated < 5


def test_rows_refer_to_what_there_is(rows: dict[str, list[Row]]) -> None:
    sold_in = {
        store.store_id: {product.product_id for product in assortment(SEED, store.store_id)}
        for store in stores()
    }
    for table in ("sales_events", "inventory_updates", "customer_feedback"):
        assert all(row["product_id"] in sold_in[row["store_id"]] for row in rows[table])
    assert {row["store_id"] for row in rows["equipment_metrics"]} == set(sold_in)
    known = {product.product_id: product for product in products()}
    for row in rows["sales_events"]:
        assert row["category"].lower() == known[row["product_id"]].category
        assert row["product_name"] == known[row["product_id"]].name
    bought = {(row["store_id"], row["product_id"]) for row in rows["sales_events"]}
    rated = {(row["store_id"], row["product_id"]) for row in rows["customer_feedback"]}
    assert rated <= bought


def test_a_ticket_is_one_visit(rows: dict[str, list[Row]]) -> None:
    tickets: dict[str, set[Any]] = {}
    for row in good(rows["sales_events"], "event_id").values():
        header = tuple(row[name] for name in ("store_id", "customer_id", "register_id", "sold_at"))
        tickets.setdefault(row["ticket_id"], set()).add(header)
    assert all(len(headers) == 1 for headers in tickets.values())


def test_what_is_used_is_what_was_sold(rows: dict[str, list[Row]]) -> None:
    clocks = {store.store_id: store.time_zone for store in stores()}
    used: Counter[tuple[str, str, date]] = Counter()
    for row in good(rows["inventory_updates"], "update_id").values():
        if row["change_type"] == "use":
            at = datetime.fromisoformat(row["recorded_at"]).astimezone(clocks[row["store_id"]])
            used[row["store_id"], row["product_id"], at.date()] += int(row["quantity"])
    sold: Counter[tuple[str, str, date]] = Counter()
    for row in good(rows["sales_events"], "event_id").values():
        day = datetime.fromisoformat(row["sold_at"]).date()
        sold[row["store_id"], row["product_id"], day] += row["quantity"]
    late = FIRST_DAY + timedelta(days=DAYS - 1)  # some of its sales come a day later
    assert {place: n for place, n in used.items() if place[2] < late} == {
        place: n for place, n in sold.items() if place[2] < late
    }


def test_times_are_in_opening_hours_of_the_stores_own_clock(rows: dict[str, list[Row]]) -> None:
    by_id = {store.store_id: store for store in stores()}
    offsets: dict[str, set[timedelta | None]] = {}
    for row in rows["sales_events"]:
        at, store = datetime.fromisoformat(row["sold_at"]), by_id[row["store_id"]]
        assert store.opening_hour <= at.hour < store.closing_hour
        assert at.utcoffset() == at.astimezone(store.time_zone).utcoffset()
        offsets.setdefault(store.store_id, set()).add(at.utcoffset())
    assert len(stores()) >= 6
    assert len({str(store.time_zone) for store in stores()}) >= 4
    assert any(len(seen) == 2 for seen in offsets.values()), "no clock was put forward"
    assert any(
        offset and offset > timedelta(hours=9) for seen in offsets.values() for offset in seen
    )
    assert ZoneInfo("Pacific/Auckland") in {store.time_zone for store in stores()}


def test_few_rows_are_wrong_and_of_every_kind() -> None:
    wrong: Counter[str] = Counter()
    total = 0
    for _, day in islice(live(SEED, 2), 120):
        total += sum(len(day[table]) for table in TABLES)
        wrong["null id"] += sum(row["event_id"] is None for row in day["sales_events"])
        wrong["no number"] += sum(isinstance(row["quantity"], str) for row in day["sales_events"])
        wrong["nine stars"] += sum(row["rating"] > 5 for row in day["customer_feedback"])
        wrong["a few"] += sum(row["quantity"] == "a few" for row in day["inventory_updates"])
        wrong["gift"] += sum(row["change_type"] == "gift" for row in day["inventory_updates"])
    assert len(wrong) == 5
    assert all(count > 0 for count in wrong.values())
    assert sum(wrong.values()) < 0.01 * total


def test_comments_sound_like_their_rating() -> None:
    feedback = [row for _, day in islice(live(SEED, 40), 20) for row in day["customer_feedback"]]
    comments = [row for row in feedback if row["comment"]]
    assert not any("{" in row["comment"] for row in comments)
    sounds = {
        stars: [score(row["comment"]) or 0 for row in comments if row["rating"] == stars]
        for stars in range(1, 6)
    }
    assert min(len(heard) for heard in sounds.values()) > 10
    assert fmean(sounds[1]) < -0.2 < fmean(sounds[3]) < 0.35 < fmean(sounds[5])
    assert any("not" in row["comment"] or "n't" in row["comment"] for row in comments)


def test_readings_are_parquet_with_times_of_utc(tmp_path: Path) -> None:
    fill(tmp_path, days=1, tickets=TICKETS)
    table = pq.read_table(tmp_path / "equipment_metrics" / f"{FIRST_DAY}.parquet")
    assert str(table.schema.field("recorded_at").type) == "timestamp[us, tz=UTC]"
    assert table.num_rows == len(stores()) * 6 * 8
