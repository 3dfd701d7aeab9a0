"""Exports to a prefix of a bucket of a real S3 server: as to a folder."""

import hashlib
import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyarrow.fs import FileSelector, S3FileSystem

from lake import storage
from lake.errors import ConfigurationError, EnvironmentFault
from lake.lake import Lake
from lake.storage import LakeFiles
from operations.exports.declared import run_declared_exports
from operations.exports.export import ExportOptions, export_tables
from operations.exports.formats.base import ExportFormat
from operations.exports.manifest import MANIFEST, STAGED
from tests.integration.files.s3_server import S3Server, s3_server
from tests.integration.ingestion.home import LakeHome
from tests.unit.operations.exports.sales import EMPTY, FULL, NULLS, make, make_home

pytestmark = pytest.mark.s3

BUCKET = "exports"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """Run an S3 server for this module."""
    with s3_server(tmp_path_factory.mktemp("s3")) as running:
        running.filesystem().create_dir(BUCKET)
        yield running


@pytest.fixture
def home(server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LakeHome:
    """Return a lake on this machine, in an environment that names the server."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", server.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", server.secret_key)
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    return make_home(tmp_path / "project")


@pytest.fixture
def bucket(tmp_path: Path) -> str:
    """Return a bucket and a prefix of this test's own."""
    return f"{BUCKET}/{hashlib.sha256(str(tmp_path).encode()).hexdigest()[:20]}"


def objects_in(s3: S3FileSystem, where: str) -> dict[str, bytes]:
    """Return all objects below a bucket or prefix, by their names in it."""
    found = s3.get_file_info(FileSelector(where, recursive=True, allow_not_found=True))
    return {
        one.path.removeprefix(f"{where}/"): s3.open_input_file(one.path).read()
        for one in found
        if one.is_file
    }


@pytest.mark.parametrize("kind", ExportFormat)
def test_objects_are_those_that_a_folder_would_hold(
    home: LakeHome, bucket: str, server: S3Server, tmp_path: Path, kind: ExportFormat
) -> None:
    make(home, [FULL, EMPTY, NULLS])
    [one] = export_tables(home.settings, [], f"s3://{bucket}/a/b/", ExportOptions(kind))
    export_tables(home.settings, [], str(tmp_path / "out"), ExportOptions(kind))
    found = objects_in(server.filesystem(), bucket)
    assert set(found) == {f"a/b/{one.file}", f"a/b/{MANIFEST}"}
    assert found[f"a/b/{one.file}"] == (tmp_path / "out" / one.file).read_bytes()
    assert found[f"a/b/{MANIFEST}"] == (tmp_path / "out" / MANIFEST).read_bytes()
    assert hashlib.sha256(found[f"a/b/{one.file}"]).hexdigest() == one.sha256
    assert not list(home.home.glob(".firn-export-*")), "nothing stays on this machine"


def test_only_what_an_export_wrote_is_replaced(
    home: LakeHome, bucket: str, server: S3Server
) -> None:
    make(home, [FULL])
    with server.filesystem().open_output_stream(f"{bucket}/sales.csv") as stream:
        stream.write(b"mine")
    with pytest.raises(ConfigurationError, match=r"holds sales\.csv, which no export wrote"):
        export_tables(home.settings, [], f"s3://{bucket}")
    assert objects_in(server.filesystem(), bucket) == {"sales.csv": b"mine"}
    server.filesystem().delete_file(f"{bucket}/sales.csv")
    export_tables(home.settings, [], f"s3://{bucket}")
    make(home, [EMPTY])
    [again] = export_tables(home.settings, [], f"s3://{bucket}")
    assert again.rows == 2


def test_the_manifest_is_written_last_and_a_killed_export_is_finished_by_the_next(
    home: LakeHome, bucket: str, server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(home, [FULL])
    make(home, [NULLS], name="other")
    upload, done = LakeFiles.upload, []

    def killed(files: LakeFiles, source: Path, location: str) -> None:
        done.append(location.rpartition("/")[2])
        if done[-1] == MANIFEST:
            raise KeyboardInterrupt
        upload(files, source, location)

    monkeypatch.setattr(LakeFiles, "upload", killed)
    with pytest.raises(KeyboardInterrupt):
        export_tables(home.settings, [], f"s3://{bucket}")
    monkeypatch.undo()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", server.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", server.secret_key)
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint)
    assert done == [STAGED, "other.csv", "sales.csv", MANIFEST]
    assert set(objects_in(server.filesystem(), bucket)) == {STAGED, "other.csv", "sales.csv"}
    export_tables(home.settings, [], f"s3://{bucket}")
    found = objects_in(server.filesystem(), bucket)
    assert set(found) == {MANIFEST, "other.csv", "sales.csv"}
    assert len(json.loads(found[MANIFEST])["files"]) == 2


def test_a_large_object_has_all_bytes(
    home: LakeHome, bucket: str, server: S3Server, tmp_path: Path
) -> None:
    """More than one part of an upload."""
    content = bytes(range(256)) * 4096 * 25
    (tmp_path / "large").write_bytes(content)
    files = Lake(home.settings).files
    files.upload(tmp_path / "large", f"s3://{bucket}/large")
    (tmp_path / "empty").touch()
    files.upload(tmp_path / "empty", f"s3://{bucket}/empty")
    assert objects_in(server.filesystem(), bucket) == {"large": content, "empty": b""}
    files.remove(f"s3://{bucket}/large")
    files.remove(f"s3://{bucket}/large")
    assert set(objects_in(server.filesystem(), bucket)) == {"empty"}


def test_an_interrupt_leaves_no_half_object(
    home: LakeHome,
    bucket: str,
    server: S3Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A stream that is closed after the first chunk would complete the object with that one."""
    content = bytes(range(256)) * 4096 * 25
    (tmp_path / "large").write_bytes(content)
    monkeypatch.setattr(storage, "READ_BYTES", 6 * 1024 * 1024)
    chunks = storage._chunks

    def interrupted(source: Path) -> Iterator[bytes]:
        for number, chunk in enumerate(chunks(source)):
            yield chunk
            if number == 1:
                os.kill(os.getpid(), signal.SIGINT)
                time.sleep(0.2)

    monkeypatch.setattr(storage, "_chunks", interrupted)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            Lake(home.settings).files.upload(tmp_path / "large", f"s3://{bucket}/large")
    finally:
        signal.signal(signal.SIGINT, before)
    assert objects_in(server.filesystem(), bucket) == {"large": content}


def test_a_refusal_is_told_without_the_key(
    home: LakeHome, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(home, [FULL])
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong-secret")  # pragma: allowlist secret
    with pytest.raises(EnvironmentFault, match=f"s3://{bucket}: the export cannot be") as fault:
        export_tables(home.settings, [], f"s3://{bucket}")
    assert "wrong-secret" not in str(fault.value)
    assert "AWS_ACCESS_KEY_ID" in fault.value.fix


def test_a_declared_export_goes_to_a_bucket(home: LakeHome, bucket: str, server: S3Server) -> None:
    make(home, [FULL])
    folder = home.folder / "models" / "gold"
    folder.mkdir()
    block = f"{{to: s3://{bucket}/daily, format: json}}"
    (folder / "sales.yml").write_text(
        f"models: [{{name: sales, config: {{meta: {{export: {block}}}}}}}]"
    )
    [one] = run_declared_exports(home.settings, Lake(home.settings), [("gold", "sales")])
    assert one.fault is None
    found = objects_in(server.filesystem(), bucket)
    assert set(found) == {"daily/sales.jsonl", f"daily/{MANIFEST}"}
