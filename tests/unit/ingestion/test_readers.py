"""The parts of the PostgreSQL reader that need no server: channels, types, parsing, SQL."""

import asyncio
import threading
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from ingestion.connectors.channel import AbandonedError, Channel
from ingestion.connectors.postgres import copy
from ingestion.connectors.postgres.declaration import PostgresTable
from ingestion.connectors.postgres.escapes import unescaped
from ingestion.connectors.postgres.parsing import BlockParser
from ingestion.connectors.postgres.query import plan_columns, select_rows
from ingestion.connectors.postgres.types import UpstreamColumn, quoted
from ingestion.connectors.postgres.upstream import UpstreamTable
from ingestion.connectors.postgres.values import decode_hex
from ingestion.connectors.postgres.watermark import Watermark
from ingestion.declarations import LoadMode, NewColumns
from ingestion.values.bisect import bisect_invalid, find_invalid
from ingestion.values.decimals import LONGEST_TEXT, decimals
from lake.errors import LoadError
from lake.types import DataType
from tests.unit.ingestion.test_decimals import NUMBERS, decimal_types, held

TIMEOUT = 10


def _upstream(*columns: tuple[str, str, int]) -> UpstreamTable:
    described = tuple(
        UpstreamColumn(name, base, base, modifier, False, False, True)
        for name, base, modifier in columns
    )
    return UpstreamTable("public", "items", described, None)


def _declaration(columns: dict[str, str], cursor: str | None = None) -> PostgresTable:
    return PostgresTable.model_validate(
        {
            "source": "app",
            "name": "items",
            "upstream_schema": "public",
            "upstream_table": "items",
            "load": LoadMode.INCREMENTAL if cursor else LoadMode.FULL,
            "key": ("id",),
            "cursor": cursor,
            "partition_by": (),
            "new_columns": NewColumns.RESCUE,
            "lag": None,
            "columns": tuple({"name": n, "data_type": t} for n, t in columns.items()),
        }
    )


# Both ends of a channel end promptly, whichever stops first


def test_items_arrive_in_order_and_then_the_end() -> None:
    channel: Channel[int] = Channel(2)

    def send() -> None:
        for number in range(100):
            channel.put(number)
        channel.end()

    sender = threading.Thread(target=send)
    sender.start()
    assert list(channel) == list(range(100))
    sender.join(TIMEOUT)
    assert not sender.is_alive()


def test_an_error_comes_ahead_of_what_is_waiting() -> None:
    channel: Channel[int] = Channel(2)
    channel.put(1)
    channel.end(LoadError("broken"))
    with pytest.raises(LoadError, match="broken"):
        next(iter(channel))


def test_a_sender_that_waits_is_told_when_nobody_reads_any_more() -> None:
    channel: Channel[int] = Channel(1)
    channel.put(1)
    raised: list[type[BaseException]] = []

    def put() -> None:
        try:
            channel.put(2)
        except AbandonedError as error:
            raised.append(type(error))

    sender = threading.Thread(target=put)
    sender.start()
    channel.abandon()
    sender.join(TIMEOUT)
    assert raised == [AbandonedError]


def test_no_more_than_the_capacity_waits() -> None:
    channel: Channel[int] = Channel(3)
    sent: list[int] = []

    def put() -> None:
        for number in range(10):
            channel.put(number)
            sent.append(number)
        channel.end()

    sender = threading.Thread(target=put)
    sender.start()
    received = []
    for item in channel:
        received.append(item)
        assert len(sent) <= len(received) + 3
    sender.join(TIMEOUT)
    assert received == list(range(10))


# Chunks of COPY become blocks of whole rows


@given(st.lists(st.binary(max_size=40), max_size=60))
def test_blocks_are_the_chunks_in_order(chunks: list[bytes]) -> None:
    rows = [chunk + b"\n" for chunk in chunks]
    blocks: Channel[bytes] = Channel(1000)

    async def run() -> None:
        collector = copy.BlockCollector(blocks, None)
        for row in rows:
            await collector.take(row)
        await collector.flush()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(copy, "BLOCK_BYTES", 50)
        patch.setattr(copy, "SMALL_CHUNK_BYTES", 0)
        asyncio.run(run())
    blocks.end()
    received = list(blocks)
    assert b"".join(received) == b"".join(rows)
    assert all(block.endswith(b"\n") for block in received)


