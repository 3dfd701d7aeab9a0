"""Messages of any bytes: each is a row or a rejection with its bytes, and none costs another."""

import base64
import json
import math
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.connectors.batches import Batch, Rejection
from ingestion.connectors.kafka.declaration import OFFSET, KafkaTable
from ingestion.connectors.kafka.messages import MessageRows, Messages, message_of, place_of
from ingestion.declarations import ColumnDeclaration, LoadMode, NewColumns
from ingestion.formats.joined_values import JoinedValues

TABLE = KafkaTable(
    source="clicks",
    name="events",
    load=LoadMode.APPEND,
    key=("id",),
    partition_by=(),
    new_columns=NewColumns.RESCUE,
    columns=(
        ColumnDeclaration.model_validate({"name": "id", "data_type": "bigint"}),
        ColumnDeclaration.model_validate({"name": "text", "data_type": "string", "path": "a.b"}),
    ),
    topics=("t",),
)
LONG = 2**63
scalars = st.none() | st.booleans() | st.integers(-LONG, LONG) | st.text(max_size=5)
objects = st.fixed_dictionaries(
    {"id": st.integers(0, 1000)},
    optional={"a": st.fixed_dictionaries({"b": st.text(max_size=5)}), "more": scalars},
)
spaces = st.sampled_from([None, 0, 2])
good = st.builds(lambda value, indent: json.dumps(value, indent=indent).encode(), objects, spaces)
texts = st.builds(lambda value: json.dumps(value).encode(), scalars | st.lists(scalars, max_size=3))
damaged = st.builds(lambda value, end: value[:end], good, st.integers(0, 30))
joined = st.builds(lambda one, two: one + b"\n" + two, good, good)
values = st.lists(good | texts | damaged | joined | st.binary(max_size=20) | st.none(), max_size=30)


def _messages(content: list[bytes | None]) -> Messages:
    count = len(content)
    return Messages(
        "t",
        "x",
        pa.array([0] * count, pa.int32()),
        pa.array(range(100, 100 + count), pa.int64()),
        pa.nulls(count, pa.int64()),
        pa.nulls(count, pa.binary()),
        JoinedValues.of(content),
    )


def _content(rejection: Rejection) -> bytes:
    kept = rejection.row
    if "bytes_base64" in kept:
        return base64.b64decode(kept["bytes_base64"] or "")
    return str(kept["bytes"]).encode()


def _expected(value: bytes | None) -> dict[str, Any] | None:
    """Return what a strict reader makes of a message, None where it has to be refused."""
    try:
        found = json.loads((value or b"").decode())
    except ValueError:
        return None
    if not isinstance(found, dict) or not isinstance(found.get("id"), int):
        return None
    return found


@given(values)
def test_each_is_a_row_or_a_rejection(content: list[bytes | None]) -> None:
    (batch,) = MessageRows(TABLE, None).batches(_messages(content))
    assert batch.read_count == len(content)
    expected = {100 + n: _expected(value) for n, value in enumerate(content)}
    rows = {row[OFFSET]: row for row in batch.rows.to_pylist()}
    assert set(rows) == {offset for offset, value in expected.items() if value is not None}
    for offset, row in rows.items():
        value = expected[offset] or {}
        assert row["id"] == value["id"]
        assert row["text"] == value.get("a", {}).get("b")
        rescued = json.loads(row.get("_rescued") or "{}", parse_float=_same)
        assert rescued == {name: value[name] for name in value if name == "more"}
    for rejection in batch.rejections:
        assert _content(rejection) == (content[int(str(rejection.place["offset"])) - 100] or b"")


def _same(text: str) -> float:
    number = float(text)
    assert math.isfinite(number)
    return number


def test_what_a_library_raises_costs_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = MessageRows(TABLE, None)
    parse = rows._json.parse_values

    def fails(found: JoinedValues) -> object:
        if b"bomb" in found.data:
            raise RuntimeError("what nobody knew")
        return parse(found)

    monkeypatch.setattr(rows._json, "parse_values", fails)
    content: list[bytes | None] = [json.dumps({"id": n}).encode() for n in range(20)]
    content[7] = b'{"id": 7, "text": "bomb"}'
    batches: list[Batch] = list(rows.batches(_messages(content)))
    assert sum(batch.read_count for batch in batches) == 20
    (rejection,) = [r for batch in batches for r in batch.rejections]
    assert rejection.place["offset"] == "107"
    assert "what nobody knew" in rejection.reason
    assert _content(rejection) == content[7]


@given(
    st.lists(st.tuples(st.text(max_size=3), st.none() | st.binary(max_size=5)), max_size=4),
    st.none() | st.binary(max_size=5),
    st.none() | st.integers(0, 2**40),
)
def test_what_quarantine_keeps_of_a_message_gives_it_back(
    headers: list[tuple[str, bytes | None]], key: bytes | None, time: int | None
) -> None:
    message = replace(
        _messages([b"v"]),
        timestamps=pa.array([time], pa.int64()),
        keys=pa.array([key], pa.binary()),
        headers=[headers or None],
    )
    again = message_of(place_of(message, 0), b"v")
    assert replace(again, values=message.values) == message
    assert again.value(0) == b"v"
