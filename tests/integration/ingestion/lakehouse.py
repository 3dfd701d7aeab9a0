"""One source database and one lake for a test: YAML declarations -> loads by the product."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from typing import Any

import psycopg
import yaml

from ingestion.loading.replay import replay
from ingestion.loading.replay_table import ReplayResult
from lake.settings import Failpoint
from tests.integration.ingestion.checker import Row
from tests.integration.ingestion.fork import fork
from tests.integration.ingestion.home import LakeHome


@dataclass(frozen=True)
class Lakehouse(LakeHome):
    """A project folder, its FIRN_HOME, and the database it reads (owner's and reader's URL)."""

    owner_url: str
    reader_url: str

    def set_up(self) -> None:
        """Make the project folder; no declarations yet."""
        self.make_project(SOURCE_URL=self.reader_url)

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

    def replay(self, *selection: str) -> ReplayResult:
        """Replay in this process and return the result of the first table."""
        return replay(selection, self.settings)[0]

    def replay_in_process(self, failpoint: Failpoint | None = None) -> ForkServerProcess:
        """Start a replay in a process of its own, which can be killed or dies at a point."""
        return fork(replay, [], self.dying_at(failpoint))

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
