"""While messages are consumed, Python looks for cycles rarely, and afterwards as it did before."""

import gc
from collections.abc import Iterator
from contextlib import suppress

import pytest

from ingestion.connectors.kafka.reading import OBJECTS_BETWEEN_COLLECTIONS, _rare_collections


@pytest.fixture(autouse=True)
def _threshold_is_kept() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


@pytest.mark.parametrize(
    ("before", "within"),
    [
        (700, OBJECTS_BETWEEN_COLLECTIONS),
        (OBJECTS_BETWEEN_COLLECTIONS + 1, OBJECTS_BETWEEN_COLLECTIONS + 1),
        (0, 0),  # never, which somebody wanted
    ],
)
def test_collections_are_rarer_and_come_back(before: int, within: int) -> None:
    gc.set_threshold(before, 11, 12)
    with suppress(ValueError), _rare_collections():
        assert gc.get_threshold() == (within, 11, 12)
        raise ValueError
    assert gc.get_threshold() == (before, 11, 12)
