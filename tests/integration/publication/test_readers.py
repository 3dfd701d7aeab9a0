"""Readers that poll with three engines, while gold is built, refused, rolled back and killed."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import duckdb
import pytest
from pyiceberg.table import StaticTable

from lake.lake import Lake, Pointer
from lake.settings import Failpoint, Settings
from operations.publication.book import read_publications, read_state
from operations.publication.rollback import roll_back
from operations.runtime.spark import Spark
from tests.integration.publication.published_lake import FACTS, TOO_MUCH, TOTALS, PublishedLake
from tests.warm_dbt import DbtFailedError

pytestmark = pytest.mark.spark
Sums = tuple[int | None, int | None]
PATIENCE_SECONDS = 60.0
PAUSE_SECONDS = 0.05  # between two readings, so that builds get on beside three readers


@dataclass
class Reader:
    """Somebody who reads sales and their total again and again, and knows nothing of runs."""

    name: str
    read: Callable[[], Sums]
    seen: list[Sums] = field(default_factory=list)
    torn: list[Sums] = field(default_factory=list)
    fault: Exception | None = None

    def poll(self, settings: Settings, ended: threading.Event) -> None:
        """Read until told to end.

        Two tables are opened one after the other: what was read while somebody published is not
        counted, as the documentation says a reader should do it.
        """
        try:
            while not ended.wait(PAUSE_SECONDS):
                before = read_state(Lake(settings)).publication_id
                sums = self.read()
                if before == read_state(Lake(settings)).publication_id:
                    self.seen.append(sums)
                    if sums[0] != sums[1]:
                        self.torn.append(sums)
        except Exception as error:  # noqa: BLE001 - a reader that fails is what the test looks for
            self.fault = error


def _rows(pointer: Pointer) -> StaticTable:
    return StaticTable.from_metadata(str(pointer.metadata))


def _by_pyiceberg(settings: Settings) -> Sums:
    pointers = Lake(settings).pointers()
    facts, totals = (
        _rows(pointers[name]).scan(selected_fields=("amount",)).to_arrow()["amount"].to_pylist()
        for name in (FACTS, TOTALS)
    )
    return sum(facts), sum(totals)


def _by_duckdb(settings: Settings) -> Sums:
    pointers = Lake(settings).pointers()
    with duckdb.connect() as database:
        for name in (FACTS, TOTALS):
            database.register(name[1], _rows(pointers[name]).scan().to_arrow_batch_reader())
        query = "select (select sum(amount) from facts), (select sum(amount) from totals)"
        facts, totals = database.sql(query).fetchall()[0]
    return int(facts), int(totals)


def _by_spark(spark: Spark) -> Sums:
    [row] = spark.sql(
        "select (select sum(amount) from gold.facts) as facts,"
        " (select sum(amount) from gold.totals) as totals"
    )
    return int(row["facts"]), int(row["totals"])


@contextmanager
def _readers(settings: Settings) -> Iterator[list[Reader]]:
    """Let readers poll within the block."""
    ended = threading.Event()
    with Spark(settings) as spark:
        readers = [
            Reader("pyiceberg", lambda: _by_pyiceberg(settings)),
            Reader("DuckDB", lambda: _by_duckdb(settings)),
            Reader("Spark", lambda: _by_spark(spark)),
        ]
        threads = [threading.Thread(target=r.poll, args=(settings, ended)) for r in readers]
        for thread in threads:
            thread.start()
        try:
            yield readers
        finally:
            ended.set()
            for thread in threads:
                thread.join(PATIENCE_SECONDS)


def test_readers_see_whole_sets_whatever_happens(lake: PublishedLake) -> None:
    """Faults killed-publication, compaction-while-reading: green, red and killed runs, rollback."""
    lake.sell(1, 2)
    lake.publish()
    with _readers(lake.settings) as readers:
        lake.sell(3, first=3)
        lake.publish()

        lake.sell(TOO_MUCH, first=4)
        lake.fail()
        assert lake.amounts() == [1, 2, 3]

        lake.sell(-TOO_MUCH, first=5)
        for point in (Failpoint.BEFORE_RECORD, Failpoint.BEFORE_PUBLISH):
            with pytest.raises(DbtFailedError, match="has died"):
                lake.publish(FIRN_FAILPOINT=point)
            assert lake.amounts() == [1, 2, 3]
            assert len(read_publications(Lake(lake.settings))) == 2

        with pytest.raises(DbtFailedError, match="has died"):
            lake.publish(FIRN_FAILPOINT=Failpoint.AFTER_PUBLISH)
        assert lake.amounts() == [-TOO_MUCH, 1, 2, 3, TOO_MUCH]
        assert len(read_publications(Lake(lake.settings))) == 3

        with Spark(lake.settings) as spark:
            options = "map('rewrite-all', 'true')"
            call = f"rewrite_data_files(table => 'gold.facts', options => {options})"
            [compacted] = spark.sql(f"call lake.system.{call}")
        assert int(compacted["rewritten_data_files_count"]) > 1
        assert lake.amounts() == [-TOO_MUCH, 1, 2, 3, TOO_MUCH]

        lake.publish("--full-refresh")
        roll_back(Lake(lake.settings), 1)
        assert lake.amounts() == [1, 2]
        lake.sell(4, first=6)
        lake.publish()
        assert lake.amounts() == [-TOO_MUCH, 1, 2, 3, 4, TOO_MUCH]

    for reader in readers:
        assert reader.fault is None, reader.name
        assert len(reader.seen) > 20, reader.name
        assert {(3, 3), (6, 6)} <= set(reader.seen), reader.name
        assert reader.torn == [], reader.name
    assert lake.refs() == {"main"}
