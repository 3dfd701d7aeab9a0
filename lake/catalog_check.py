"""Is the catalog the one that belongs to the warehouse? Folders + pointers -> what it misses.

A catalog that was lost, emptied or put back from an old copy looks like a young one, and whoever
goes on with it begins tables anew. So the newest metadata file of a table's folder may be one
commit ahead of the catalog (a process that died before it committed), and not more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from lake.catalogs.backups import back_up
from lake.catalogs.base import Identifier
from lake.errors import DataLossError
from lake.lake import Lake, Pointer
from lake.private import private_folder
from lake.warehouse import NEVER, MetadataFile, TableFolder, Warehouse, folders_named, version_of

AHEAD = 1  # commits: what a process that was killed leaves behind
LOG_BEGUN = ".drops-are-logged"  # in the warehouse, when its catalog logs drops
NAMED_IN_MESSAGE = 5
Pointers = dict[Identifier, Pointer]


class Why(StrEnum):
    """In what way a catalog is not the one of the files."""

    UNKNOWN = "not in the catalog"
    OLDER = "older in the catalog"
    ANEW = "begun anew in the catalog"


@dataclass(frozen=True)
class Missed:
    """A table or view of which the warehouse has more than the catalog: `newest` is that file."""

    folder: TableFolder
    why: Why
    newest: MetadataFile
    named: str | None = None

    @property
    def identifier(self) -> Identifier:
        """The table's name."""
        return self.folder.identifier


def require_catalog(lake: Lake, among: Collection[Identifier] | None = None) -> None:
    """Return if the catalog is the one of the warehouse's files, as far as `among` is concerned.

    Tables that the catalog does not know are looked for everywhere on this machine's disk, and
    among these names in an object store. A catalog that is whole is copied once a day, where it is
    a file. Nothing is looked at where the warehouse has no location (a REST catalog).

    Raises DataLossError naming what is missed, EnvironmentFault when the catalog cannot be read or
    changed.
    """
    if not lake.backend.has_drop_log:
        return
    lake.backend.require_writable()
    warehouse = Warehouse(lake.files, lake.warehouse)
    is_begun = _is_begun(lake, warehouse)
    missed = _missed(lake, warehouse, among if is_begun else None)
    if not is_begun and (pointers := lake.pointers()):
        missed = _begin(lake, warehouse, missed, pointers)
    if missed:
        raise DataLossError(_message(lake, missed), "firn restore catalog")
    back_up(lake.backend, lake.home)


def require_newest(lake: Lake, among: Collection[Identifier]) -> None:
    """Return if the catalog is not older than the files of `among`, and none of them is lost.

    As `require_catalog`, for what only reads: nothing is written. Raises DataLossError, and
    EnvironmentFault when the catalog cannot be read.
    """
    if not lake.backend.has_drop_log:
        return
    warehouse = Warehouse(lake.files, lake.warehouse)
    missed = _missed(lake, warehouse, among)
    if not _is_begun(lake, warehouse) and lake.pointers():
        missed = [one for one in missed if one.why is Why.OLDER]  # the others were dropped
    if missed:
        raise DataLossError(_message(lake, missed), "firn restore catalog")


def missed_tables(lake: Lake, location: str | None = None) -> list[Missed]:
    """Return what the catalog misses of the warehouse, or of the folder at `location`.

    Raises OSError, EnvironmentFault.
    """
    return _missed(lake, Warehouse(lake.files, location or lake.warehouse), None)


def unknown_folders(lake: Lake) -> dict[str, str]:
    """Return the tables' folders that no pointer leads to, by name, dropped tables' too.

    None for a REST catalog, whose warehouse has no location. Raises OSError, EnvironmentFault.
    """
    if not lake.backend.has_drop_log:
        return {}
    warehouse = Warehouse(lake.files, lake.warehouse)
    found = [warehouse.folder(*one) for one in _concerned(warehouse, lake.pointers(), ())]
    return {
        ".".join(folder.identifier): folder.location.rpartition("/")[0]
        for folder in found
        if folder.files
    }


def begin_log(lake: Lake, missed: Iterable[Missed]) -> None:
    """Let the catalog log drops, and take what is missed for dropped on purpose."""
    lake.backend.begin_drop_log([one.newest.location for one in missed])
    if path := lake.files.local_path(lake.warehouse):
        (private_folder(path) / LOG_BEGUN).touch()


