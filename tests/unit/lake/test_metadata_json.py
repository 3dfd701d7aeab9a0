"""Metadata is encoded as JSON has it, whatever of it was encoded before."""

import json
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given
from pydantic_core import to_json

from lake.metadata_json import LISTS, MetadataEncoder

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
items = st.lists(st.dictionaries(st.text(), values, max_size=3), max_size=5)
documents = st.dictionaries(st.sampled_from([*LISTS, "refs", "location", "é"]), items | values)


def read(encoder: MetadataEncoder, document: dict[str, Any]) -> Any:  # noqa: ANN401
    """Return what a reader makes of a document."""
    return json.loads(b"".join(encoder.encode(document)))


@given(documents)
def test_any_document_is_what_json_says(document: dict[str, Any]) -> None:
    of_lists = {k: v for k, v in document.items() if k not in LISTS or isinstance(v, list)}
    assert read(MetadataEncoder(), of_lists) == of_lists


@given(items, st.data())
def test_a_list_that_goes_on_is_what_json_says(first: list[Any], data: st.DataObject) -> None:
    encoder = MetadataEncoder()
    assert read(encoder, {"snapshots": first}) == {"snapshots": first}
    known = first
    for _ in range(3):
        gone = data.draw(st.integers(0, len(known)))
        again = st.lists(st.sampled_from(known)) if known else st.just([])
        # as it grows and expires, or some twice, some in another order
        kept = data.draw(st.just(known[gone:]) | again)
        known = [*kept, *data.draw(items)]
        document = {"snapshots": known, "location": "here"}
        assert read(encoder, document) == document


def test_what_was_encoded_is_not_encoded_again(monkeypatch: pytest.MonkeyPatch) -> None:
    snapshots = [{"snapshot-id": number} for number in range(3)]
    encoder = MetadataEncoder()
    read(encoder, {"snapshots": snapshots})
    encoded: list[Any] = []

    def noting(value: Any) -> bytes:  # noqa: ANN401 - anything that JSON has
        encoded.append(value)
        return to_json(value)

    monkeypatch.setattr("lake.metadata_json.to_json", noting)
    new = {"snapshot-id": 4}
    read(encoder, {"snapshots": [*snapshots[1:], new]})
    assert [value for value in encoded if isinstance(value, dict) and value] == [new]
