"""Lands raw tables: declared source tables -> Arrow batches -> one Iceberg commit with progress."""