def _is_begun(lake: Lake, warehouse: Warehouse) -> bool:
    path = lake.files.local_path(warehouse.location)
    return path is None or (path / LOG_BEGUN).exists()


def _begin(
    lake: Lake, warehouse: Warehouse, missed: list[Missed], pointers: Pointers
) -> list[Missed]:
    """Begin the log of a catalog that has none; what it does not know by now was dropped."""
    dropped = [one for one in missed if one.why is not Why.OLDER]
    if folders_named(warehouse, list(pointers.values())):
        back_up(lake.backend, lake.home, is_due=True)
        begin_log(lake, dropped)
        return [one for one in missed if one.why is Why.OLDER]
    return missed


def _missed(lake: Lake, warehouse: Warehouse, among: Collection[Identifier] | None) -> list[Missed]:
    """List the folders first and ask the catalog then: nothing is older that was committed since.

    Only a folder that is ahead costs a second question.
    """
    pointers = lake.pointers()
    folders = [warehouse.folder(*one) for one in _concerned(warehouse, pointers, among)]
    if not (ahead := _ahead(warehouse, folders, pointers)):
        return []
    pointers, drops = lake.pointers(), lake.backend.drops() or ()
    found = (
        _judged(warehouse, folder, pointers) for folder in _ahead(warehouse, ahead, pointers, drops)
    )
    return [one for one in found if one]


def _concerned(
    warehouse: Warehouse, pointers: Pointers, among: Collection[Identifier] | None
) -> Iterator[tuple[Identifier, str | None]]:
    """Yield the names and folders to list: those asked for, and all that no pointer leads to."""
    led_to = {
        warehouse.folder_of(pointer.metadata): identifier
        for identifier, pointer in pointers.items()
        if pointer.metadata
    }
    for location, identifier in led_to.items():
        if among is None or identifier in among:
            yield identifier, location
    everywhere = among is None or warehouse.is_local
    for identifier in warehouse.tables() if everywhere else (among or ()):
        if warehouse.metadata_folder(identifier) not in led_to:
            yield identifier, None


def _ahead(
    warehouse: Warehouse,
    folders: Iterable[TableFolder],
    pointers: Pointers,
    drops: Iterable[str] = (),
) -> list[TableFolder]:
    """Return the folders with files more than a commit beyond what is known of them."""
    known: dict[str, int] = {}
    for file in (*(one.metadata for one in pointers.values() if one.metadata), *drops):
        location = warehouse.folder_of(file)
        known[location] = max(version_of(file), known.get(location, NEVER))
    return [one for one in folders if one.newest_version - known.get(one.location, NEVER) > AHEAD]


def _judged(warehouse: Warehouse, folder: TableFolder, pointers: Pointers) -> Missed | None:
    """Read what a folder that is ahead holds; None if it is one unfinished commit after all."""
    files = (one.metadata for one in pointers.values() if one.metadata)
    named = next((file for file in files if warehouse.folder_of(file) == folder.location), None)
    above = NEVER if named is None else version_of(named)
    newest = next(warehouse.newest_first(folder, above), None)
    if newest is None or (named and _steps(warehouse, newest, named) == AHEAD):
        return None
    if named is None:
        return Missed(folder, Why.UNKNOWN, newest)
    current = warehouse.read(named)
    is_other = current is not None and current.uuid != newest.uuid
    return Missed(folder, Why.ANEW if is_other else Why.OLDER, newest, named)


def _steps(warehouse: Warehouse, newest: MetadataFile, named: str) -> int | None:
    """Return how many commits lie between two files of a table, None where none leads back."""
    log = [entry["metadata-file"] for entry in newest.document.get("metadata-log", ())]
    alike = [warehouse.written_alike(file) for file in log]
    wanted = warehouse.written_alike(named)
    return len(alike) - alike.index(wanted) if wanted in alike else None


def _message(lake: Lake, missed: list[Missed]) -> str:
    shown = ", ".join(
        f"{'.'.join(one.identifier)} ({one.why})" for one in missed[:NAMED_IN_MESSAGE]
    )
    more = len(missed) - NAMED_IN_MESSAGE
    rest = f" and {more} more" if more > 0 else ""
    return (
        f"the catalog {lake.backend.label} is lost, emptied or older than the files in"
        f" {lake.warehouse}: {shown}{rest}. Going on would begin these tables anew"
    )
