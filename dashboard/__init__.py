"""Pages over the lake: published tables -> Arrow -> DuckDB -> charts; `make dashboard`."""
