"""A folder that files are dropped in, and the lake they are landed in, for one test."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.integration.ingestion.checker import Row
from tests.integration.ingestion.home import LakeHome

SOURCE = "drop"


@dataclass(frozen=True)
class Drop(LakeHome):
    """A project folder with its FIRN_HOME, and the folder `landing` that its source reads."""

    @property
    def landing(self) -> Path:
        """Where files are dropped."""
        return self.folder / "landing"

    def set_up(self) -> None:
        """Make the project folder and the folder to drop files in; no declarations yet."""
        self.make_project(DROP_FILES=str(self.landing))
        self.landing.mkdir()

    def declare(self, *tables: dict[str, Any], **defaults: object) -> None:
        """Write the source's declaration with these tables."""
        block = {"connector": "files", "connection": "DROP_FILES", "stable_for": "0 seconds"}
        source = {
            "name": SOURCE,
            "schema": f"raw_{SOURCE}",
            "config": {"meta": {"ingestion": {**block, **defaults}}},
            "tables": list(tables),
        }
        file = self.folder / "models" / "raw" / f"{SOURCE}.yml"
        file.write_text(yaml.safe_dump({"sources": [source]}, sort_keys=False))

    def put(self, name: str, content: bytes | str, *, at: float | None = None) -> Path:
        """Drop a file; `at` is its time of change in seconds since 1970."""
        file = self.landing / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        if at is not None:
            os.utime(file, (at, at))
        return file

    def rows(self, table: str = "items", **options: str) -> list[Row]:
        """Return rows of a raw table, read independently."""
        return self.lake.rows(f"raw_{SOURCE}.{table}", **options)

    def quarantined(self) -> list[Row]:
        """Return the rows of quarantine, read independently."""
        return self.lake.rows(f"quarantine.{SOURCE}")


def table(
    name: str,
    columns: Mapping[str, str],
    paths: Mapping[str, str] | None = None,
    **ingestion: object,
) -> dict[str, Any]:
    """Return the declaration of a table; a type may be followed by `token` or `drop`."""
    declared = []
    for column, kind in columns.items():
        data_type, _, personal = kind.partition(" ")
        given = {"personal_data": personal, "path": (paths or {}).get(column)}
        meta = {key: value for key, value in given.items() if value}
        block: dict[str, Any] = {"name": column, "data_type": data_type}
        declared.append({**block, "config": {"meta": meta}} if meta else block)
    settings = {"files": f"{name}/*", "format": "json_lines", "key": ["id"], **ingestion}
    return {"name": name, "config": {"meta": {"ingestion": settings}}, "columns": declared}


def long_ago(seconds: float = 3600) -> float:
    """Return a time that is long past."""
    return time.time() - seconds


def by(name: str, rows: list[Row]) -> dict[Any, Row]:
    """Return rows by a column that identifies them."""
    found = {row[name]: row for row in rows}
    assert len(found) == len(rows)
    return found
