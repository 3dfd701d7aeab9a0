"""Reads PostgreSQL tables: declaration + progress -> one snapshot -> COPY -> Arrow batches."""

from ingestion.connectors.postgres.catalog_summary import Outline
from ingestion.connectors.postgres.reader import PostgresReader, Reading, Request

__all__ = ["Outline", "PostgresReader", "Reading", "Request"]
