"""Reads dropped files: declaration + what is landed -> new files -> blocks -> Arrow batches."""

from ingestion.readers.files.place import open_place
from ingestion.readers.files.reader import FileReading

__all__ = ["FileReading", "open_place"]