def test_half_a_row_is_refused() -> None:
    collector = copy.BlockCollector(Channel(1), None)
    with pytest.raises(LoadError, match="half a row"):
        asyncio.run(collector.take(b"1,a\n2,"))


# Which declared types hold which PostgreSQL types


@pytest.mark.parametrize(
    ("precision", "scale", "expected"),
    [(18, 2, "decimal(18,2)"), (3, -2, "decimal(5,0)"), (2, 4, "decimal(4,4)"), (39, 0, None)],
)
def test_numeric_has_its_precision_and_scale_in_the_modifier(
    precision: int, scale: int, expected: str | None
) -> None:
    modifier = ((precision << 16) | (scale & 0x7FF)) + 4
    column = UpstreamColumn("n", "numeric", "numeric", modifier, False, False, True)
    assert str(column.best_type) == (expected or "string")


@given(st.data())
def test_a_decimal_holds_another_exactly_when_all_digits_fit(data: st.DataObject) -> None:
    def decimal() -> DataType:
        precision = data.draw(st.integers(1, 38))
        return DataType("decimal", precision, data.draw(st.integers(0, precision)))

    wide, narrow = decimal(), decimal()
    largest = Decimal((0, (9,) * narrow.precision, -narrow.scale))
    try:  # in 64 bits pyarrow overlooks some digits that it would lose
        pa.scalar(largest, pa.decimal128(wide.precision, wide.scale))
    except pa.ArrowInvalid:
        assert not wide.holds(narrow)
    else:
        assert wide.holds(narrow)


@given(st.text(max_size=20))
def test_a_quoted_name_is_one_name(name: str) -> None:
    text = quoted(name)
    assert text.startswith('"')
    assert text.endswith('"')
    assert text[1:-1].replace('""', "").count('"') == 0
    assert text[1:-1].replace('""', '"') == name


# COPY's blocks become typed rows, and rejections for what does not fit


@pytest.mark.parametrize("precision", [15, 18])  # read as doubles, and as they are
def test_good_rows_of_a_block_with_a_bad_one_keep_their_values(precision: int) -> None:
    upstream = _upstream(
        ("id", "int4", -1),
        ("flag", "bool", -1),
        ("amount", "numeric", ((precision << 16) | 2) + 4),
        ("at", "timestamptz", -1),
        ("raw", "bytea", -1),
        ("note", "text", -1),
    )
    columns = {
        "id": "int",
        "flag": "boolean",
        "amount": f"decimal({precision},2)",
        "at": "timestamp",
        "raw": "binary",
        "note": "string",
    }
    plan = plan_columns(_declaration(columns), upstream)
    good = (
        b"1\tt\t1.50\t2024-02-29 12:00:00.25+00\t00ff\t" + rb'a "q"\nb\\n\\N' + b"\n"
        b"2\t\\N\t\\N\t\\N\t\\N\t\n"
    )
    expected = BlockParser(plan, None).parse(good)
    assert expected.rejections == ()
    assert expected.rows["note"].to_pylist() == ['a "q"\nb\\n\\N', ""]
    mixed = BlockParser(plan, None).parse(good + b"3\tf\tNaN\tinfinity\t\\N\tx\n")
    assert mixed.rows.equals(expected.rows)
    [rejection] = mixed.rejections
    assert rejection.rule == "not_representable"
    assert rejection.reason == (
        f"amount is 'NaN' (numeric), which no decimal({precision},2) can hold"
    )
    assert rejection.key == {"id": "3"}


@given(st.lists(st.integers(0, 199), unique=True, max_size=20))
def test_halving_finds_exactly_the_unfit_rows(bad: list[int]) -> None:
    texts = pa.array(["x" if n in bad else str(n) for n in range(200)])
    found = bisect_invalid(texts, lambda values: values.cast(pa.int64()))
    assert list(found) == sorted(bad)


