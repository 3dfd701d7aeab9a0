"""Row level security: rows that a policy hides from the role are never missed in silence."""

import pytest

from ingestion.connectors.postgres import transaction
from ingestion.results import Outcome
from lake.errors import LoadError
from sandbox.postgres import EmbeddedPostgres
from tests.integration.ingestion.fixtures import as_superuser, read_as
from tests.integration.ingestion.lakehouse import Lakehouse, table

pytestmark = pytest.mark.postgres
TENANTS = """
create table tenants (id int primary key, tenant text, v text);
insert into tenants values (1, 'a', 'x'), (2, 'b', 'y'), (3, 'b', 'z');
"""
DECLARED_TENANTS = table(
    "tenants", {"id": "int", "tenant": "string", "v": "string"}, load="full", key=["id"]
)
POLICY = """
alter table tenants enable row level security;
create policy only_a on tenants to {role} using (tenant = 'a');
"""


@pytest.fixture
def tenants(lakehouse: Lakehouse, postgres: EmbeddedPostgres) -> Lakehouse:
    """Return a lake that holds all tenants, and reads as a role that a policy may be made for."""
    read_as(lakehouse, postgres, "rls_reader")
    lakehouse.execute(TENANTS)
    lakehouse.declare(DECLARED_TENANTS)
    assert lakehouse.ingest().rows_landed == 3
    return lakehouse


@pytest.mark.parametrize("deletes", [False, True])
def test_rows_that_a_policy_hides_end_the_load(tenants: Lakehouse, deletes: bool) -> None:
    """Fault hidden-rows: they are neither missing nor tombstones."""
    tenants.execute(POLICY.format(role="rls_reader"))
    with pytest.raises(LoadError, match="affected by row-level security policy") as failure:
        tenants.ingest(deletes=deletes)
    assert "reading app.tenants" in failure.value.message
    assert "alter role … bypassrls" in failure.value.fix
    assert "view" in failure.value.fix
    assert [(row["id"], row["_is_deleted"]) for row in tenants.rows("tenants")] == [
        (1, False),
        (2, False),
        (3, False),
    ]


def test_an_increment_meets_the_policy_too(
    lakehouse: Lakehouse, postgres: EmbeddedPostgres
) -> None:
    """Fault hidden-rows, with a cursor and a comparison of keys."""
    read_as(lakehouse, postgres, "rls_reader")
    lakehouse.execute(TENANTS)
    incremental = {"load": "incremental", "key": ["id"], "cursor": "id"}
    lakehouse.declare(table("tenants", {"id": "int", "tenant": "string"}, **incremental))
    lakehouse.ingest()
    lakehouse.execute(POLICY.format(role="rls_reader"))
    for deletes in (False, True):
        with pytest.raises(LoadError, match="row-level security"):
            lakehouse.ingest(deletes=deletes)
    assert [row["_is_deleted"] for row in lakehouse.rows("tenants")] == [False] * 3


def test_what_the_message_says_cures_it(tenants: Lakehouse, postgres: EmbeddedPostgres) -> None:
    """A view that the table's owner made is read whole, and so is the table with bypassrls."""
    tenants.execute(POLICY.format(role="rls_reader"))
    tenants.execute("create view all_tenants as select * from tenants")
    tenants.declare({**DECLARED_TENANTS, "name": "all_tenants"})
    assert tenants.ingest().rows_landed == 3
    postgres.ensure_role("rls_free")
    read_as(tenants, postgres, "rls_free")
    as_superuser(postgres, "alter role rls_free bypassrls")
    tenants.declare(DECLARED_TENANTS)
    assert tenants.ingest().outcome is Outcome.NOTHING_NEW


def test_with_row_security_on_hidden_rows_would_be_taken_for_deleted(
    tenants: Lakehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault hidden-rows, guard off: that rows live upstream is nowhere to be seen."""
    monkeypatch.setitem(transaction.SETTINGS, "row_security", "on")
    tenants.execute(POLICY.format(role="rls_reader"))
    tenants.ingest()
    deleted = {row["id"] for row in tenants.rows("tenants") if row["_is_deleted"]}
    assert deleted == {2, 3}
