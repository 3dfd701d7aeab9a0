"""Where rows of CSV end: counted for a whole buffer, or value by value; always the same."""

import itertools

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingestion.formats.csv.cut import CsvCut

TEXTS = st.text(alphabet='a,"\n\r', max_size=40)


def ends_of_rows(text: str) -> list[int]:
    """Return where rows end, byte by byte: a quote opens a value at its start alone."""
    ends, is_open, position = [], False, 0
    starts_value = True
    while position < len(text):
        here, following = text[position], text[position + 1 : position + 2]
        if is_open and here == '"' and following == '"':
            position += 1
        elif here == '"' and (is_open or starts_value):
            is_open = not is_open
        elif not is_open and (here == "\n" or (here == "\r" and following != "\n")):
            ends.append(position + 1)
        starts_value = not is_open and here in ",\n\r"
        position += 1
    return ends


@settings(max_examples=2000)
@given(TEXTS)
@example('a,"b\n""c"\n"d')
@example('a"b\n"c\nd",\n')
@example('"a"a"\n')
def test_a_line_end_within_quotes_ends_no_row(text: str) -> None:
    data, ends = text.encode(), ends_of_rows(text)
    by_feeds = [end for end in ends if text[end - 1] == "\n"]
    by_returns = [end for end in ends if end < len(text)]  # a line feed may follow
    assert CsvCut(",")(data) == (by_feeds or by_returns or [-1])[-1]
    cuts = [0, *ends, len(data)] if not ends or ends[-1] < len(data) else [0, *ends]
    rows = [data[a:b] for a, b in itertools.pairwise(cuts)]
    assert CsvCut(",").rows(data) == [row for row in rows if row.strip(b"\r\n")]


@settings(max_examples=1000)
@given(TEXTS)
@example('"a"a"\n')
@example('"a",a\n"a""a"')
def test_text_after_a_quote_is_found_in_a_buffer_as_row_by_row(text: str) -> None:
    cut = CsvCut(",")
    rows = cut.rows(text.encode())
    by_row = any(map(cut.has_text_after_quote_in, rows))
    assert cut.has_text_after_quote(b"".join(rows)) == by_row


@pytest.mark.parametrize("delimiter", [";", "\t", "|", "¦"])
def test_any_delimiter_parts_values(delimiter: str) -> None:
    data = f'a{delimiter}"b\nc"{delimiter}"d"\ne{delimiter}f'.encode()
    assert CsvCut(delimiter)(data) == data.rindex(b"\n") + 1