@given(st.lists(st.sampled_from(["1", "2", "x", "y", None])), st.integers(0, 5))
def test_equal_values_are_judged_once_and_all_of_them_found(
    values: list[str | None], offset: int
) -> None:
    texts = pa.array(values, pa.string()).slice(offset)
    found = find_invalid(texts, lambda some: some.cast(pa.int64()))
    assert list(found) == [i for i, text in enumerate(values[offset:]) if text in ("x", "y")]
    assert all(repr(values[offset:][i]) in reason for i, reason in found.items())


@given(st.lists(st.none() | st.binary(max_size=20), max_size=30), st.integers(0, 5))
def test_hexadecimal_is_decoded_at_any_offset(values: list[bytes | None], offset: int) -> None:
    texts = pa.array([None if v is None else v.hex() for v in values], pa.string())
    assert decode_hex(texts.slice(offset)).to_pylist() == values[offset:]


@given(st.lists(st.none() | st.text("\\Nbfnrtv \b\f\n\r\t\v'\"", max_size=8), max_size=20))
def test_escapes_are_undone_whatever_stands_together(values: list[str | None]) -> None:
    sent = [None if v is None else _escaped(v) for v in values]
    rows = pa.table({"n": pa.array(range(len(values))), "note": pa.array(sent, pa.string())})
    assert unescaped(rows)["note"].to_pylist() == values


def _escaped(text: str) -> str:
    """Write a text as PostgreSQL's COPY does."""
    letters = {"\\": "\\", "\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t", "\v": "v"}
    return "".join("\\" + letters[c] if c in letters else c for c in text)


@given(st.data(), st.integers(1, 15))
def test_decimals_of_fifteen_digits_survive_being_read_as_doubles(
    data: st.DataObject, precision: int
) -> None:
    scale = data.draw(st.integers(0, precision))
    largest = 10**precision - 1
    whole = data.draw(st.lists(st.none() | st.integers(-largest, largest), min_size=1))
    values = [None if n is None else Decimal(n).scaleb(-scale) for n in whole]
    read = pa.array([None if v is None else f"{v:f}" for v in values], pa.string())
    exact = decimals(read.cast(pa.float64()), pa.decimal128(precision, scale))
    assert exact.to_pylist() == values


@settings(max_examples=150)
@given(NUMBERS, decimal_types())
@example("1" * 30, (38, 10))
def test_a_numeric_is_landed_as_it_is_or_not_at_all(text: str, kind: tuple[int, int]) -> None:
    assume(len(text) <= LONGEST_TEXT)
    upstream = _upstream(("id", "int8", -1), ("amount", "numeric", -1))
    declared = {"id": "bigint", "amount": f"decimal({kind[0]},{kind[1]})"}
    plan = plan_columns(_declaration(declared), upstream)
    batch = BlockParser(plan, None).parse(f"1\t{text}\n".encode())
    if held(text, *kind):
        assert batch.rows["amount"].to_pylist() == [Decimal(text)]
    else:
        assert [rejection.rule for rejection in batch.rejections] == ["not_representable"]


@pytest.mark.parametrize("value", ["NaN", "inf", "-inf"])
def test_a_number_that_is_none_is_no_decimal(value: str) -> None:
    with pytest.raises(pa.ArrowInvalid, match="a number that is none"):
        decimals(pa.array([1.5, float(value)]), pa.decimal128(5, 2))


# The SQL of a load


def test_an_increment_reads_between_the_bounds_and_what_no_load_would_reach() -> None:
    upstream = _upstream(("id", "int8", -1), ("n", "int8", -1), ("x", "text", -1))
    plan = plan_columns(_declaration({"id": "bigint", "n": "bigint"}, "n"), upstream)
    assert select_rows(plan, "41", Watermark(upper=99)) == (
        'select "id", "n", (select to_jsonb(rescued) from (select t."x") as rescued)::text'
        ' from "public"."items" as t where (t."n" < 99 and t."n" > \'41\'::bigint)'
        ' or t."n" is null'
    )


def test_stored_progress_that_is_no_cursor_is_refused() -> None:
    upstream = _upstream(("id", "int8", -1), ("n", "int8", -1))
    plan = plan_columns(_declaration({"id": "bigint", "n": "bigint"}, "n"), upstream)
    with pytest.raises(ValueError, match="Invalid isoformat"):
        select_rows(plan, "1' or true --", Watermark(upper=99))
