"""One source database and one lake for a test: YAML declarations -> loads by the product."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import yaml

from ingestion.replay import replay
from ingestion.replay_table import ReplayResult
from ingestion.results import IngestOptions, LoadResult
from ingestion.run import ingest
from ingestion.settings import Settings
from tests.integration.ingestion.checker import LakeReader, Row

ROOT = Path(__file__).parents[3]
TOKEN_KEY = "0123456789abcdef" * 4


@dataclass(frozen=True)
class Lakehouse:
    """A project folder, its FIRN_HOME, and the database it reads (owner's and reader's URL)."""

    folder: Path
    owner_url: str
    reader_url: str

    @property
    def home(self) -> Path:
        """The lake's FIRN_HOME."""
        return self.folder / "home"

    @property
    def lake(self) -> LakeReader:
        """The independent reader of this lake."""
        return LakeReader(self.home)

    @property
    def settings(self) -> Settings:
        """Settings for this project and lake alone."""
        return Settings(project_dir=self.folder, home=self.home)

    def set_up(self) -> None:
        """Make the project folder: profiles, secrets, no declarations yet."""
        (self.folder / "models" / "raw").mkdir(parents=True)
        self.home.mkdir()
        shutil.copytree(ROOT / "profiles", self.folder / "profiles")
        shutil.copy(ROOT / "dbt_project.yml", self.folder)
        self.set_secrets(SOURCE_URL=self.reader_url, FIRN_TOKEN_KEY=TOKEN_KEY)

    def set_secrets(self, **values: str) -> None:
        """Write firn.env anew."""
        secrets = self.home / "firn.env"
        secrets.touch(mode=0o600)
        secrets.write_text("".join(f"{name}={value}\n" for name, value in values.items()))

    def declare(self, *tables: dict[str, Any], source: str = "app") -> None:
        """Write models/raw/<source>.yml with these tables."""
        block = {"connector": "postgres", "connection": "SOURCE_URL", "schema": "public"}
        content = {
            "sources": [
                {
                    "name": source,
                    "schema": f"raw_{source}",
                    "config": {"meta": {"ingestion": block}},
                    "tables": list(tables),
                }
            ]
        }
        file = self.folder / "models" / "raw" / f"{source}.yml"
        file.write_text(yaml.safe_dump(content, sort_keys=False))

    def ingest(self, *selection: str, **options: bool) -> LoadResult:
        """Ingest in this process and return the result of the first table."""
        return self.ingest_all(*selection, **options)[0]

    def ingest_all(self, *selection: str, **options: bool) -> list[LoadResult]:
        """Ingest in this process and return all results."""
        return ingest(selection, IngestOptions(**options), self.settings)

    def replay(self, *selection: str) -> ReplayResult:
        """Replay in this process and return the result of the first table."""
        return replay(selection, self.settings)[0]

    def ingest_in_process(self, failpoint: str = "", **options: bool) -> "subprocess.Popen[str]":
        """Start an ingestion as a process group of its own, which can be killed."""
        script = (
            "from ingestion.run import ingest; from ingestion.results import IngestOptions;"
            f" ingest([], IngestOptions(**{options!r}))"
        )
        return self.start_python(script, failpoint)

    def start_python(self, script: str, failpoint: str = "") -> "subprocess.Popen[str]":
        """Start a Python process that finds this project and lake in its environment."""
        environment = {
            **os.environ,  # noqa: TID251 - for a process of its own
            "FIRN_HOME": str(self.home),
            "FIRN_PROJECT_DIR": str(self.folder),
            "FIRN_FAILPOINT": failpoint,
            "PYTHONPATH": str(ROOT),
        }
        return subprocess.Popen(
            [sys.executable, "-c", script],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def rows(self, table: str = "items", **options: str) -> list[Row]:
        """Return rows of a raw table of source `app`, read independently."""
        return self.lake.rows(f"raw_app.{table}", **options)

    def quarantined(self) -> list[Row]:
        """Return the rows of quarantine.app, read independently."""
        return self.lake.rows("quarantine.app")

    def execute(self, statement: str, *parameters: object) -> None:
        """Run SQL in the source database as its owner, committed at once."""
        with psycopg.connect(self.owner_url, autocommit=True) as connection:
            connection.execute(statement.encode(), parameters or None)

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Run a query in the source database as its owner."""
        with psycopg.connect(self.owner_url, autocommit=True) as connection:
            return connection.execute(statement.encode()).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection]:
        """Give a session of the owner that the test commits or rolls back itself."""
        with psycopg.connect(self.owner_url) as connection:
            yield connection


def table(name: str, columns: dict[str, str], **ingestion: object) -> dict[str, Any]:
    """Return the declaration of a table; a type may be followed by `token` or `drop`."""
    declared = []
    for column, kind in columns.items():
        data_type, _, personal = kind.partition(" ")
        block: dict[str, Any] = {"name": column, "data_type": data_type}
        if personal:
            block["config"] = {"meta": {"personal_data": personal}}
        declared.append(block)
    return {
        "name": name,
        "config": {"meta": {"ingestion": ingestion}},
        "columns": declared,
    }


ITEMS = {"item_id": "bigint", "label": "string", "updated_at": "timestamp"}
CREATE_ITEMS = """
create table items (
    item_id bigint primary key, label text, updated_at timestamptz default clock_timestamp()
)
"""


def items(**ingestion: object) -> dict[str, Any]:
    """Return the declaration of the table most tests use: incremental by updated_at."""
    defaults = {"load": "incremental", "key": ["item_id"], "cursor": "updated_at"}
    return table("items", ITEMS, **(defaults | ingestion))


def full_items(**ingestion: object) -> dict[str, Any]:
    """Return the declaration of the same table, loaded in full."""
    return table("items", ITEMS, load="full", key=["item_id"], **ingestion)
