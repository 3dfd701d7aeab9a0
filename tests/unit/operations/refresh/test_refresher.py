"""What a refresher does when the lake is away, or when it is asked to end."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from lake.errors import EnvironmentFault
from lake.settings import Settings
from operations.refresh import refresh as refreshing
from operations.refresh.narration import Narrator
from operations.refresh.refresh import Choice, Refresher
from operations.refresh.view import View
from operations.runtime.signals import Stop

AWAY = EnvironmentFault("the catalog lake.db cannot be read", "firn doctor")


class Scripted:
    """An engine whose rounds end as a list says, and a stop after the last of them."""

    def __init__(self, stop: Stop, *rounds: bool | EnvironmentFault | None) -> None:
        self._stop = stop
        self._rounds = list(rounds)

    def round(self, **_: bool) -> bool | None:
        """End as told; the last round is followed by the wish to stop."""
        ended = self._rounds.pop(0)
        self._stop.is_asked = not self._rounds
        if isinstance(ended, EnvironmentFault):
            raise ended
        return ended


def run(
    monkeypatch: pytest.MonkeyPatch, *rounds: bool | EnvironmentFault | None, is_once: bool = False
) -> tuple[bool, str, list[float]]:
    """Return whether all went well, what was said, and the pauses."""
    out, stop, pauses = io.StringIO(), Stop(), []
    monkeypatch.setattr(refreshing, "pause", lambda seconds, _: pauses.append(seconds))
    view = View(Console(file=out, width=200))
    settings = Settings(project_dir=Path(__file__).parents[4])
    refresher = Refresher(settings, Choice(is_once=is_once), None, Narrator(view))  # type: ignore[arg-type]
    monkeypatch.setattr(refresher, "_read_project_if_changed", lambda: None)
    monkeypatch.setattr(refresher, "_engine", Scripted(stop, *rounds))
    return refresher.run(stop), out.getvalue(), pauses


def test_a_lake_that_is_away_is_waited_for_longer_each_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Fault catalog-away."""
    is_good, said, pauses = run(monkeypatch, AWAY, AWAY, AWAY, True)
    assert is_good
    assert said.count("cannot be read") == 3
    assert pauses == sorted(pauses)
    assert 1 <= pauses[0] <= 2
    assert 4 <= pauses[2] <= 5


def test_once_it_gives_up_after_some_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(EnvironmentFault, match="cannot be read"):
        run(monkeypatch, AWAY, AWAY, AWAY, None, is_once=True)


def test_once_it_goes_on_until_nothing_is_due_and_says_if_something_failed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert run(monkeypatch, True, True, None, True, is_once=True)[0] is True
    assert run(monkeypatch, True, False, None, True, is_once=True)[0] is False


def test_asked_to_end_it_ends_after_the_round(monkeypatch: pytest.MonkeyPatch) -> None:
    _, _, pauses = run(monkeypatch, True, None)
    assert pauses == [refreshing.POLL_SECONDS]
