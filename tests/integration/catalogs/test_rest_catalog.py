"""A REST catalog is read and changed as one in a database: all tables of a commit, or none."""

import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyiceberg.catalog import Catalog
from pyiceberg.view.metadata import ViewVersion
from tenacity import retry, retry_if_exception_type

from lake.catalogs import rest_client
from lake.catalogs.base import CATALOG, Pointer, PointerConflictError
from lake.catalogs.rest import RestCatalog
from lake.commit_times import next_timestamp
from lake.errors import EnvironmentFault
from lake.lake import Lake
from lake.metadata import StoredTable
from lake.metadata_commit import NextMetadata, commit_together, write_metadata
from lake.settings import Settings
from tests.integration.ingestion.home import ROOT
from tests.rest_catalog.server import RestCatalogServer

pytestmark = pytest.mark.spark

A, B, VIEW = ("gold", "a"), ("gold", "b"), ("gold", "v")
ROWS = pa.table({"id": pa.array([1, 2], pa.int64())})
# pragma: allowlist nextline secret
SECRET = "client:not-to-be-seen"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RestCatalogServer]:
    """Run the catalog."""
    server = RestCatalogServer(tmp_path_factory.mktemp("rest"))
    yield server
    server.stop()


@pytest.fixture
def lake(server: RestCatalogServer, tmp_path: Path) -> Iterator[Lake]:
    """Return a lake with two tables of one commit each, which are dropped afterwards."""
    lake = lake_in(server.url, tmp_path)
    catalog: Catalog = lake.catalog
    catalog.create_namespace_if_not_exists(A[0])
    for name in (A, B):
        catalog.create_table(name, ROWS.schema).append(ROWS)
    yield lake
    for name in (A, B):
        catalog.drop_table(name)


def lake_in(url: str, home: Path) -> Lake:
    """Return a lake that is opened for the first time."""
    names = {"": "org.apache.iceberg.spark.SparkCatalog", ".type": "rest", ".uri": url}
    names |= {".warehouse": "", ".cache-enabled": "false"}
    parameters = {f"spark.sql.catalog.{CATALOG}{name}": value for name, value in names.items()}
    return Lake(Settings(project_dir=ROOT, home=home), parameters)


Changes = Callable[[StoredTable], Mapping[str, Any]]


def changed(lake: Lake, name: tuple[str, str], changes: Changes) -> NextMetadata:
    """Return what a table shall say next, by what it says now."""
    stored = lake.stored(name)
    assert stored is not None
    io = lake.catalog._load_file_io(stored.properties, stored.location)
    return write_metadata(lake, name, stored, changes(stored), io)


def marked(value: str) -> Changes:
    """Return a change of properties alone."""
    return lambda stored: {"properties": {**stored.properties, "firn.test": value}}


def test_pointers_name_tables_and_views(lake: Lake) -> None:
    query = {"type": "sql", "sql": "select 1 as id", "dialect": "spark"}
    version = ViewVersion.model_validate(
        {"version-id": 1, "schema-id": 0, "timestamp-ms": 1, "summary": {"engine-name": "a test"},
         "representations": [query], "default-namespace": ["gold"]}
    )  # fmt: skip
    schema = lake.catalog.load_table(A).schema()
    lake.catalog.create_view(VIEW, schema, version)
    pointers, view = lake.pointers(), lake.backend.pointer(VIEW)
    found = lake.metadata(VIEW)
    lake.catalog.drop_view(VIEW)
    assert set(pointers) == {A, B, VIEW}
    assert pointers[VIEW].is_view
    assert view is not None
    assert view.is_view
    assert found is not None
    assert found["versions"][0]["representations"][0]["sql"] == query["sql"]
    assert lake.backend.pointer(VIEW) is None
    for name in (A, B):
        pointer, table = pointers[name], lake.catalog.load_table(name)
        assert pointer == Pointer(
            table.metadata_location, table.metadata.metadata_log[-1].metadata_file
        )
        assert lake.backend.pointer(name) == pointer
    assert lake.backend.pointer(("gold", "c")) is None
    assert lake.backend.pointer(("nowhere", "a")) is None


def test_what_is_read_is_what_the_file_says(lake: Lake) -> None:
    stored = lake.stored(A)
    assert stored is not None
    assert stored.document == json.loads(lake.files.read(stored.location))


def test_several_tables_are_committed_together(
    lake: Lake, server: RestCatalogServer, tmp_path: Path
) -> None:

    def branched(stored: StoredTable) -> Mapping[str, Any]:
        refs = stored.document["refs"]
        return {**marked("together")(stored), "refs": {**refs, "run_1": refs["main"]}}

    made = [changed(lake, name, branched) for name in (A, B)]
    other = lake_in(server.url, tmp_path)
    commit_together(other, [changed(other, B, marked("another"))])
    commit_together(lake, made)  # properties alone are no conflict: the protocol cannot ask for it
    for name in (A, B):
        table = lake.catalog.load_table(name)
        assert table.properties["firn.test"] == "together"
        assert set(table.metadata.refs) == {"main", "run_1"}
    with pytest.raises(PointerConflictError) as conflict:
        commit_together(lake, made)
    assert conflict.value.moved == (A, B)


