"""Gold tables as files for other programs: tables -> CSV or Parquet, and a manifest."""
