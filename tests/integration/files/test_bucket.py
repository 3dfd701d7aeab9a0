"""Files below the prefix of a bucket of a real S3 server: as in a folder."""

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pyarrow.fs import S3FileSystem

from ingestion.results import Outcome
from lake.errors import EnvironmentFault
from tests.integration.files.drop import Drop, table
from tests.integration.files.s3_server import S3Server, s3_server
from tests.integration.ingestion.home import TOKEN_KEY

pytestmark = pytest.mark.s3

ITEMS = table("items", {"id": "bigint"})
Put = Callable[[str, bytes], None]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """Run an S3 server for this module."""
    with s3_server(tmp_path_factory.mktemp("s3")) as running:
        yield running


@pytest.fixture
def bucket(server: S3Server, drop: Drop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Put:
    """Let the drop folder be a prefix of a bucket of its own; return what puts an object there."""
    name = f"b{abs(hash(tmp_path)) % 10**12}"
    s3: S3FileSystem = server.filesystem()
    s3.create_dir(name)
    drop.declare(ITEMS, stable_for="2 seconds")  # S3 knows times to the second
    drop.set_secrets(
        DROP_FILES=f"s3://{name}/landing/",
        FIRN_TOKEN_KEY=TOKEN_KEY,
        AWS_ACCESS_KEY_ID=server.access_key,
        AWS_SECRET_ACCESS_KEY=server.secret_key,
    )
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint)

    def put(path: str, content: bytes) -> None:
        with s3.open_output_stream(f"{name}/{path}", compression=None) as stream:
            stream.write(content)

    return put


def test_objects_are_landed_once(drop: Drop, bucket: Put) -> None:
    bucket("landing/items/a", b'{"id": 1}\n')
    bucket("landing/items/b.gz", gzip.compress(b'{"id": 2}\n{"id": "x"}\n'))
    bucket("landing/items/.hidden", b'{"id": 3}\n')
    bucket("elsewhere/items/a", b'{"id": 4}\n')
    result = drop.ingest()
    assert (result.rows_landed, result.rows_quarantined) == (2, 1)
    assert {row["_file_name"] for row in drop.rows()} == {"items/a", "items/b.gz"}
    assert drop.ingest().outcome is Outcome.NOTHING_NEW
    bucket("landing/items/c", b'{"id": 1}\n')
    assert drop.ingest().rows_read == 0, "the same content"
    bucket("landing/items/a", b'{"id": 5}\n')
    assert drop.ingest().rows_quarantined == 1, "another content under a known name"


def test_an_object_larger_than_memory_should_hold(drop: Drop, bucket: Put) -> None:
    count = 400_000
    lines = b"".join(b'{"id": %d, "filler": "%0200d"}\n' % (n, n) for n in range(count))
    drop.declare(table("items", {"id": "bigint", "filler": "string"}))
    bucket("landing/items/a", lines)
    assert drop.ingest().rows_landed == count


def test_an_empty_prefix_has_nothing_new(drop: Drop, bucket: Put) -> None:
    assert drop.ingest().outcome is Outcome.NOTHING_NEW


def test_a_refusal_is_told_without_the_key(drop: Drop, bucket: Put, server: S3Server) -> None:
    drop.set_secrets(
        DROP_FILES="s3://ready/landing",
        FIRN_TOKEN_KEY=TOKEN_KEY,
        AWS_ACCESS_KEY_ID="nobody",
        AWS_SECRET_ACCESS_KEY="wrong-secret",  # pragma: allowlist secret
    )
    with pytest.raises(EnvironmentFault, match="DROP_FILES: S3 refuses") as fault:
        drop.ingest()
    assert "wrong-secret" not in str(fault.value)
