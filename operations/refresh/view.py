"""What is seen of a watcher or follower: events -> lines with their time, below them its state."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner

from operations.monitoring.metrics import Metrics
from operations.terminal import styled

REFRESHES_A_SECOND = 4


class View:
    """Lines that stay, one for each thing that happened; on a terminal also what goes on now.

    `metrics` are what Prometheus sees of the same.
    """

    def __init__(self, out: Console, metrics_port: int | None = None) -> None:
        """Show on `out`, and metrics on a port of loopback, if there is one."""
        self._out = out
        self._metrics_port = metrics_port
        self.metrics = Metrics()
        self._doing = "starting"
        self._rows = 0
        self._builds = 0
        self._latest = ""
        self._spinner = Spinner("dots")

    @property
    def serves_metrics(self) -> bool:
        """Whether Prometheus can ask."""
        return self._metrics_port is not None

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show the state, while inside, below the lines.

        Raises EnvironmentFault when the port for metrics is taken.
        """
        live = Live(
            get_renderable=self._state,
            console=self._out,
            refresh_per_second=REFRESHES_A_SECOND,
            transient=True,
            auto_refresh=self._out.is_terminal,
        )
        with live, ExitStack() as serving:
            if self._metrics_port is not None:
                self.say("metrics", serving.enter_context(self.metrics.served(self._metrics_port)))
            yield

    def doing(self, text: str) -> None:
        """Say what goes on now."""
        self._doing = text

    def say(self, mark: str, text: str, style: str = "bold") -> None:
        """Add a line: the time, what it is about, and the text."""
        clock = f"{datetime.now():%H:%M:%S}"
        said = styled(f"[dim]{{}}[/]  [{style}]{{}}[/] {{}}", clock, f"{mark:<9}", text)
        self._out.print(said, soft_wrap=True)

    def landed(self, rows: int, set_aside: int, seconds: float) -> None:
        """Say what was landed, and what went to quarantine."""
        self._rows += rows
        aside = f", {set_aside:,} set aside" if set_aside else ""
        self.say("landed", f"{_count(rows, 'row')}{aside}, {seconds:.1f} s", "green")

    def built(self, models: int, tests: int, seconds: float, since: float | None) -> None:
        """Say what was built, and how long after the arrival (monotonic) that set it off."""
        self._builds += 1
        after = f", {time.monotonic() - since:.1f} s after its arrival" if since else ""
        self._latest = f"{seconds:.1f} s"
        said = f"{_count(models, 'model')}, {_count(tests, 'test')} passed"
        self.say("built", f"{said}, {seconds:.1f} s{after}", "green")

    def compacted(self, table: str, files: int, into: int, seconds: float) -> None:
        """Say which small files were written together."""
        written = f"{_count(files, 'file')} into {into}" if files else "its manifests"
        self.say("compacted", f"{table}: {written}, {seconds:.1f} s", "dim")

    def waits(self, mark: str, text: str) -> None:
        """Say what another process has to do with it."""
        self.say(mark, text, "yellow")

    def failed(self, what: str, message: str) -> None:
        """Say what failed, with its message."""
        self.say(what, message, "bold red")

    def _state(self) -> Spinner:
        latest = f", the last in {self._latest}" if self._latest else ""
        builds = f", {_count(self._builds, 'build')}{latest}" if self._builds else ""
        counts = f"{_count(self._rows, 'row')} landed{builds}"
        self._spinner.update(text=styled("{}  [dim]{}; Ctrl-C ends[/]", self._doing, counts))
        return self._spinner


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
