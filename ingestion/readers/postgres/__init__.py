"""Reads PostgreSQL tables: declaration + progress -> one snapshot -> COPY -> Arrow batches."""

from ingestion.readers.postgres.outline import Outline
from ingestion.readers.postgres.reader import PostgresReader, Reading, Request

__all__ = ["Outline", "PostgresReader", "Reading", "Request"]
