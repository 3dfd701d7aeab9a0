"""Reads samples as they are drafted: a drafted table -> why rows of them do not fit."""

from __future__ import annotations

from collections.abc import Mapping
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


def refusals(name: str, table: dict[str, Any], samples: Path) -> list[str]:
    """Read the samples in a folder as the drafted `table`; return why rows of it are set aside.

    Personal data is read as it is.
    """
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
    with FileReading(files, declared, None, {}) as reading:
        batches = [batch for batch in reading.batches if isinstance(batch, Batch)]
    return [rejection.reason for batch in batches for rejection in batch.rejections]


def _without_personal(meta: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in meta.items() if key != "personal_data"}
