"""`firn restore`: a table that cannot be used -> its newest whole commit, or out of the catalog.

Spark opens a table before it drops or changes it, so no statement helps against one that has lost
its metadata file: this works on the catalog's row alone. A table whose commits are not in order
gets other times, no other rows.
"""

from __future__ import annotations

from lake.catalog_check import begin_log, missed_tables
from lake.commit_times import in_order
from lake.errors import ConfigurationError, EnvironmentFault
from lake.lake import Identifier, Lake, Pointer
from lake.metadata import metadata_missing
from lake.metadata_commit import commit_metadata
from lake.settings import Settings
from operations.preflight.found import FoundTable, FoundView, Unreadable, read_tables


def restore_table(settings: Settings, name: str) -> str:
    """Let the catalog name the newest metadata file whose commit is whole; return what was done.

    Where only the times of its commits are out of order, they are put in order. Raises
    ConfigurationError when there is nothing to restore, EnvironmentFault when no commit is whole,
    ConflictError or EnvironmentFault when another process changed the table meanwhile.
    """
    lake = Lake(settings)
    identifier, pointer, damaged = _damaged(lake, name)
    if _has_only_times(damaged):
        _put_times_in_order(lake, identifier)
        return f"the commits of {name} are in order, and none is to come"
    if damaged.previous is None:
        raise EnvironmentFault(
            f"{name}: no commit before can be read either",
            f"restore its files from a backup, or: firn restore {name} --forget",
        )
    _repoint(lake, identifier, pointer, damaged.previous)
    _leave_behind(lake, identifier)
    return f"{name} is back at {damaged.previous}"


def forget_table(settings: Settings, name: str) -> None:
    """Take a table that cannot be opened out of the catalog; no file is deleted.

    Raises ConfigurationError when the table can be opened, EnvironmentFault when another process
    changed it meanwhile.
    """
    lake = Lake(settings)
    identifier, pointer, damaged = _damaged(lake, name)
    if _has_only_times(damaged):
        raise _nothing_to_restore(name)
    _repoint(lake, identifier, pointer, None)


def _leave_behind(lake: Lake, identifier: Identifier) -> None:
    """Take newer metadata files for given up: else the catalog would be one that is too old."""
    if lake.backend.has_drop_log:
        begin_log(lake, [one for one in missed_tables(lake) if one.identifier == identifier])


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
    if isinstance(found, FoundTable) and found.fault is None and found.times is None:
        raise _nothing_to_restore(name)
    return identifier, pointer, found


def _nothing_to_restore(name: str) -> ConfigurationError:
    return ConfigurationError(f"{name} can be opened, there is nothing to restore", "firn verify")


def _has_only_times(found: Unreadable | FoundTable) -> bool:
    """Whether nothing but the times of its commits is wrong with a table."""
    return isinstance(found, FoundTable) and found.fault is None


def _put_times_in_order(lake: Lake, identifier: Identifier) -> None:
    stored = lake.stored(identifier)
    if stored is None:
        raise metadata_missing(identifier)
    if lake.backend.writes_metadata:
        raise EnvironmentFault(
            f"the catalog {lake.backend.label} stamps the commits of {'.'.join(identifier)} itself",
            "let whoever runs that catalog put them in order, or drop the table and make it anew",
        )
    changes = in_order(stored.document)
    commit_metadata(lake, identifier, stored, changes, lake.io_of(stored))


def _repoint(lake: Lake, identifier: Identifier, pointer: Pointer, metadata: str | None) -> None:
    if not lake.repoint(identifier, pointer, metadata):
        raise EnvironmentFault(
            f"{'.'.join(identifier)} was changed by another process just now, in the catalog"
            f" {lake.backend.label}",
            "firn verify",
        )
