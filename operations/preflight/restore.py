"""`firn restore`: a table that cannot be opened -> the commit before, or out of the catalog.

Spark opens a table before it drops or changes it, so no statement helps against one that has lost
its metadata file: this works on the catalog's row alone.
"""

from __future__ import annotations

from lake.errors import ConfigurationError, EnvironmentFault
from lake.lake import Identifier, Lake, Pointer
from lake.settings import Settings
from operations.preflight.found import FoundTable, FoundView, Unreadable, read_tables


def restore_table(settings: Settings, name: str) -> str:
    """Let the catalog name the metadata file of the commit before; return that file.

    Raises ConfigurationError when there is nothing to restore, EnvironmentFault when that file is
    not whole or another process changed the table meanwhile.
    """
    lake = Lake(settings)
    identifier, pointer, damaged = _damaged(lake, name)
    if damaged.previous is None:
        raise EnvironmentFault(
            f"{name}: the commit before cannot be read either",
            f"restore its files from a backup, or: firn restore {name} --forget",
        )
    _repoint(lake, identifier, pointer, damaged.previous)
    return damaged.previous


def forget_table(settings: Settings, name: str) -> None:
    """Take a table that cannot be opened out of the catalog; no file is deleted.

    Raises ConfigurationError when the table can be opened, EnvironmentFault when another process
    changed it meanwhile.
    """
    lake = Lake(settings)
    identifier, pointer, _ = _damaged(lake, name)
    _repoint(lake, identifier, pointer, None)


def _damaged(lake: Lake, name: str) -> tuple[Identifier, Pointer, Unreadable | FoundTable]:
    namespace, _, table = name.partition(".")
    identifier = namespace, table
    pointer = lake.pointers().get(identifier)
    found = read_tables(lake, [identifier])[identifier]
    if pointer is None or found is None or isinstance(found, FoundView):
        raise ConfigurationError(
            f"there is no table {name} in the catalog {lake.backend.label}",
            "firn verify lists all tables",
        )
    if isinstance(found, FoundTable) and found.fault is None:
        raise ConfigurationError(
            f"{name} can be opened, there is nothing to restore", "firn verify"
        )
    return identifier, pointer, found


def _repoint(lake: Lake, identifier: Identifier, pointer: Pointer, metadata: str | None) -> None:
    if not lake.repoint(identifier, pointer, metadata):
        raise EnvironmentFault(
            f"{'.'.join(identifier)} was changed by another process just now, in the catalog"
            f" {lake.backend.label}",
            "firn verify",
        )
