"""What a process that follows or watches a source tells Prometheus: events -> metrics, served."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from ingestion.results import Event, LoadResult, Outcome, Retrying
from lake.errors import EnvironmentFault
from lake.processes import LOOPBACK

TABLE = ("source", "table")
# from a commit of some milliseconds to a load of an hour
SECONDS = (0.005, 0.01, 0.02, 0.04, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 3600)

TASK_GAUGES = {
    "waiting_seconds": "How long the oldest change waits that a task's table lacks.",
    "lag_seconds": "The longest lag, from the roots, of rows that the last refresh made readable.",
    "target_lag_seconds": "The lag that a task shall keep.",
    "failures": "Scheduled refreshes of a task that failed in a row.",
    "suspended": "Whether a task is suspended: 1 or 0.",
}


@dataclass(frozen=True)
class TaskFigures:
    """A task now: how long the oldest change waits that it lacks, lags, failures in a row."""

    waiting_seconds: float
    lag_seconds: float | None
    target_seconds: float | None
    failures: int
    is_suspended: bool


class Metrics:
    """Counters and gauges of one process; the names follow Prometheus' conventions."""

    def __init__(self) -> None:
        """Make them, in a registry of their own."""
        self.registry = CollectorRegistry()
        self._rows = self._counter("firn_ingested_rows", "Rows landed in raw tables.")
        self._bytes = self._counter("firn_ingested_bytes", "Bytes read from the source.")
        self._quarantined = self._counter("firn_quarantined_rows", "Rows set aside.")
        self._failed = self._counter("firn_load_failures", "Loads of a table that failed.")
        self._load_seconds = self._histogram("firn_load_duration_seconds", "What a load took.")
        self._commit_seconds = self._histogram(
            "firn_commit_duration_seconds", "What of a load its commit took."
        )
        self._committed = self._gauge(
            "firn_last_commit_timestamp_seconds", "When rows were committed last, Unix time."
        )
        self._lag = Gauge(
            "firn_source_lag_messages",
            "Messages of a partition that waited when the last load began.",
            (*TABLE, "partition"),
            registry=self.registry,
        )
        self._retries = Counter(
            "firn_source_retries",
            "How often a source that was away was tried again.",
            ("source",),
            registry=self.registry,
        )

        self._refresh_seconds = Histogram(
            "firn_refresh_duration_seconds",
            "What a refresh of a task took.",
            ("task", "outcome"),
            registry=self.registry,
            buckets=SECONDS,
        )
        self._refreshes = Counter(
            "firn_refreshes",
            "Refreshes of models, by how they were made.",
            ("task", "mode"),
            registry=self.registry,
        )
        self._task_gauges = {
            name: Gauge(f"firn_task_{name}", says, ("task",), registry=self.registry)
            for name, says in TASK_GAUGES.items()
        }

    def note(self, event: Event) -> None:
        """Count what an event tells."""
        if isinstance(event, LoadResult):
            self._note_load(event)
        elif isinstance(event, Retrying):
            self._retries.labels(event.source).inc()

    def refreshed(self, task: str, outcome: str, seconds: float) -> None:
        """Count a refresh of a task."""
        self._refresh_seconds.labels(task, outcome).observe(seconds)

    def refreshed_by(self, task: str, mode: str) -> None:
        """Count how a model was refreshed: incremental, full or skipped."""
        self._refreshes.labels(task, mode).inc()

    def show_task(self, task: str, figures: TaskFigures) -> None:
        """Show how a task is now."""
        for name, value in (
            ("waiting_seconds", figures.waiting_seconds),
            ("lag_seconds", figures.lag_seconds),
            ("target_lag_seconds", figures.target_seconds),
            ("failures", figures.failures),
            ("suspended", figures.is_suspended),
        ):
            if value is not None:
                self._task_gauges[name].labels(task).set(value)

    @contextmanager
    def served(self, port: int) -> Iterator[str]:
        """Serve them on loopback while inside, and yield where; port 0 is any that is free.

        Raises EnvironmentFault when the port is taken.
        """
        try:
            server, thread = start_http_server(port, LOOPBACK, self.registry)
        except OSError as error:
            raise EnvironmentFault(
                f"metrics cannot be served on {LOOPBACK}:{port}: {error.strerror}",
                f"choose another port, or see who has it: ss -ltnp 'sport = :{port}'",
            ) from None
        try:
            yield f"http://{LOOPBACK}:{server.server_port}/metrics"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def _note_load(self, load: LoadResult) -> None:
        source, _, table = load.label.partition(".")
        for counter, count in (
            (self._rows, load.rows_landed),
            (self._bytes, load.bytes_read),
            (self._quarantined, load.rows_quarantined),
            (self._failed, load.error is not None),
        ):
            counter.labels(source, table).inc(count)
        for partition, count in load.lag.items():
            self._lag.labels(source, table, partition).set(count)
        if load.outcome is Outcome.LANDED:
            self._load_seconds.labels(source, table).observe(load.seconds)
            self._commit_seconds.labels(source, table).observe(load.commit_seconds)
            self._committed.labels(source, table).set_to_current_time()

    def _counter(self, name: str, says: str) -> Counter:
        return Counter(name, says, TABLE, registry=self.registry)

    def _gauge(self, name: str, says: str) -> Gauge:
        return Gauge(name, says, TABLE, registry=self.registry)

    def _histogram(self, name: str, says: str) -> Histogram:
        return Histogram(name, says, TABLE, registry=self.registry, buckets=SECONDS)
