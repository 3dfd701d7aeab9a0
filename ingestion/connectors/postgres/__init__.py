"""Reads PostgreSQL tables: declaration + position -> one snapshot -> COPY -> Arrow batches."""
