"""What the lake holds: catalog rows + metadata files + newest manifests -> tables, or faults."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from lake.commit_times import TimesFault, times_fault
from lake.lake import Identifier, Lake, Pointer
from lake.metadata import read_metadata
from lake.storage import LakeFiles
from lake.warehouse import MetadataFile
from operations.preflight.manifests import ManifestFault, newest_manifest_fault
from operations.preflight.types import spark_type_of_iceberg

READERS = 8


@dataclass(frozen=True)
class FoundColumn:
    """One column as the table has it."""

    data_type: str
    is_required: bool


@dataclass(frozen=True)
class FoundTable:
    """A table as its metadata file describes it.

    `fault` is what is wrong with its newest commit, `previous` then the metadata file of the commit
    before, where that one is whole. `times` is what is wrong with when its commits happened.
    """

    columns: Mapping[str, FoundColumn]
    partition_by: tuple[str, ...]
    sort_by: tuple[str, ...]
    properties: Mapping[str, str]
    format_version: int
    fault: ManifestFault | None = None
    previous: str | None = None
    times: TimesFault | None = None


@dataclass(frozen=True)
class FoundView:
    """A view of the name."""


@dataclass(frozen=True)
class Unreadable:
    """A table that is in the catalog and that nobody can open.

    `found` says why in three words, `explanation` in a sentence; `previous` is the metadata file
    of the commit before, where that one is still there and whole.
    """

    found: str
    explanation: str
    previous: str | None = None


Found = FoundTable | FoundView | Unreadable | None


def read_tables(lake: Lake, identifiers: Iterable[Identifier]) -> dict[Identifier, Found]:
    """Return what is found under each name; None where the catalog has nothing.

    One query to the catalog, then per table its metadata file and its newest manifest list.
    Raises EnvironmentFault when the catalog itself cannot be read.
    """
    pointers = lake.pointers()
    wanted = list(dict.fromkeys(identifiers))
    with ThreadPoolExecutor(READERS) as readers:
        found = readers.map(lambda name: _read_table(lake.files, name, pointers.get(name)), wanted)
        return dict(zip(wanted, found, strict=True))


def _read_table(files: LakeFiles, identifier: Identifier, pointer: Pointer | None) -> Found:
    if pointer is None:
        return None
    if pointer.is_view:
        return FoundView()
    name = ".".join(identifier)
    if not pointer.metadata:
        unknown = "not where its newest metadata file is"
        return Unreadable(
            "metadata file gone" if pointer.fault else "no location",
            f"{name}: the catalog knows the table's name, but {pointer.fault or unknown}, so"
            " nothing can open the table.",
            _whole(files, pointer.previous),
        )
    try:
        metadata = pointer.document or read_metadata(files, pointer.metadata)
        if not metadata["location"]:
            raise KeyError("location")
        table = _describe(files, metadata)
        return replace(table, previous=_whole(files, pointer.previous)) if table.fault else table
    except FileNotFoundError:
        return Unreadable(
            "metadata file gone",
            f"{name}: the catalog says that {pointer.metadata} describes the table, and there is no"
            " such file. The data may still be there, but nothing says what belongs to the table.",
            _whole(files, pointer.previous),
        )
    except OSError as error:
        found, why = "metadata file unreadable", error.strerror or str(error)
    except KeyError as error:
        found, why = f"no {error.args[0]}", f"it does not say its {error.args[0]}"
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        found, why = "metadata file damaged", f"it is no table metadata ({error})"
    return Unreadable(
        found,
        f"{name}: its metadata file {pointer.metadata} cannot be used: {why}.",
        _whole(files, pointer.previous),
    )


def is_whole(files: LakeFiles, file: MetadataFile) -> bool:
    """Whether a table can be read from a metadata file: its newest manifests are there.

    A view has no other file.
    """
    try:
        return file.is_view or _describe(files, file.document).fault is None
    except (OSError, ValueError, TypeError, LookupError, AttributeError):
        return False


def _whole(files: LakeFiles, previous: str | None) -> str | None:
    """Return the previous metadata file if a table can be read from it."""
    try:
        if previous and _describe(files, read_metadata(files, previous)).fault is None:
            return previous
    except (OSError, ValueError, TypeError, LookupError, AttributeError):
        pass
    return None


def _describe(files: LakeFiles, metadata: Mapping[str, Any]) -> FoundTable:
    schema = _current(metadata["schemas"], "schema-id", metadata["current-schema-id"])
    names = {column["id"]: column["name"].lower() for column in schema["fields"]}
    spec = _current(metadata["partition-specs"], "spec-id", metadata["default-spec-id"])
    order = _current(metadata["sort-orders"], "order-id", metadata["default-sort-order-id"])
    return FoundTable(
        columns={
            column["name"].lower(): FoundColumn(
                spark_type_of_iceberg(column["type"]), column["required"]
            )
            for column in schema["fields"]
        },
        partition_by=tuple(_transforms(spec["fields"], names)),
        sort_by=tuple(
            f"{term} {field['direction']}"
            for term, field in zip(
                _transforms(order["fields"], names), order["fields"], strict=True
            )
        ),
        properties=metadata.get("properties", {}),
        format_version=metadata["format-version"],
        fault=newest_manifest_fault(metadata, files),
        times=times_fault(metadata),
    )


def _current(items: Iterable[Mapping[str, Any]], key: str, wanted: int) -> Mapping[str, Any]:
    for item in items:
        if item[key] == wanted:
            return item
    raise LookupError(f"there is no {key} {wanted}")


def _transforms(fields: Iterable[Mapping[str, Any]], names: Mapping[int, str]) -> Iterator[str]:
    """Yield partition or sort fields in the words of a declaration; void ones are none."""
    for field in fields:
        column = names.get(field["source-id"], "?")
        transform, _, width = field["transform"].partition("[")
        if transform == "identity":
            yield column
        elif width:
            yield f"{transform}({width.rstrip(']')}, {column})"
        elif transform != "void":
            yield f"{transform}({column})"
