"""Progress, load metadata, tokens and locks: the small parts that exactly-once stands on."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from pydantic import SecretStr

from ingestion.connectors.postgres.position import PostgresPosition
from ingestion.personal_data import Tokeniser
from ingestion.raw_tables.progress import PROPERTY, Progress
from ingestion.results import LoadResult, LoadsFailedError, Outcome
from lake.errors import EnvironmentFault, LoadError
from lake.locks import source_lock
from tests.integration.ingestion.checker import judge


def test_progress_survives_as_a_property() -> None:
    position = {"version": 1, "cursor": "7", "upstream": "abc"}
    progress = Progress("id", "2024-01-01T00:00:00+00:00", position, None, {"rows": 1})
    assert Progress.of(progress.as_property()) == progress
    assert Progress.of({}) == Progress()


def test_progress_of_before_positions_were_opaque_is_read() -> None:
    before = {
        "format": 1,
        "load_id": "id",
        "ingested_at": "2024-01-01T00:00:00+00:00",
        "cursor": "7",
        "upstream": "abc",
        "content": None,
        "record": {},
    }
    progress = Progress.of({PROPERTY: json.dumps(before)})
    assert PostgresPosition.of(progress.position) == PostgresPosition("7", "abc")
    of_files = before | {"cursor": None, "upstream": None}
    assert Progress.of({PROPERTY: json.dumps(of_files)}).position is None


def test_a_position_of_a_newer_version_stops_the_load() -> None:
    with pytest.raises(EnvironmentFault, match="version 2, known are 0, 1"):
        PostgresPosition.of({"version": 2, "cursor": "7"})


@pytest.mark.parametrize(
    "text", ["no json", '{"format": 3}', '{"format": 1}', '{"format": 2, "other": 1}']
)
def test_progress_that_cannot_be_understood_stops_the_load(text: str) -> None:
    with pytest.raises(EnvironmentFault, match=r"firn\.progress cannot be understood"):
        Progress.of({PROPERTY: text})


def test_the_time_of_a_load_grows_even_when_the_clock_is_set_back() -> None:
    last = datetime(2024, 1, 1, tzinfo=UTC)
    progress = Progress(ingested_at=last.isoformat())
    assert progress.next_ingested_at(last - timedelta(days=1)) == last + timedelta(microseconds=1)
    assert progress.next_ingested_at(last + timedelta(days=1)) == last + timedelta(days=1)


# Tokens: equal for what people mean to be equal, useless without the key

TOKENISER = Tokeniser(SecretStr("k" * 32))


def test_a_token_is_the_keyed_hash_of_the_value_as_meant() -> None:
    """As the standard library computes it."""
    import hashlib
    import hmac

    expected = hmac.new(b"k" * 32, b"ada@x.example", hashlib.sha256).hexdigest()
    assert TOKENISER.token("  Ada@X.example ") == expected


def test_null_stays_null_and_repeats_are_equal() -> None:
    tokens = TOKENISER.tokens(pa.array(["a", None, "A", "b"])).to_pylist()
    assert tokens[1] is None
    assert tokens[0] == tokens[2] != tokens[3]


def test_another_key_gives_another_token() -> None:
    other = Tokeniser(SecretStr("l" * 32))
    assert other.token("a") != TOKENISER.token("a")
    assert other.key_mark != TOKENISER.key_mark


def test_a_lock_is_free_again_after_a_failure(tmp_path: Path) -> None:
    with pytest.raises(LoadError), source_lock(tmp_path, "app", wait=False):
        raise LoadError("x")
    with source_lock(tmp_path, "app", wait=False), source_lock(tmp_path, "other", wait=False):
        assert len(list((tmp_path / "locks").glob("*.json"))) == 2


def test_several_failures_end_with_the_gravest_code() -> None:
    results = [
        LoadResult("app.a", Outcome.FAILED, error=LoadError("one")),
        LoadResult("app.b", Outcome.LANDED),
        LoadResult("app.c", Outcome.FAILED, error=EnvironmentFault("two", "fix it")),
    ]
    error = LoadsFailedError(results)
    assert error.exit_code == 2
    assert "app.a: one" in error.message
    assert "fix it" in error.message


def test_the_judge_catches_a_planted_gap_and_a_planted_double() -> None:
    """The checker itself: a test that cannot fail is a defect."""
    assert judge([1, 2, 3], [3, 2, 1]).is_clean
    assert judge([1, 2, 3], [1, 3]).lost == {2: 1}
    assert judge([1, 2, 3], [1, 2, 2, 3]).doubled == {2: 1}
