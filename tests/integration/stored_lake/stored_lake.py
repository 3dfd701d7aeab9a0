"""Lakes that earlier versions of Firn wrote, unpacked where they were written, with their sources.

Each has two tables of a database (`source.sql`) and two of files (FILES), loaded once, and was
built once by dbt. Metadata files hold absolute locations, so that they can stand in one folder
only. `positions_of_format_1.tar.xz` was made by the commit 2570808, the last with such positions;
those named by a version by `write.py`, gold published by areas.
"""

import os
import shutil
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import yaml
from filelock import FileLock

from tests.integration.files.drop import table as file_table
from tests.integration.ingestion.home import ROOT
from tests.integration.ingestion.lakehouse import Lakehouse, table

FOLDER = Path("/tmp/firn-stored-lake")  # noqa: S108 - where it was written
HERE = Path(__file__).parent
MODELS = ROOT / "tests" / "integration" / "upkeep" / "project" / "models"
WRITTEN_AT = 1767225600  # of every file, in seconds since 1970
FILES = {
    "events/a.json": (
        '{"id": 1, "amount": 1.25}\n'
        '{"id": 2, "amount": 2.50, "colour": "red"}\n'
        '{"id": "three", "amount": 3}\n'
    ),
    "events/spoiled.json": "this is no JSON\n",
    "sales/a.csv": "id,amount\n1,10.00\n2,20.00\n,30.00\n",
    "sales/wrong.csv": "number,amount\n1,1\n",
}
STORES = table(
    "stores",
    {"store_id": "bigint", "name": "string", "email": "string token"},
    load="full",
    key=["store_id"],
)
AMOUNTS = {"id": "bigint", "amount": "decimal(10,2)"}
DROPS = (
    file_table("events", AMOUNTS),
    file_table("sales", AMOUNTS, files="sales/*.csv", format="csv"),
)


FORMAT_1 = "positions_of_format_1"
PUBLISHED = "0.5.0"
STORED = (FORMAT_1, PUBLISHED)


@contextmanager
def stored_lake(owner_url: str, reader_url: str, stored: str | None) -> Iterator[Lakehouse]:
    """Unpack a lake over a database that is filled as it was then; remove it at the end.

    `stored` is one of STORED; without it the lake is empty.
    """
    with FileLock(FOLDER.with_suffix(".lock")):
        shutil.rmtree(FOLDER, ignore_errors=True)
        lakehouse = Lakehouse(FOLDER, owner_url, reader_url)
        lakehouse.set_up()
        try:
            _lay_out(lakehouse)
            if stored:
                with tarfile.open(archive_of(stored)) as archive:
                    archive.extractall(lakehouse.home, filter="data")
            yield lakehouse
        finally:
            shutil.rmtree(FOLDER, ignore_errors=True)


def put(files: Mapping[str, str]) -> None:
    """Drop files, with the time that all of them have."""
    for name, content in files.items():
        file = FOLDER / "landing" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
        os.utime(file, (WRITTEN_AT, WRITTEN_AT))


def archive_of(stored: str) -> Path:
    """Return the file that a lake is packed in."""
    return HERE / f"{stored}.tar.xz"


def _lay_out(lakehouse: Lakehouse) -> None:
    lakehouse.set_secrets(
        FIRN_TOKEN_KEY="0123456789abcdef" * 4,
        SOURCE_URL=lakehouse.reader_url,
        DROP_FILES=str(FOLDER / "landing"),
    )
    lakehouse.execute((HERE / "source.sql").read_text(encoding="utf-8"))
    put(FILES)
    shutil.copytree(MODELS, FOLDER / "models", dirs_exist_ok=True)
    (FOLDER / "macros").symlink_to(ROOT / "macros")
    app = FOLDER / "models" / "raw" / "app.yml"
    declared = yaml.safe_load(app.read_text(encoding="utf-8"))
    declared["sources"][0]["tables"].append(STORES)
    app.write_text(yaml.safe_dump(declared, sort_keys=False), encoding="utf-8")
    block = {"connector": "files", "connection": "DROP_FILES", "stable_for": "0 seconds"}
    drop = {"name": "drop", "schema": "raw_drop", "config": {"meta": {"ingestion": block}}}
    sources = {"sources": [{**drop, "tables": list(DROPS)}]}
    text = yaml.safe_dump(sources, sort_keys=False)
    (FOLDER / "models" / "raw" / "drop.yml").write_text(text, encoding="utf-8")
