"""Fields landed as JSON keep the text that the file has, whatever stands around them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.formats.json.fields import JsonFields, json_text

NAMES = st.sampled_from(["a", "b", 'q"', "\\", "é", "other", ""])
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(NAMES, below, max_size=3),
    max_leaves=8,
)


def _texts(line: str, *origins: tuple[str, ...]) -> list[str | None]:
    _, columns = JsonFields(origins).of_all([line.encode()])
    return [column[0] for column in columns]


@given(
    value=VALUES,
    others=st.dictionaries(NAMES.filter(lambda name: name != "a"), VALUES),
    indent=st.sampled_from([None, 0, 3]),
    is_ascii=st.booleans(),
)
def test_a_field_is_the_text_that_its_line_has(
    value: object, others: dict[str, object], indent: int | None, is_ascii: bool
) -> None:
    line = json.dumps({"x": 1, **others, "a": value}, indent=indent, ensure_ascii=is_ascii)
    [text] = _texts(line, ("a",))
    if value is None:
        assert text is None
    else:
        assert text is not None
        assert text in line
        assert json.loads(text) == value


@pytest.mark.parametrize(
    "text",
    [
        '{"b": 1.10, "a": 1E+2, "b": -0}',
        "[1, 2.50, 12345678901234567890123.4567890123456789]",
        '"caf\\u00e9 \\ud800"',
        "1e400",
        "9" * 5000,
        "true",
        '"NaN, Infinity"',
    ],
)
def test_nothing_of_a_text_changes(text: str) -> None:
    assert _texts(f'{{"a": {{"b" : {text} }} }}', ("a", "b")) == [text]
    assert json_text(f"\n {text} ") == text


def test_what_is_no_json_becomes_a_text() -> None:
    line = '{"a": [NaN, -Infinity, "NaN \\" Infinity", {"NaN": Infinity}]}'
    landed = '["NaN", "-Infinity", "NaN \\" Infinity", {"NaN": "Infinity"}]'
    assert _texts(line, ("a",)) == [landed]


def test_fields_are_found_at_their_paths() -> None:
    origins = ("a", "b"), ("a", "c", "d"), ("e",)
    assert _texts('{"a": {"b": [], "x": 1, "c": {"d": {}}}, "e": ""}', *origins) == [
        "[]",
        "{}",
        '""',
    ]
    for absent in ("{}", " { } ", '{"a": null, "e": null}', '{"a": {"c": null}}'):
        assert _texts(absent, *origins) == [None, None, None]


@pytest.mark.parametrize(
    "line",
    [
        '{"a": {"b": 1}, "a": {"b": 2}}',
        '{"a": {"b": 1, "b": 2}}',
        '{"a": 5}',
        '{"a": {"b": 1}} {}',
        '{"a": {"b": 1}',
        '{"a": {"b": [1}}',
        '{"a": {"b": 1},}',
        "[]",
    ],
)
def test_other_lines_are_refused(line: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - many reasons
        _texts(line, ("a", "b"))


@pytest.mark.parametrize("text", ["", "a", "{'a': 1}", "1 2", "[1", "{", '"'])
def test_a_text_that_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        json_text(text)
