"""What is sent to a REST catalog makes of the metadata that was read what was meant."""

import json
from collections.abc import Mapping
from itertools import count
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import assume, given
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.table import CommitTableRequest
from pyiceberg.table.metadata import TableMetadata, TableMetadataUtil
from pyiceberg.table.update import update_table_metadata

from lake.catalogs.base import MetadataChange
from lake.catalogs.rest_updates import DERIVED, commit_request
from lake.metadata_commit import as_current, with_head

NAME = ("gold", "facts")
FIRST = {
    "format-version": 2,
    "table-uuid": "9c12d441-03fe-4693-9a96-a0705ddf69c1",
    "location": "file:///lake/gold/facts",
    "last-sequence-number": 0,
    "last-updated-ms": 1_700_000_000_000,
    "last-column-id": 1,
    "current-schema-id": 0,
    "schemas": [
        {
            "type": "struct",
            "schema-id": 0,
            "fields": [{"id": 1, "name": "id", "required": False, "type": "long"}],
        }
    ],
    "default-spec-id": 0,
    "partition-specs": [{"spec-id": 0, "fields": []}],
    "last-partition-id": 999,
    "default-sort-order-id": 0,
    "sort-orders": [{"order-id": 0, "fields": []}],
    "properties": {},
    "current-snapshot-id": None,
    "refs": {},
    "snapshots": [],
    "snapshot-log": [],
    "metadata-log": [],
    "statistics": [],
}
Document = dict[str, Any]
_numbers = count(1)


def changed(before: Document, after: Document) -> MetadataChange:
    return MetadataChange(NAME, "file:///1", before, after, "")


def applied(before: Document, request: Mapping[str, Any]) -> Document:
    """Return what a catalog makes of the request. Raises CommitFailedException."""
    content = {**request, "identifier": {"namespace": [NAME[0]], "name": NAME[1]}}
    parsed = CommitTableRequest.model_validate_json(json.dumps(content))
    known: TableMetadata = TableMetadataUtil.parse_obj(before)
    for requirement in parsed.requirements:
        requirement.validate(known)
    return dict(json.loads(update_table_metadata(known, parsed.updates).model_dump_json()))


def meant(document: Document) -> Document:
    """Return what is not derived, as pyiceberg writes it; nothing of parts that are empty.

    pyiceberg forgets the parent of a snapshot when that one has expired.
    """
    parsed = json.loads(TableMetadataUtil.parse_obj(document).model_dump_json())
    there = {snapshot["snapshot-id"] for snapshot in parsed["snapshots"]}
    for snapshot in parsed["snapshots"]:
        if snapshot.get("parent-snapshot-id") not in there:
            snapshot.pop("parent-snapshot-id", None)
    return {k: v for k, v in parsed.items() if k not in DERIVED and v not in ([], {})}


def with_snapshot(document: Document, branch: str) -> Document:
    """Return the document with one more commit to a branch."""
    number = next(_numbers)
    parent = document["refs"].get(branch, {}).get("snapshot-id", document["current-snapshot-id"])
    snapshot = {
        "snapshot-id": number,
        **({} if parent is None else {"parent-snapshot-id": parent}),
        "sequence-number": document["last-sequence-number"] + 1,
        "timestamp-ms": document["last-updated-ms"] + 1,
        "manifest-list": f"file:///lake/gold/facts/metadata/snap-{number}.avro",
        "summary": {"operation": "append"},
        "schema-id": document["current-schema-id"],
    }
    return {
        **document,
        "last-sequence-number": snapshot["sequence-number"],
        "last-updated-ms": snapshot["timestamp-ms"],
        "snapshots": [*document["snapshots"], snapshot],
        "refs": with_head(document, branch, number),
        **(as_current(document, number, snapshot["timestamp-ms"]) if branch == "main" else {}),
    }


def without_branch(document: Document, branch: str) -> Document:
    kept = {name: ref for name, ref in document["refs"].items() if name != branch}
    shown = {"current-snapshot-id": None} if branch == "main" else {}
    return {**document, **shown, "refs": kept}


