"""What `_rescued` keeps is valid JSON and loses nothing."""

import json
import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.formats.exact_json import read_json, write_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda below: st.lists(below) | st.dictionaries(st.text(), below),
)
EXACT = [
    "1.10",
    "0.1",
    "1e2",
    "-0",
    "-0.0",
    "1e999",
    "123456789012345678901234567890",
    "3.14159265358979323846264338327950288",
    "9" * 5000,
]


@pytest.mark.parametrize("number", EXACT, ids=lambda text: text[:12])
def test_a_number_keeps_its_digits(number: str) -> None:
    written = write_json(read_json(f'{{"a": [{number}]}}'))
    assert Decimal(json.loads(written, parse_float=str, parse_int=str)["a"][0]) == Decimal(number)
    digits = number.partition("e")[0].replace(".", "")
    assert digits in written.replace(".", "")


def test_numbers_that_are_none_are_texts() -> None:
    values = read_json('{"a": NaN, "b": [Infinity, -Infinity]}')
    assert write_json(values) == '{"a": "NaN", "b": ["Infinity", "-Infinity"]}'
    assert write_json([math.nan, Decimal("NaN"), -math.inf]) == '["NaN", "NaN", "-Infinity"]'


def test_bytes_are_in_base64_and_half_a_character_is_escaped() -> None:
    assert write_json({"a": b"\xff\x00", "b": "ü\ud800"}) == '{"a": "/wA=", "b": "ü\\ud800"}'
    assert json.loads(write_json("ü\ud800")) == "ü\ud800"


@given(VALUES)
def test_any_value_becomes_json_that_utf_8_can_hold(value: object) -> None:
    json.loads(write_json(value).encode(), parse_constant=pytest.fail)
