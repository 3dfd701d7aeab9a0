"""The events that topics are filled with: their size, and that their checksum is what they hold."""

import json
import statistics
from decimal import Decimal

from benchmarks.clickstream_topic import COLUMNS, PARTITIONS, Totals, events, runs_of


def test_events_have_the_declared_columns_and_about_228_bytes() -> None:
    made = events(0, 5_000, Totals())
    assert 227 < statistics.mean(map(len, made)) < 230
    assert {tuple(sorted(json.loads(value))) for value in made} == {tuple(sorted(COLUMNS))}


def test_the_checksum_is_that_of_the_events() -> None:
    totals = Totals()
    made = events(0, 700, totals) + events(700, 300, totals)
    found = [json.loads(value, parse_float=Decimal) for value in made]
    prices = [event["price"] for event in found if event["price"] is not None]
    expected = totals.checksum()
    assert expected["rows_count"] == expected["keys_count"] == 1_000
    assert len({event["event_id"] for event in found}) == 1_000
    assert expected["prices_sum"] == sum(prices)
    assert expected["prices_count"] == len(prices) < 1_000
    assert expected["quantities_sum"] == sum(event["quantity"] for event in found)


def test_all_values_go_to_some_partition() -> None:
    values = events(0, 5_001, Totals())
    spread = list(runs_of(values))
    assert [value for _, run in spread for value in run] == values
    assert {partition for partition, _ in spread} == set(range(PARTITIONS))