def moved_to(document: Document, branch: str) -> Document:
    """Return the document with main where a branch is."""
    found = document["refs"].get(branch)
    if found is None:
        return document
    head = found["snapshot-id"]
    current = as_current(document, head, document["last-updated-ms"])
    return {**document, **current, "refs": with_head(document, "main", head)}


def tagged(document: Document, branch: str) -> Document:
    found = document["refs"].get(branch)
    if found is None:
        return document
    tag = {"type": "tag", "snapshot-id": found["snapshot-id"], "max-ref-age-ms": 5000}
    return {**document, "refs": {**document["refs"], f"tag_{branch}": tag}}


def expired(document: Document, _: str) -> Document:
    """Return the document without snapshots that no branch or tag names."""
    named = {ref["snapshot-id"] for ref in document["refs"].values()}
    kept = [s for s in document["snapshots"] if s["snapshot-id"] in named]
    return {**document, "snapshots": kept}


def with_property(document: Document, name: str) -> Document:
    return {**document, "properties": {**document["properties"], name: str(next(_numbers))}}


def without_property(document: Document, name: str) -> Document:
    kept = {key: value for key, value in document["properties"].items() if key != name}
    return {**document, "properties": kept}


def with_column(document: Document, name: str) -> Document:
    """Return the document with a schema of one column more."""
    last = document["last-column-id"] + 1
    schema = max(document["schemas"], key=lambda one: one["schema-id"])
    column = {"id": last, "name": f"{name}_{last}", "required": False, "type": "string"}
    number = schema["schema-id"] + 1
    made = {**schema, "schema-id": number, "fields": [*schema["fields"], column]}
    return {
        **document,
        "schemas": [*document["schemas"], made],
        "current-schema-id": number,
        "last-column-id": last,
    }


STEPS = (
    *(with_snapshot, with_snapshot, without_branch, moved_to, tagged, expired),
    *(with_property, without_property, with_column),
)
steps = st.lists(st.tuples(st.sampled_from(STEPS), st.sampled_from(["main", "run_a", "run_b"])))


def after(document: Document, changes: list[Any]) -> Document:
    for change, name in changes:
        document = change(document, name)
    return document


@given(earlier=steps, later=steps)
def test_what_is_sent_makes_what_was_meant(earlier: list[Any], later: list[Any]) -> None:
    before = after(with_snapshot(FIRST, "main"), earlier)
    assume(before["snapshots"])  # else pyiceberg knows no branch but main
    wanted = after(before, later)
    made = applied(before, commit_request(changed(before, wanted)))
    assert meant(made) == meant(wanted)
    assert made.get("current-snapshot-id") == wanted["refs"].get("main", {}).get("snapshot-id")


@pytest.mark.parametrize("branch", ["main", "run_a"])
def test_a_branch_that_somebody_moved_is_a_conflict(branch: str) -> None:
    before = with_snapshot(with_snapshot(FIRST, "main"), "run_a")
    request = commit_request(changed(before, with_snapshot(before, branch)))
    with pytest.raises(CommitFailedException):
        applied(with_snapshot(before, branch), request)


def test_another_table_of_the_name_is_a_conflict() -> None:
    request = commit_request(changed(FIRST, with_property(FIRST, "a")))
    with pytest.raises(CommitFailedException):
        applied({**FIRST, "table-uuid": "9c12d441-03fe-4693-9a96-a0705ddf69c2"}, request)


def test_a_schema_that_somebody_changed_is_a_conflict() -> None:
    request = commit_request(changed(FIRST, with_column(FIRST, "a")))
    with pytest.raises(CommitFailedException):
        applied(with_column(FIRST, "b"), request)


def test_what_cannot_be_said_is_no_change_that_is_lost() -> None:
    other = {**FIRST, "location": "file:///elsewhere"}
    with pytest.raises(NotImplementedError, match="a change of location"):
        commit_request(changed(FIRST, other))
