"""What the lake holds: catalog rows + metadata files + the files they name -> tables, or faults."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from lake.commit_times import TimesFault, times_fault
from lake.damage import UNREADABLE, FileCheck, FileFault
from lake.lake import Identifier, Lake, Pointer
from lake.metadata import read_metadata
from lake.storage import LakeFiles
from lake.warehouse import MetadataFile
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

    `fault` is what is wrong with the files of its newest commit, `previous` then the newest
    metadata file before whose commit is whole, if one is. `times` is what is wrong with when its
    commits happened.
    """

    columns: Mapping[str, FoundColumn]
    partition_by: tuple[str, ...]
    sort_by: tuple[str, ...]
    properties: Mapping[str, str]
    format_version: int
    fault: FileFault | None = None
    previous: str | None = None
    times: TimesFault | None = None


@dataclass(frozen=True)
class FoundView:
    """A view of the name."""


@dataclass(frozen=True)
class Unreadable:
    """A table that is in the catalog and that nobody can open.

    `found` says why in three words, `explanation` in a sentence; `previous` is the newest metadata
    file before whose commit is whole, if one is.
    """

    found: str
    explanation: str
    previous: str | None = None


Found = FoundTable | FoundView | Unreadable | None


def read_tables(
    lake: Lake, identifiers: Iterable[Identifier], *, most_data_files: int | None = None
) -> dict[Identifier, Found]:
    """Return what is found under each name; None where the catalog has nothing.

    One query to the catalog, then per table its metadata file and manifests, and the length of each
    data file; of a table with more than `most_data_files` the newest manifest only. Raises
    EnvironmentFault when the catalog itself cannot be read.
    """
    pointers = lake.pointers()
    wanted = list(dict.fromkeys(identifiers))

    def read(name: Identifier) -> Found:
        return _read_table(_Commits(lake.files, most_data_files), name, pointers.get(name))

    with ThreadPoolExecutor(READERS) as readers:
        return dict(zip(wanted, readers.map(read, wanted), strict=True))


class _Commits:
    """Commits of one table: metadata files -> what they say, and which of them is whole."""

    def __init__(self, files: LakeFiles, most_data_files: int | None) -> None:
        self.files = files
        self._check = FileCheck(files)
        self._most = most_data_files

    def describe(self, metadata: Mapping[str, Any]) -> FoundTable:
        """Return the table of a commit. Raises one of UNREADABLE where it is none."""
        fault = self._check.fault(metadata, most_data_files=self._most)
        return replace(_describe(metadata), fault=fault)

    def newest_whole(self, *locations: str | None) -> str | None:
        """Return the first of these metadata files, or of those before, whose commit is whole."""
        seen: set[str] = set()
        rest = [location for location in locations if location]
        while rest:
            location = rest.pop(0)
            if location in seen:
                continue
            seen.add(location)
            try:
                metadata = read_metadata(self.files, location)
                if self.describe(metadata).fault is None:
                    return location
                rest += _logged(metadata)
            except (OSError, *UNREADABLE):
                continue
        return None


def _logged(metadata: Mapping[str, Any]) -> list[str]:
    """Return the metadata files before this one, the newest first."""
    return [entry["metadata-file"] for entry in reversed(metadata.get("metadata-log", ()))]


def _read_table(commits: _Commits, identifier: Identifier, pointer: Pointer | None) -> Found:
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
            commits.newest_whole(pointer.previous),
        )
    try:
        metadata = pointer.document or read_metadata(commits.files, pointer.metadata)
        if not metadata["location"]:
            raise KeyError("location")
        table = commits.describe(metadata)
        if table.fault:
            before = commits.newest_whole(pointer.previous, *_logged(metadata))
            table = replace(table, previous=before)
        return table
    except FileNotFoundError:
        return Unreadable(
            "metadata file gone",
            f"{name}: the catalog says that {pointer.metadata} describes the table, and there is no"
            " such file. The data may still be there, but nothing says what belongs to the table.",
            commits.newest_whole(pointer.previous),
        )
    except OSError as error:
        found, why = "metadata file unreadable", error.strerror or str(error)
    except KeyError as error:
        found, why = f"no {error.args[0]}", f"it does not say its {error.args[0]}"
    except UNREADABLE as error:
        found, why = "metadata file damaged", f"it is no table metadata ({error})"
    return Unreadable(
        found,
        f"{name}: its metadata file {pointer.metadata} cannot be used: {why}.",
        commits.newest_whole(pointer.previous),
    )


def is_whole(files: LakeFiles, file: MetadataFile) -> bool:
    """Whether a table can be read from a metadata file: the files of its newest commit are there.

    A view has no other file.
    """
    try:
        return file.is_view or _Commits(files, None).describe(file.document).fault is None
    except (OSError, *UNREADABLE):
        return False


def _describe(metadata: Mapping[str, Any]) -> FoundTable:
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
