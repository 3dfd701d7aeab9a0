"""How long the process that runs dbt stays, and for whom."""

import json
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import pytest

from lake.settings import Settings
from operations.dbt.server import Request, Server

ROOT = Path(__file__).parents[4]
SECONDS = 20


class Slow(Server):
    """Notes what it is asked for, and answers when it may."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.may_answer = threading.Event()
        self.asked: list[object] = []

    def _answer(self, request: Request) -> dict[str, object]:
        assert self.may_answer.wait(SECONDS)
        self.asked.append(request)
        return {"answer": request}


class Place:
    """A server at work in a thread."""

    def __init__(self, settings: Settings, folder: Path, linger: float) -> None:
        """Start it."""
        self.server = Slow(settings)
        self._address = str(folder / "dbt")
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(self._address)
        listener.listen()
        self._thread = threading.Thread(target=self._serve, args=(listener, linger), daemon=True)
        self._thread.start()

    def _serve(self, listener: socket.socket, linger: float) -> None:
        with listener:
            self.server.serve(listener, linger)

    def watcher(self, mark: str | None) -> "Watcher":
        """Connect as a watcher does."""
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(SECONDS)
        connection.connect(self._address)
        lines = connection.makefile("rw")
        connection.close()
        return Watcher(lines, mark)

    def has_ended(self) -> bool:
        """Wait for the server's end, which is near."""
        self._thread.join(SECONDS)
        return not self._thread.is_alive()


class Watcher:
    """The other end of a connection."""

    def __init__(self, lines: IO[str], mark: str | None) -> None:
        """Say the mark, if there is time for it."""
        self._lines = lines
        if mark is not None:
            self.say(mark)

    def say(self, request: object) -> None:
        """Send a line."""
        self._lines.write(json.dumps(request) + "\n")
        self._lines.flush()

    def hear(self) -> dict[str, object]:
        """Return the next message."""
        return dict(json.loads(self._lines.readline()))

    def is_killed(self) -> None:
        """Go without asking it to shut down."""
        self._lines.close()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Callable[..., Place]]:
    """Return what starts a server; a socket's path must be short."""
    settings = Settings(project_dir=ROOT, home=tmp_path)
    with tempfile.TemporaryDirectory() as folder:

        def start(linger: float = SECONDS) -> Place:
            return Place(settings, Path(folder), linger)

        yield start


def test_it_ends_when_its_watcher_shuts_it_down(place: Callable[..., Place]) -> None:
    here = place()
    here.server.may_answer.set()
    watcher = here.watcher("a")
    assert watcher.hear() == {"what": "accepted"}
    watcher.say({"sql": "select 1"})
    assert watcher.hear() == {"what": "done", "answer": {"sql": "select 1"}}
    watcher.say(None)
    assert here.has_ended()


def test_requests_that_are_sent_ahead_are_not_lost(place: Callable[..., Place]) -> None:
    here = place()
    here.server.may_answer.set()
    watcher = here.watcher("a")
    for request in ({"sql": "select 1"}, {"dbt": ["build"]}, None):
        watcher.say(request)
    assert watcher.hear() == {"what": "accepted"}
    assert here.has_ended()
    assert here.server.asked == [{"sql": "select 1"}, {"dbt": ["build"]}]


def test_what_a_killed_watcher_asked_for_is_finished_before_the_next_is_served(
    place: Callable[..., Place],
) -> None:
    here = place()
    first = here.watcher("a")
    assert first.hear() == {"what": "accepted"}
    first.say({"dbt": ["build"]})
    first.is_killed()
    second = here.watcher("a")
    here.server.may_answer.set()
    assert second.hear() == {"what": "accepted"}
    assert here.server.asked == [{"dbt": ["build"]}]
    second.say({"dbt": ["test"]})
    assert second.hear() == {"what": "done", "answer": {"dbt": ["test"]}}


def test_a_watcher_of_other_surroundings_is_told_so_and_ends_it(
    place: Callable[..., Place],
) -> None:
    here = place()
    here.watcher("a").is_killed()
    assert here.watcher("b").hear() == {"what": "rejected"}
    assert here.has_ended()


def test_it_ends_when_its_watcher_is_killed_before_it_said_its_mark(
    place: Callable[..., Place],
) -> None:
    here = place()
    here.watcher(None).is_killed()
    assert here.has_ended()


def test_it_ends_when_no_other_watcher_comes(place: Callable[..., Place]) -> None:
    here = place(0.1)
    here.watcher("a").is_killed()
    assert here.has_ended()
