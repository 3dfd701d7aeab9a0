"""Pointers of a catalog, the same for each kind: read in one query, changed as expected or not."""

import shutil
from pathlib import Path

import pytest
from pyiceberg.schema import Schema

from lake.catalogs.base import Pointer, PointerChange, PointerConflictError
from lake.catalogs.sql import DatabaseCatalog
from lake.catalogs.sqlite import SqliteCatalog
from lake.errors import EnvironmentFault
from tests.unit.lake.catalogs.conftest import StartWriter
from tests.unit.lake.catalogs.writer import TABLE

A, B, C = ("gold", "a"), ("gold", "b"), ("silver", "c")
ALL = (A, B, C)


@pytest.fixture
def filled(backend: DatabaseCatalog) -> DatabaseCatalog:
    """Return the catalog with three tables, each at its first metadata file."""
    backend.open({"warehouse": "file:///nowhere"})
    backend.compare_and_set([PointerChange(table, None, "1") for table in ALL])
    return backend


def _now(backend: DatabaseCatalog) -> list[str | None]:
    pointers = backend.pointers()
    return [pointers[table].metadata for table in ALL]


def _set(*changes: tuple[tuple[str, str], str, str]) -> dict[str, list[list[str]]]:
    return {"changes": [[*table, expected, metadata] for table, expected, metadata in changes]}


def test_without_a_catalog_there_is_no_pointer(backend: DatabaseCatalog) -> None:
    assert backend.pointers() == {}
    assert backend.pointer(A) is None


def test_pyiceberg_and_the_backend_see_what_the_other_writes(
    backend: DatabaseCatalog, tmp_path: object
) -> None:
    catalog = backend.open({"warehouse": f"file://{tmp_path}/warehouse"})
    catalog.create_namespace("gold")
    table = catalog.create_table(A, Schema())
    first = table.metadata_location
    assert backend.pointers() == {A: Pointer(first)}
    with table.transaction() as transaction:
        transaction.set_properties(a="1")
    second = table.metadata_location
    assert backend.pointer(A) == Pointer(second, first)
    backend.compare_and_set([PointerChange(A, second, first)])
    assert backend.pointer(A) == Pointer(first, second)
    assert catalog.load_table(A).metadata_location == first
    with catalog.load_table(A).transaction() as transaction:
        transaction.set_properties(a="2")
    third = catalog.load_table(A).metadata_location
    with pytest.raises(PointerConflictError):
        backend.compare_and_set([PointerChange(A, first, second)])
    assert backend.pointer(A) == Pointer(third, first)


def test_several_change_together_or_not_at_all(filled: DatabaseCatalog) -> None:
    filled.compare_and_set([PointerChange(A, "1", "2"), PointerChange(C, "1", "2")])
    assert _now(filled) == ["2", "1", "2"]
    assert filled.pointer(A) == Pointer("2", "1")
    changes = [PointerChange(table, "1", "3") for table in ALL]
    with pytest.raises(PointerConflictError) as raised:
        filled.compare_and_set(changes)
    assert raised.value.moved == (A, C)
    assert str(raised.value).startswith(f"gold.a, silver.c in the catalog {filled.label} changed")
    assert _now(filled) == ["2", "1", "2"]


def test_a_new_table_must_not_be_there(filled: DatabaseCatalog) -> None:
    new = ("gold", "new")
    with pytest.raises(PointerConflictError) as raised:
        filled.compare_and_set([PointerChange(new, None, "1"), PointerChange(B, None, "9")])
    assert raised.value.moved == (B,)
    assert filled.pointer(new) is None
    with pytest.raises(PointerConflictError):
        filled.compare_and_set([PointerChange(("gold", "gone"), "1", "2")])


def test_a_damaged_row_is_repaired_only_as_it_was_read(filled: DatabaseCatalog) -> None:
    known = filled.pointers()[A]
    assert not filled.repair(A, Pointer("another"), "new")
    assert filled.pointer(A) == known
    assert filled.repair(A, known, "new")
    assert filled.pointer(A) == Pointer("new")
    assert not filled.repair(A, known, None)
    assert filled.repair(A, Pointer("new"), None)
    assert filled.pointer(A) is None
    assert _now_of_others(filled) == ["1", "1"]


