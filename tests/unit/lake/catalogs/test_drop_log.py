"""A catalog logs what is dropped, registers what is there, and copies itself where it is a file."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pyiceberg.catalog import Catalog
from pyiceberg.schema import Schema

from lake.catalogs import backups as catalog_backups
from lake.catalogs.backups import KEPT, back_up, backups
from lake.catalogs.base import Pointer
from lake.catalogs.sql import DatabaseCatalog
from lake.catalogs.sqlite import SqliteCatalog

A, B, C = ("gold", "a"), ("gold", "b"), ("gold", "c")


@pytest.fixture
def catalog(backend: DatabaseCatalog, tmp_path: Path) -> Catalog:
    """Return the opened catalog with three tables."""
    catalog = backend.open({"warehouse": f"file://{tmp_path}/warehouse"})
    catalog.create_namespace("gold")
    for name in (A, B, C):
        catalog.create_table(name, Schema())
    return catalog


def test_what_an_engine_drops_is_logged(backend: DatabaseCatalog, catalog: Catalog) -> None:
    files = [catalog.load_table(name).metadata_location for name in (A, B)]
    catalog.drop_table(A)
    assert backend.drops() is None
    backend.begin_drop_log(files[:1])
    backend.begin_drop_log()  # begun again, it is the same log
    catalog.drop_table(B)
    assert backend.drops() == frozenset({"", *files})
    catalog.rename_table(C, A)
    assert backend.drops() == frozenset({"", *files})


def test_a_catalog_that_is_emptied_has_dropped_nothing(
    backend: DatabaseCatalog, catalog: Catalog
) -> None:
    backend.begin_drop_log()
    with backend._transaction() as execute:
        assert execute("delete from iceberg_tables", ()).rowcount == 3
    assert backend.pointers() == {}
    assert backend.drops() == frozenset({""})


def test_a_file_is_registered_unless_the_name_has_changed(
    backend: DatabaseCatalog, catalog: Catalog
) -> None:
    known = backend.pointer(A)
    assert known is not None
    file = known.metadata
    assert file is not None
    catalog.drop_table(A)
    assert not backend.register(A, known, file, is_view=False)
    assert backend.register(A, None, file, is_view=False)
    assert not backend.register(A, None, file, is_view=False)
    assert catalog.load_table(A).metadata_location == file
    assert backend.register(("gold", "v"), None, file, is_view=True)
    assert backend.pointers()["gold", "v"] == Pointer(file, is_view=True)


def test_only_a_catalog_that_is_a_file_is_copied(
    backend: DatabaseCatalog, catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    copy = back_up(backend, home)
    if not isinstance(backend, SqliteCatalog):
        assert (copy, backups(home)) == (None, [])
        return
    assert copy is not None
    assert (copy.stat().st_mode & 0o777, copy.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    with closing(sqlite3.connect(copy)) as connection:
        [(count,)] = connection.execute("select count(*) from iceberg_tables")
    assert count == len(backend.pointers()) == 3
    assert back_up(backend, home) is None  # there is one of today
    today = datetime.now(UTC)
    for day in range(1, 2 * KEPT):

        class Later(datetime):
            @classmethod
            def now(cls, _: object = None, later: timedelta = timedelta(days=day)) -> datetime:  # type: ignore[override]
                return today + later

        monkeypatch.setattr(catalog_backups, "datetime", Later)
        assert back_up(backend, home) is not None
        assert back_up(backend, home) is None
    assert len(backups(home)) == KEPT
    assert back_up(backend, home, is_due=True) == backups(home)[-1]
    assert len(list(copy.parent.iterdir())) == KEPT
