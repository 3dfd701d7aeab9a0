"""What lies in a watched storage: listings, and hints between them -> new, stable files.

The listing is the truth. A hint of the system only says when to look; it may be lost.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ingestion.connectors.base import Arrived
from ingestion.connectors.files.declaration import FileSource, FileTable
from ingestion.connectors.files.new_files import seconds_until_stable
from ingestion.connectors.files.storage.base import BUCKET_SCHEME, FileInfo, FileStorage
from ingestion.connectors.files.storage.factory import open_storage
from lake.settings import Settings

POLL_SECONDS = 3.0
SIGNAL_SECONDS = 0.2
HINTS_TOGETHER_MILLISECONDS = 50
# A file is stable when its time says so; clocks of files are coarser than ours.
GRACE_SECONDS = 0.02


@dataclass
class FileArrivals:
    """The storage of a source, and what of it was landed by now."""

    storage: FileStorage
    tables: tuple[FileTable, ...]
    folder: Path | None = None
    _taken: frozenset[tuple[str, FileInfo]] = frozenset()
    _seen: dict[tuple[str, FileInfo], float] = field(default_factory=dict)
    _hint: threading.Event = field(default_factory=threading.Event)

    @classmethod
    def of(cls, source: FileSource, settings: Settings) -> FileArrivals:
        """Return the arrivals of a source. Raises ConfigurationError, EnvironmentFault."""
        where = settings.connection(source.connection).get_secret_value()
        folder = None if where.startswith(BUCKET_SCHEME) else Path(where)
        return cls(open_storage(settings, source.connection), source.tables, folder)

    @property
    def place_name(self) -> str:
        """Where the files arrive, and how that is noticed."""
        return f"{self.folder}" if self.folder else "a bucket, listed every few seconds"

    def stable(self) -> Arrived | None:
        """List the storage; return what can be landed, None when nothing new is there.

        Raises EnvironmentFault when the storage cannot be listed.
        """
        listed = {
            (table.name, found): table
            for table in self.tables
            for found in self.storage.list(table.files).files
        }
        now = time.monotonic()
        self._seen = {file: self._seen.get(file, now) for file in listed}
        self._taken &= listed.keys()
        ready = frozenset(
            file
            for file, table in listed.items()
            if file not in self._taken and seconds_until_stable(file[1], table.stable_for) <= 0
        )
        return Arrived(ready, min(self._seen[file] for file in ready)) if ready else None

    def take(self, arrived: Arrived) -> None:
        """Remember that these files were landed, or set aside: they are not new any more."""
        self._taken |= arrived.items

    def seconds_to_look(self) -> float:
        """Return when to list again: as soon as a new file may be stable, else by the clock."""
        tables = {table.name: table for table in self.tables}
        waiting = [
            seconds_until_stable(file[1], tables[file[0]].stable_for)
            for file in self._seen
            if file not in self._taken
        ]
        return min([max(seconds, 0.0) + GRACE_SECONDS for seconds in waiting] + [POLL_SECONDS])

    # hints

    @contextmanager
    def hints(self) -> Iterator[None]:
        """Let the system say when something happens in the folder, as far as it can."""
        over = threading.Event()
        thread = threading.Thread(target=self._listen, args=(over,), daemon=True)
        if self.folder is not None:
            thread.start()
        yield
        over.set()

    def wait(self, seconds: float, is_over: Callable[[], bool]) -> None:
        """Return after so many seconds, as soon as there is a hint, or soon after it `is_over`."""
        deadline = time.monotonic() + seconds
        while not is_over() and (left := deadline - time.monotonic()) > 0:
            if self._hint.wait(min(left, SIGNAL_SECONDS)):
                self._hint.clear()
                return

    def _listen(self, over: threading.Event) -> None:
        from watchfiles import watch

        try:
            for _ in watch(
                self.folder or "",
                debounce=HINTS_TOGETHER_MILLISECONDS,
                step=HINTS_TOGETHER_MILLISECONDS,
                stop_event=over,
                rust_timeout=1000,
                raise_interrupt=False,
            ):
                self._hint.set()
        except OSError:
            return  # no hints to be had, as on some network disks: the clock says when to look
