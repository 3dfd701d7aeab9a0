"""Makes the lakehouse fixtures known to the tests of this folder."""

from tests.integration.ingestion.fixtures import lakehouse, make_lakehouse, pgbouncer, with_items

__all__ = ["lakehouse", "make_lakehouse", "pgbouncer", "with_items"]
