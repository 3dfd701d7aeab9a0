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


@given(documents)
def test_any_document_is_what_json_says(document: dict[str, Any]) -> None:
    of_lists = {k: v for k, v in document.items() if k not in LISTS or isinstance(v, list)}
    assert json.loads(MetadataEncoder().encode(of_lists)) == of_lists


@given(items, st.data())
def test_a_list_that_goes_on_is_what_json_says(first: list[Any], data: st.DataObject) -> None:
    encoder = MetadataEncoder()
    encoder.encode({"snapshots": first})
    again = st.lists(st.sampled_from(first)) if first else st.just([])
    later = [*data.draw(again), *data.draw(items)]  # some gone, some twice, some new
    document = {"snapshots": later, "location": "here"}
    assert json.loads(encoder.encode(document)) == document


def test_what_was_encoded_is_not_encoded_again(monkeypatch: pytest.MonkeyPatch) -> None:
    snapshots = [{"snapshot-id": number} for number in range(3)]
    encoder = MetadataEncoder()
    encoder.encode({"snapshots": snapshots})
    encoded: list[Any] = []

    def noting(value: Any) -> bytes:  # noqa: ANN401 - anything that JSON has
        encoded.append(value)
        return to_json(value)

    monkeypatch.setattr("lake.metadata_json.to_json", noting)
    new = {"snapshot-id": 4}
    encoder.encode({"snapshots": [*snapshots[1:], new]})
    assert [value for value in encoded if isinstance(value, dict) and value] == [new]
