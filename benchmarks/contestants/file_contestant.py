"""What contestants that land files share: an arena -> a program and the table of a stage."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.contest import FILES, Arena, Command, Contestant, Job, Landed, Stage
from benchmarks.lineitem_files import RAW, table_of

if TYPE_CHECKING:
    from pyiceberg.catalog.sql import SqlCatalog

CATALOG = "lake"
CATALOG_FILE = "catalog.db"


class FileContestant(Contestant):
    """One way to land a file into a new Iceberg table; `arena.reader_url` is the files' folder."""

    stages = FILES

    @abstractmethod
    def table(self, arena: Arena, stage: Stage) -> Landed:
        """Return the table that a stage has made."""


class PeerOfFiles(FileContestant):
    """A program of the peers' environment, with a lake of its own in the arena's folder."""

    def command(self, arena: Arena, stage: Stage) -> Command:
        """Return the contestant's module as a program."""
        program = [str(arena.peers_python), "-m", type(self).__module__]
        return Command(program, {"PYTHONPATH": str(arena.project)}, Job.of(arena, stage).as_text())

    def table(self, arena: Arena, stage: Stage) -> Landed:
        """Return the table in the peers' catalog."""
        return Landed(CATALOG, arena.folder / CATALOG_FILE, (RAW, table_of(stage)))


def peers_catalog(job: Job) -> SqlCatalog:
    """Return the catalog that a peer lands in, with the namespace made."""
    from pyiceberg.catalog.sql import SqlCatalog

    folder = Path(job.folder)
    catalog = SqlCatalog(
        CATALOG, uri=f"sqlite:///{folder / CATALOG_FILE}", warehouse=f"file://{folder}/warehouse"
    )
    catalog.create_namespace_if_not_exists(RAW)
    return catalog
