"""Where tables are and what they say: profile -> catalog, metadata; knows no source, no dbt."""