def test_of_several_tables_one_that_moved_keeps_all_back(
    lake: Lake, server: RestCatalogServer, tmp_path: Path
) -> None:
    made = [changed(lake, name, marked("x")) for name in (A, B)]
    lake_in(server.url, tmp_path).catalog.load_table(B).append(ROWS)
    with pytest.raises(PointerConflictError) as conflict:
        commit_together(lake, made)
    assert conflict.value.moved == (B,)
    assert "gold.b in the catalog http://127.0.0.1:" in str(conflict.value)
    assert "firn.test" not in lake.catalog.load_table(A).properties


def test_no_commit_of_two_writers_is_lost(
    lake: Lake, server: RestCatalogServer, tmp_path: Path
) -> None:
    """Each adds to what it has read, and reads again when another was first."""

    def added(stored: StoredTable) -> Mapping[str, Any]:
        head = stored.document["snapshots"][-1]
        number = int(head["snapshot-id"]) + 1
        snapshot = {**head, "snapshot-id": number, "parent-snapshot-id": head["snapshot-id"]}
        snapshot["sequence-number"] = stored.document["last-sequence-number"] + 1
        snapshot["timestamp-ms"] = next_timestamp(stored.document)
        return {
            "snapshots": [*stored.document["snapshots"], snapshot],
            "refs": {"main": {"type": "branch", "snapshot-id": number}},
        }

    @retry(retry=retry_if_exception_type(PointerConflictError))
    def add(own: Lake) -> None:
        commit_together(own, [changed(own, A, added)])

    def write(own: Lake) -> None:
        for _ in range(20):
            add(own)

    writers = [threading.Thread(target=write, args=[lake_in(server.url, tmp_path)]) for _ in "ab"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(lake.catalog.load_table(A).metadata.snapshots) == 41


def test_a_damaged_table_is_registered_anew_only_as_it_was_read(lake: Lake) -> None:
    pointer = lake.backend.pointer(A)
    assert pointer is not None
    assert not lake.repoint(A, Pointer("another"), pointer.previous)
    assert lake.repoint(A, pointer, pointer.previous)
    found = lake.backend.pointer(A)
    assert found is not None
    assert found.metadata == pointer.previous
    assert lake.repoint(A, found, None)
    assert lake.backend.pointer(A) is None
    lake.catalog.register_table(A, str(pointer.metadata))


def test_a_table_that_the_server_cannot_open_is_there(lake: Lake) -> None:
    pointer = lake.backend.pointer(A)
    assert pointer is not None
    lake.catalog.load_table(A).io.delete(str(pointer.metadata))
    found = lake.backend.pointer(A)
    assert found == lake.pointers()[A] == Pointer(None)
    assert str(pointer.metadata).removeprefix("file://") in str(found.fault)
    lake.repoint(A, found, str(pointer.previous))


@contextmanager
def answering(content: Mapping[str, object], status: int = 200) -> Iterator[str]:
    """Run a server that answers every question alike; return its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(content).encode())

        do_POST = do_GET  # noqa: N815 - as http.server calls it

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_server_without_transactions_is_refused_by_name() -> None:
    config = {"defaults": {}, "overrides": {}, "endpoints": ["GET /v1/{prefix}/namespaces"]}
    with answering(config) as url, pytest.raises(EnvironmentFault) as refused:
        RestCatalog({"uri": url}).require_transactions()
    assert "takes no commit of several tables" in str(refused.value)
    assert url in str(refused.value)


def test_what_a_server_refuses_is_said_without_the_credential() -> None:
    error = {"message": f"no such client: {SECRET}", "type": "NotAuthorizedException", "code": 401}
    with answering({"error": error}, 401) as url, pytest.raises(EnvironmentFault) as refused:
        RestCatalog({"uri": url, "token": SECRET}).pointers()
    assert "no such client" in str(refused.value)
    assert SECRET not in str(refused.value)


def test_a_server_that_is_not_there_is_named() -> None:
    address = f"http://{SECRET}@127.0.0.1:1/catalog"
    with pytest.raises(EnvironmentFault, match="the catalog http://127") as refused:
        RestCatalog({"uri": address}).pointers()
    assert "not-to-be-seen" not in str(refused.value)


def test_a_server_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest_client, "TIMEOUTS", (1, 1))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(EnvironmentFault, match="timed out"):
            RestCatalog({"uri": f"http://127.0.0.1:{port}"}).pointers()
