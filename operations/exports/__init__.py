"""Gold tables as files for other programs: tables -> CSV, Parquet, JSON, Excel; a manifest."""
