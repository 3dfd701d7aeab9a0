"""Two states of a table's metadata -> a commit as Iceberg's REST protocol has it.

A REST catalog writes metadata files itself: it is told what changes, and what must be so still.
https://iceberg.apache.org/rest-catalog-spec/, CommitTableRequest
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from lake.branches import MAIN
from lake.catalogs.base import MetadataChange

Metadata = Mapping[str, Any]
Part = dict[str, Any]
Key = TypeVar("Key", bound=str | int)
SCHEMA = ("schemas", "current-schema-id", "last-column-id")
# What a catalog derives from the rest.
DERIVED = frozenset(
    {
        *("last-updated-ms", "last-sequence-number", "current-snapshot-id"),
        *("snapshot-log", "metadata-log", "next-row-id"),
    }
)
EXPRESSED = frozenset((*SCHEMA, "properties", "snapshots", "refs", "statistics"))


def commit_request(change: MetadataChange) -> Part:
    """Return the request that makes a change, if the table's branches are still as they were read.

    Raises NotImplementedError for what Firn never changes, such as partitions.
    """
    before, after = change.before, change.after
    names = {name for name in (*before, *after) if before.get(name) != after.get(name)}
    if unknown := sorted(names - DERIVED - EXPRESSED):
        raise NotImplementedError(f"a change of {', '.join(unknown)} in a table's metadata")
    namespace, table = change.identifier
    return {
        "identifier": {"namespace": [namespace], "name": table},
        "requirements": list(_requirements(before, after)),
        "updates": list(_updates(before, after)),
    }


def _requirements(before: Metadata, after: Metadata) -> Iterator[Part]:
    yield {"type": "assert-table-uuid", "uuid": before["table-uuid"]}
    old, new = before.get("refs", {}), after.get("refs", {})
    for name in sorted({MAIN, *_changed(old, new)}):
        head = old.get(name, {}).get("snapshot-id")
        yield {"type": "assert-ref-snapshot-id", "ref": name, "snapshot-id": head}
    if _schemas_differ(before, after):
        schema, column = before["current-schema-id"], before["last-column-id"]
        yield {"type": "assert-current-schema-id", "current-schema-id": schema}
        yield {"type": "assert-last-assigned-field-id", "last-assigned-field-id": column}


def _updates(before: Metadata, after: Metadata) -> Iterator[Part]:
    yield from _of_schemas(before, after)
    yield from _of_properties(before.get("properties", {}), after.get("properties", {}))
    old, new = (_by_id(one.get("snapshots", ()), "snapshot-id") for one in (before, after))
    for number in (n for n in new if n not in old):
        yield {"action": "add-snapshot", "snapshot": dict(new[number])}
    yield from _of_refs(before.get("refs", {}), after.get("refs", {}))
    yield from _of_statistics(before, after)
    if gone := [number for number in old if number not in new]:
        yield {"action": "remove-snapshots", "snapshot-ids": gone}


def _of_schemas(before: Metadata, after: Metadata) -> Iterator[Part]:
    if not _schemas_differ(before, after):
        return
    old = _by_id(before["schemas"], "schema-id")
    for schema in (s for s in after["schemas"] if s["schema-id"] not in old):
        yield {
            "action": "add-schema",
            "schema": dict(schema),
            "last-column-id": after["last-column-id"],
        }
    yield {"action": "set-current-schema", "schema-id": after["current-schema-id"]}


def _schemas_differ(before: Metadata, after: Metadata) -> bool:
    return any(before.get(name) != after.get(name) for name in SCHEMA)


def _of_properties(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Part]:
    if changed := {name: value for name, value in new.items() if old.get(name) != value}:
        yield {"action": "set-properties", "updates": changed}
    if gone := sorted(old.keys() - new.keys()):
        yield {"action": "remove-properties", "removals": gone}


def _of_refs(old: Mapping[str, Part], new: Mapping[str, Part]) -> Iterator[Part]:
    for name in _changed(old, new):
        if name in new:
            yield {"action": "set-snapshot-ref", "ref-name": name, **new[name]}
        else:
            yield {"action": "remove-snapshot-ref", "ref-name": name}


def _of_statistics(before: Metadata, after: Metadata) -> Iterator[Part]:
    old, new = (_by_id(one.get("statistics") or (), "snapshot-id") for one in (before, after))
    for number in _changed(old, new):
        if number in new:
            yield {"action": "set-statistics", "statistics": dict(new[number])}
        else:
            yield {"action": "remove-statistics", "snapshot-id": number}


def _by_id(parts: Sequence[Part], name: str) -> dict[int, Part]:
    return {part[name]: part for part in parts}


def _changed(old: Mapping[Key, Part], new: Mapping[Key, Part]) -> list[Key]:
    """Return the names under which something else stands, in their order."""
    keys: set[Key] = {*old, *new}
    return [key for key in sorted(keys) if old.get(key) != new.get(key)]
