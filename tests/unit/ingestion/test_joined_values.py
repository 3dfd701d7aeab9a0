"""Values joined as lines: each comes back as it was, whatever it holds."""

from hypothesis import given
from hypothesis import strategies as st

from ingestion.formats.joined_values import JoinedValues

values = st.lists(st.none() | st.binary(max_size=6) | st.sampled_from([b"", b"\n", b"a\nb"]))


@given(values)
def test_each_comes_back(content: list[bytes | None]) -> None:
    joined = JoinedValues.of(content)
    assert joined.to_list() == content
    assert len(joined) == len(content)
    assert joined.has_plain_lines == (not any(b"\n" in (value or b"") for value in content))


@given(values, values)
def test_several_are_one_after_the_other(
    first: list[bytes | None], second: list[bytes | None]
) -> None:
    both = JoinedValues.all_of([JoinedValues.of(first), JoinedValues.of(second)])
    assert both.to_list() == first + second
    for start in range(len(both) + 1):
        assert both.part(start, len(both)).to_list() == (first + second)[start:]


@given(values.filter(bool), st.data())
def test_some_can_be_taken(content: list[bytes | None], data: st.DataObject) -> None:
    positions = data.draw(st.lists(st.integers(0, len(content) - 1)))
    taken = JoinedValues.of(content).take(positions)
    assert taken.to_list() == [content[position] for position in positions]
