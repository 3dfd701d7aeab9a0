"""Reads dropped files: declaration + what is landed -> new files -> blocks -> Arrow batches."""

from ingestion.connectors.files.reader import FileReading
from ingestion.connectors.files.storage.base import open_storage

__all__ = ["FileReading", "open_storage"]
