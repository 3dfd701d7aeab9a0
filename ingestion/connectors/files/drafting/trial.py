"""Reads samples as they are drafted: a drafted table -> the columns that do not fit, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from ingestion.connectors.batches import Batch
from ingestion.connectors.files.declaration import (
    FilesIngestion,
    FileTable,
    FileTableIngestion,
)
from ingestion.connectors.files.new_files import NewFiles
from ingestion.connectors.files.processed_files import ProcessedFiles
from ingestion.connectors.files.reading import FileReading
from ingestion.connectors.files.storage.folder import Folder
from ingestion.declarations import ColumnDeclaration
from ingestion.declarations.model import PersonalData


@dataclass(frozen=True)
class Trial:
    """How many rows of samples were landed and set aside, and why the first of these were."""

    landed: int
    reasons: list[str]

    def misfits(self, origins: Mapping[str, str]) -> set[str]:
        """Return the columns that reasons begin with, by name, or by what `origins` say of it."""
        found = set()
        for name, origin in origins.items():
            heads = tuple(f"{head}{mark}" for head in {name, origin} for mark in (":", " "))
            if any(reason.startswith(heads) or f"({origin})" in reason for reason in self.reasons):
                found.add(name)
        return found


def tried(name: str, table: dict[str, Any], samples: Path) -> Trial:
    """Read the samples in a folder as the drafted `table`; personal data is read as it is."""
    given = {**table["config"]["meta"]["ingestion"], "files": "*"}
    source = FilesIngestion(connector="files", connection="FILES", stable_for=timedelta(0))
    block = FileTableIngestion.model_validate(given)
    columns = tuple(
        ColumnDeclaration.model_validate(
            {
                "name": column["name"],
                "data_type": column["data_type"],
                **_without_personal(column.get("config", {}).get("meta", {})),
            }
        )
        for column in table["columns"]
    )
    declared = FileTable.model_validate(
        {**block.declared(name, source), "source": "draft", "name": name, "columns": columns}
    )
    files = NewFiles(Folder(samples, "FILES"), declared, ProcessedFiles())
    landed, reasons = 0, []
    with FileReading(files, declared, None, {}) as reading:
        for batch in reading.batches:
            if isinstance(batch, Batch):
                landed += batch.rows.num_rows
                reasons += [rejection.reason for rejection in batch.rejections]
            else:
                landed += batch.footer.num_rows
    return Trial(landed, reasons)


def _without_personal(meta: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in meta.items() if key != "personal_data"}
    drops = meta.get("personal_data") == PersonalData.DROP.value
    return {**kept, "personal_data": "drop"} if drops else kept
