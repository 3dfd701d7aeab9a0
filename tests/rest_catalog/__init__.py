"""A REST catalog for tests: Iceberg's own adapter, on a database, in a server on 127.0.0.1."""
