"""Avro fields that were renamed: a schema + newer ones with aliases -> the schema with new names.

Messages keep all fields that they were written with; no field is dropped and no default is added.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

RENAMED = ("record", "error")
Names = Mapping[str, Mapping[str, str]]


def renamed(text: str, newest: Sequence[str]) -> str:
    """Return the Avro schema `text` with the field names that `newest` schemas give its fields.

    Each has its own name as an alias, by which a reader finds it. Raises ValueError.
    """
    names = _names(json.loads(newer) for newer in newest)
    schema = json.loads(text)
    is_changed = [_rename(record, names) for record in _records(schema)]
    return json.dumps(schema) if any(is_changed) else text


def _names(schemas: Iterable[Any]) -> Names:
    """Return for each name of a record what its fields are called now, by their aliases."""
    found: dict[str, dict[str, str]] = {}
    for schema in schemas:
        for record in _records(schema):
            aliases = {
                alias: field["name"]
                for field in record["fields"]
                for alias in field.get("aliases", [])
            }
            for name in (record["name"], *record.get("aliases", [])):
                found.setdefault(_last(name), {}).update(aliases)
    return found


def _rename(record: dict[str, Any], names: Names) -> bool:
    """Rename the fields of a record, but never to a name that another one has."""
    current = names.get(_last(record["name"]), {})
    taken = {field["name"] for field in record["fields"]}
    is_changed = False
    for field in record["fields"]:
        new = current.get(field["name"])
        if new is not None and new not in taken:
            field["aliases"] = [field["name"]]
            field["name"] = new
            taken.add(new)
            is_changed = True
    return is_changed


def _records(schema: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401
    match schema:
        case list():
            for branch in schema:
                yield from _records(branch)
        case {"type": str(kind), "fields": list(fields), **_more} if kind in RENAMED:
            yield schema
            for field in fields:
                yield from _records(field["type"])
        case {"type": kind, **more}:
            for below in (kind, more.get("items"), more.get("values")):
                yield from _records(below)


def _last(name: str) -> str:
    return name.rpartition(".")[2]
