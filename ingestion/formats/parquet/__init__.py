"""Parquet: row groups -> typed columns, as strictly as texts; or the file as it is."""
