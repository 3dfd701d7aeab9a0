"""`firn restore catalog`: the warehouse's metadata files -> tables registered where they were.

A metadata file says all of a table, its progress and its readers' positions too, so a catalog that
was lost is made again of the newest whole one in each folder.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from lake.catalog_check import Missed, begin_log, missed_tables
from lake.catalogs.backups import back_up, backups
from lake.catalogs.sqlite import SqliteCatalog
from lake.catalogs.sqlite_file import damage_of, set_aside
from lake.errors import ConfigurationError, EnvironmentFault, FirnError
from lake.lake import Lake, Pointer
from lake.namespaces import ensure_namespace
from lake.settings import Settings
from lake.warehouse import MetadataFile, Warehouse, folders_named
from operations.preflight.found import is_whole


@dataclass(frozen=True)
class Registration:
    """A table or view to register: `file` is its newest whole metadata file.

    `fault` says why it cannot be registered; `registered` whether that was done.
    """

    missed: Missed
    file: MetadataFile | None
    fault: str = ""
    registered: bool = False

    @property
    def name(self) -> str:
        """The table as SQL names it."""
        return ".".join(self.missed.identifier)

    @property
    def committed_at(self) -> datetime | None:
        """When the file was written by its own account."""
        at = self.file.updated_at / 1000 if self.file else None
        return None if at is None else datetime.fromtimestamp(at, UTC)


@dataclass(frozen=True)
class Restoration:
    """What a catalog misses of its warehouse, and the copies of the catalog that there are.

    `damage` is what is wrong with the catalog's file, `aside` how it was renamed for that.
    """

    catalog: str
    registrations: tuple[Registration, ...]
    copies: tuple[str, ...]
    damage: str = ""
    aside: str = ""

    def require_success(self) -> None:
        """Raise EnvironmentFault naming what could not be registered."""
        failed = [f"{one.name}: {one.fault}" for one in self.registrations if one.fault]
        if failed:
            raise EnvironmentFault("\n".join(failed), "firn verify")


def restore_catalog(
    settings: Settings, location: str | None = None, *, apply: bool = False
) -> Restoration:
    """Return what is to be registered, and register it with `apply`; no file is written or deleted.

    `location` is the folder of the namespaces' folders, by default the warehouse of the profile.
    A table that another process changes meanwhile is left to it. A catalog that is a file is copied
    first, a damaged one renamed. Raises ConfigurationError where nobody says what the location is,
    EnvironmentFault when the catalog or the folder cannot be read, or the catalog not be changed.
    """
    lake = Lake(settings)
    label, file = lake.backend.label, lake.backend.file
    damage, aside = damage_of(file) if file else "", ""
    if file and damage and apply:
        aside = str(set_aside(file))
    elif apply:
        lake.backend.require_writable()
    elif damage:
        lake.backend = SqliteCatalog(f"{file}.gone")  # look at the files as if there were none
    missed = _missed(lake, location)
    warehouse = Warehouse(lake.files, location or lake.warehouse)
    pointers = lake.pointers() if missed else {}
    found = [_registration(lake, warehouse, one, pointers.get(one.identifier)) for one in missed]
    if apply and found:
        back_up(lake.backend, lake.home, is_due=True)
        found = [_register(lake, one, pointers.get(one.missed.identifier)) for one in found]
        if lake.backend.has_drop_log:
            begin_log(lake, ())
    copies = tuple(str(file) for file in backups(lake.home))
    return Restoration(label, tuple(found), copies, damage, aside)


def forget_missed(settings: Settings) -> list[str]:
    """Take all that the catalog misses for dropped on purpose; return the names.

    Raises ConfigurationError where the catalog keeps no log of drops, EnvironmentFault.
    """
    lake = Lake(settings)
    if not lake.backend.has_drop_log:
        lake.backend.begin_drop_log()
    missed = _missed(lake, None)
    if missed:
        lake.catalog  # noqa: B018 - makes its tables where it was lost
        back_up(lake.backend, lake.home, is_due=True)
        begin_log(lake, missed)
    return [".".join(one.identifier) for one in missed]


def _missed(lake: Lake, location: str | None) -> list[Missed]:
    if location is None and not lake.backend.has_drop_log:
        raise ConfigurationError(
            f"the catalog {lake.backend.label} chooses itself where tables lie",
            "name the folder of the namespaces' folders: firn restore catalog --warehouse s3://…",
        )
    try:
        return missed_tables(lake, location)
    except OSError as error:
        raise EnvironmentFault(
            f"the folder {location or lake.warehouse} cannot be read: {error}", "firn doctor"
        ) from error


def _registration(
    lake: Lake, warehouse: Warehouse, missed: Missed, known: Pointer | None
) -> Registration:
    files = warehouse.newest_first(missed.folder)
    whole = next((file for file in files if is_whole(lake.files, file)), None)
    if whole is None:
        return Registration(missed, None, "no metadata file in its folder is whole")
    if known and known.metadata and not _leads_to(warehouse, known, missed):
        return Registration(missed, None, f"the name is that of {known.metadata}")
    if known and known.metadata == whole.location:
        return Registration(missed, None, "newer files are damaged; firn restore catalog --forget")
    return Registration(missed, whole)


def _leads_to(warehouse: Warehouse, known: Pointer, missed: Missed) -> bool:
    return missed.folder.location in folders_named(warehouse, [known])


def _register(lake: Lake, wanted: Registration, known: Pointer | None) -> Registration:
    if wanted.file is None:
        return wanted
    identifier, file = wanted.missed.identifier, wanted.file
    try:
        ensure_namespace(lake.catalog, identifier[0])
        done = lake.backend.register(identifier, known, file.location, is_view=file.is_view)
    except FirnError as error:
        return Registration(wanted.missed, file, str(error))
    fault = "" if done else "another process changed it just now"
    return Registration(wanted.missed, file, fault, registered=done)


def lines_of(restoration: Restoration) -> Iterator[str]:
    """Yield what is to be registered, or was, a line each, then the copies of the catalog.

    What is wrong with the catalog's file comes first.
    """
    if restoration.damage:
        aside = restoration.aside
        done = f"it is now {aside}" if aside else "--apply renames it and makes it anew"
        damage = " ".join(restoration.damage.split())
        yield f"the catalog {restoration.catalog} is damaged ({damage}): {done}"
    for one in restoration.registrations:
        file = one.file.location.rpartition("/")[2] if one.file else "-"
        at = f"{one.committed_at:%Y-%m-%d %H:%M:%S} UTC" if one.committed_at else "-"
        state = one.fault or ("registered" if one.registered else one.missed.why)
        yield f"{one.name}  {file}  {at}  {state}"
    for copy in restoration.copies:
        yield f"copy of the catalog: {copy}"
