"""dbt's own suite for adapters, on Spark and Iceberg, without Firn's repairs and with them.

`make adapter-suite` runs it both ways and writes `docs/adapter-suite.md`; it takes long, and is
no part of `make test`.
"""
