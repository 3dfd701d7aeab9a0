"""An exception that nobody expects costs its table or its source, never a neighbour.

Fault unexpected-error. What a reader raises within a file costs that file: test_bad_files.
"""

import zlib
from typing import NoReturn

import pyarrow as pa
import pytest
import yaml
from typer.testing import CliRunner

from ingestion.connectors.base import ReadRequest
from ingestion.connectors.files.connector import FilesConnector
from ingestion.connectors.files.declaration import FileSource, FileTable
from ingestion.connectors.files.reader import FilesReader
from ingestion.follow import Follower
from ingestion.loading import replay_table
from ingestion.loading.replay import replay
from ingestion.loading.session import Run
from ingestion.results import Event, LoadResult, Outcome, Retrying
from ingestion.sources import load_sources
from lake.unexpected import LOG, UnexpectedError
from operations.cli.app import app
from operations.refresh.landing import Landing
from tests.integration.files.drop import SOURCE, Drop, table

COLUMNS = {"id": "int", "v": "string"}
SAID = "a value that may be secret"
RAISED = [
    ValueError(SAID),
    MemoryError(SAID),
    RecursionError(SAID),
    pa.ArrowInvalid(SAID),
    zlib.error(SAID),
    AssertionError(SAID),
]


@pytest.fixture
def two(drop: Drop) -> Drop:
    """Return a drop folder with a file for each of two tables."""
    drop.declare(table("items", COLUMNS), table("others", COLUMNS))
    for name in ("items", "others"):
        drop.put(f"{name}/a.jsonl", '{"id": 1, "v": "a"}\n')
    return drop


def plant(monkeypatch: pytest.MonkeyPatch, error: BaseException, times: int = 9) -> None:
    """Let the reading of the table items raise an error, so many times."""
    read = FilesReader.read
    left = [error] * times

    def raise_planted(reader: FilesReader, request: ReadRequest[FileTable]) -> object:
        if request.table.name == "items" and left:
            raise left.pop()
        return read(reader, request)

    monkeypatch.setattr(FilesReader, "read", raise_planted)


@pytest.mark.parametrize("error", RAISED, ids=lambda error: type(error).__name__)
def test_what_a_table_raises_costs_that_table(
    two: Drop, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    with monkeypatch.context() as planted:
        plant(planted, error)
        with pytest.raises(UnexpectedError) as raised:
            two.ingest_all()
    kind = type(error).__name__
    assert raised.value.exit_code == 1
    assert raised.value.message.startswith(f"{SOURCE}.items: {kind}, which Firn does not expect")
    assert (len(two.rows("others")), two.quarantined()) == (1, [])
    log = (two.home / LOG).read_text(encoding="utf-8")
    assert "raise_planted" in log
    assert kind in log
    assert SAID not in f"{raised.value} {log}"
    assert [result.rows_landed for result in two.ingest_all()] == [1, 0]


def test_what_a_source_raises_costs_that_source(two: Drop, monkeypatch: pytest.MonkeyPatch) -> None:
    first = two.folder / "models" / "raw" / f"{SOURCE}.yml"
    (source,) = yaml.safe_load(first.read_text(encoding="utf-8"))["sources"]
    last = {"sources": [{**source, "name": "zoo", "schema": "raw_zoo"}]}
    first.with_name("zoo.yml").write_text(yaml.safe_dump(last), encoding="utf-8")
    connect = FilesConnector.connect

    def raise_planted(kind: FilesConnector, source: FileSource, context: object) -> object:
        if source.name == SOURCE:
            raise IndexError(SAID)
        return connect(kind, source, context)  # type: ignore[arg-type]

    monkeypatch.setattr(FilesConnector, "connect", raise_planted)
    monkeypatch.setenv("FIRN_HOME", str(two.home))
    monkeypatch.setenv("FIRN_PROJECT_DIR", str(two.folder))
    ended = CliRunner().invoke(app, ["ingest"])
    assert ended.exit_code == 1, ended.output
    assert f"{SOURCE}: IndexError, which Firn does not expect here" in ended.output
    assert "Traceback" not in ended.output
    assert len(two.lake.rows("raw_zoo.items")) == 1


def test_what_a_replay_raises_costs_that_table(two: Drop, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("items", "others"):
        two.put(f"{name}/b.jsonl", '{"id": 3000000000, "v": "b"}\n')
    two.ingest_all()
    wide = {**COLUMNS, "id": "bigint"}
    two.declare(table("items", wide), table("others", wide))
    run = replay_table._Replay.run

    def raise_planted(replay: replay_table._Replay) -> object:
        if replay._table.name == "items":
            raise ValueError(SAID)
        return run(replay)

    results: list[replay_table.ReplayResult] = []
    with monkeypatch.context() as planted:
        planted.setattr(replay_table._Replay, "run", raise_planted)
        with pytest.raises(UnexpectedError, match=f"{SOURCE}.items: ValueError"):
            replay((), two.settings, results.append)
    assert [result.replayed for result in results] == [0, 1]
    assert SAID not in (two.home / LOG).read_text(encoding="utf-8")
    assert [result.replayed for result in replay((), two.settings)] == [1, 0]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(3)])
def test_who_wants_to_end_ends(
    two: Drop, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    plant(monkeypatch, error)
    with pytest.raises(type(error)):
        two.ingest_all()
    assert not (two.home / LOG).exists()


def test_a_follower_lives_on(two: Drop, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch, ValueError(SAID), times=1)
    events: list[Event] = []

    def is_over() -> bool:
        return any(
            isinstance(e, LoadResult)
            and e.label == f"{SOURCE}.items"
            and e.outcome is Outcome.LANDED
            for e in events
        )

    (source,) = load_sources(two.folder)
    Follower(Run(two.settings, on_event=events.append, is_over=is_over), source, 0).follow()
    (retried,) = [event for event in events if isinstance(event, Retrying)]
    assert isinstance(retried.error, UnexpectedError)
    assert (len(two.rows("items")), len(two.rows("others"))) == (1, 1)


class Told:
    """What a watcher is given, of which the listing raises; it remembers what it is told."""

    def __init__(self) -> None:
        """Begin with nothing told."""
        self.said: list[str] = []

    def stable(self) -> NoReturn:
        """Fail as a library may."""
        raise ValueError(SAID)

    def of_next(self, tables: list[str]) -> NoReturn:
        """Fail as a library may."""
        raise KeyError(*tables)

    def doing(self, what: str) -> None:
        """Take no notice."""

    def failed(self, _: str, said: str) -> None:
        """Remember a failure."""
        self.said.append(said)

    def say(self, _: str, said: str, __: str) -> None:
        """Remember a note."""
        self.said.append(said)


def test_a_watcher_lives_on(two: Drop) -> None:
    (source,) = load_sources(two.folder)
    told = Told()
    landing = Landing(two.settings, source, told, told, told)  # type: ignore[arg-type]
    landing.land()
    landing.tidy()
    expected = f"{SOURCE}: {{}}, which Firn does not expect here"
    assert expected.format("ValueError") in told.said[0]
    assert expected.format("KeyError") in told.said[1]
