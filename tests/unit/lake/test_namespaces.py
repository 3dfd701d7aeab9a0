"""Two processes that make the same namespace at once."""

from pathlib import Path

import pytest
from pyiceberg.catalog import Catalog
from sqlalchemy.exc import IntegrityError

from lake.lake import open_catalog
from lake.namespaces import ensure_namespace
from lake.settings import Settings


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    """Return the catalog of an empty lake."""
    return open_catalog(Settings(project_dir=Path(__file__).parents[3], home=tmp_path))


def test_one_that_another_process_makes_meanwhile_is_taken(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault two-loads-at-once."""
    catalog.create_namespace("raw_shop")
    there, looks = catalog.namespace_exists, iter([False])  # pyiceberg's own look came too early
    monkeypatch.setattr(catalog, "namespace_exists", lambda name: next(looks, there(name)))
    ensure_namespace(catalog, "raw_shop")
    assert catalog.list_namespaces() == [("raw_shop",)]


def test_a_database_that_refuses_it_for_another_reason_is_heard(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: str) -> None:
        raise IntegrityError("insert", {}, ValueError("read-only"))

    monkeypatch.setattr(catalog, "create_namespace_if_not_exists", refuse)
    with pytest.raises(IntegrityError, match="read-only"):
        ensure_namespace(catalog, "raw_shop")