def _now_of_others(backend: DatabaseCatalog) -> list[str | None]:
    return [pointer.metadata for name, pointer in backend.pointers().items() if name != A]


def test_of_two_writers_one_wins_and_the_other_is_told(
    filled: DatabaseCatalog, start_writer: StartWriter
) -> None:
    writers = [start_writer(), start_writer()]
    for number in range(1, 21):
        before, after = str(number), str(number + 1)
        for writer, tables in zip(writers, ((A, B), (B, A)), strict=True):
            writer.send(_set(*((table, before, after) for table in tables)))
        said = sorted(writer.answer() for writer in writers)
        assert said == ["moved gold.a gold.b", "won"], number
        assert _now(filled) == [after, after, "1"]


def test_no_change_of_two_writers_is_lost(
    filled: DatabaseCatalog, start_writer: StartWriter
) -> None:
    filled.compare_and_set([PointerChange(TABLE, None, "0")])
    writers = [start_writer(), start_writer()]
    for writer in writers:
        writer.send({"count": 40})
    conflicts = [int(writer.answer()) for writer in writers]
    assert filled.pointers()[TABLE].metadata == "80", conflicts


def test_a_writer_that_is_killed_in_between_has_changed_nothing(
    filled: DatabaseCatalog, start_writer: StartWriter
) -> None:
    writer = start_writer()
    writer.send({"dies": True, **_set(*((table, "1", "2") for table in ALL))})
    assert writer.answer() == ""
    assert writer.process.wait() == 137
    assert _now(filled) == ["1", "1", "1"]
    filled.compare_and_set([PointerChange(table, "1", "3") for table in ALL])
    assert _now(filled) == ["3", "3", "3"]


def test_without_the_transaction_it_would_have_changed_a_part(
    filled: DatabaseCatalog, start_writer: StartWriter
) -> None:
    """Guard off: the same kill leaves tables that do not belong together."""
    writer = start_writer()
    writer.send({"dies": True, "unguarded": True, **_set(*((t, "1", "2") for t in ALL))})
    assert writer.answer() == ""
    assert _now(filled) == ["2", "1", "1"]


def test_two_that_open_it_for_the_first_time_make_its_tables_once(
    backend: DatabaseCatalog, start_writer: StartWriter
) -> None:
    writers = [start_writer() for _ in range(4)]
    for writer in writers:
        writer.send({"opens": True})
    assert [writer.answer() for writer in writers] == ["opened"] * 4
    assert backend.pointers() == {}


def test_a_catalog_file_that_is_replaced_is_the_one_that_is_read_and_changed(
    tmp_path: Path,
) -> None:
    backend, other = (SqliteCatalog(f"jdbc:sqlite:{tmp_path}/{n}/catalog.db") for n in "ab")
    for catalog, metadata in ((backend, "1"), (other, "9")):
        catalog.open({"warehouse": "file:///nowhere"})
        catalog.compare_and_set([PointerChange(A, None, metadata)])
    assert backend.pointer(A) == Pointer("1")
    shutil.rmtree(tmp_path / "a")
    assert backend.pointer(A) is None
    with pytest.raises(EnvironmentFault):
        backend.compare_and_set([PointerChange(A, "1", "2")])
    shutil.copytree(tmp_path / "b", tmp_path / "a")
    assert backend.pointer(A) == Pointer("9")
    backend.compare_and_set([PointerChange(A, "9", "10")])
    assert SqliteCatalog(f"jdbc:sqlite:{tmp_path}/a/catalog.db").pointer(A) == Pointer("10", "9")


def test_after_a_fault_the_catalog_is_opened_again(tmp_path: Path) -> None:
    backend = SqliteCatalog(f"jdbc:sqlite:{tmp_path}/catalog.db")
    backend.open({"warehouse": "file:///nowhere"})
    backend.compare_and_set([PointerChange(A, None, "1")])
    failed = backend._kept.connection
    assert failed is not None
    failed.close()
    with pytest.raises(EnvironmentFault):
        backend.pointer(A)
    assert backend.pointer(A) == Pointer("1")
