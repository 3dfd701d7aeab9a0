"""Today's Firn -> a lake for the versions after it: loaded, built, published and packed.

    python -m tests.integration.stored_lake.write <version>

Run it at a release, or when what Firn keeps in a lake changes, and name the file in `STORED`.
"""

import shutil
import sqlite3
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from operations.runtime.environment import dbt_environment
from sandbox.postgres import EmbeddedPostgres
from tests.integration.ingestion.fixtures import OWNER, READER
from tests.integration.ingestion.lakehouse import Lakehouse
from tests.integration.stored_lake.stored_lake import archive_of, stored_lake
from tests.warm_dbt import WarmDbt

DATABASE = "stored"


def write(version: str) -> Path:
    """Make the lake and return the file it is packed in."""
    with _server() as postgres:
        postgres.ensure_role(OWNER)
        postgres.ensure_role(READER, ["pg_read_all_data", "pg_read_all_stats"])
        postgres.ensure_database(DATABASE, OWNER)
        urls = postgres.url(OWNER, DATABASE), postgres.url(READER, DATABASE)
        with stored_lake(*urls, None) as lakehouse, WarmDbt() as dbt:
            (lakehouse.home / "lake").mkdir()
            lakehouse.ingest_all()
            dbt.run(("build", "--exclude", "source:drop+"), dbt_environment(lakehouse.settings))
            return _pack(lakehouse, archive_of(version))


def _pack(lakehouse: Lakehouse, archive: Path) -> Path:
    """Pack the catalog and the warehouse, without locks and Spark's checksums."""
    catalog = lakehouse.home / "lake" / "catalog.db"
    with sqlite3.connect(catalog) as connection:  # what is only in the log would be left behind
        connection.execute("pragma wal_checkpoint(truncate)")
    with tarfile.open(archive, "w:xz") as packed:
        packed.add(catalog, "lake/catalog.db", filter=_plain)
        packed.add(catalog.with_name("warehouse"), "lake/warehouse", filter=_plain)
    return archive


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Leave out who wrote a file, and what can be made again."""
    if member.name.endswith(".crc"):
        return None
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


@contextmanager
def _server() -> Iterator[EmbeddedPostgres]:
    folder = Path(tempfile.mkdtemp(prefix="firn-stored-source-"))
    server = EmbeddedPostgres(folder)
    try:
        server.start()
        yield server
    finally:
        server.destroy()
        shutil.rmtree(folder)


if __name__ == "__main__":
    print(write(sys.argv[1]))  # noqa: T201 - it is a command
