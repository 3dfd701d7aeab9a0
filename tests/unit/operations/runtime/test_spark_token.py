"""The token of the warm Spark: its file, and which servers of this machine get it."""

from pathlib import Path

import grpc  # type: ignore[import-untyped]
import pytest
from pyspark.sql.connect.client.core import DefaultChannelBuilder

from lake.errors import EnvironmentFault
from lake.processes import free_port
from operations.runtime.connect_client import send_token
from operations.runtime.spark_token import RENEW, SparkToken


@pytest.fixture
def token(tmp_path: Path) -> SparkToken:
    return SparkToken(tmp_path / "token")


def test_a_token_is_random_and_its_file_its_owners_alone(token: SparkToken) -> None:
    first, second = token.renew(), token.renew()
    assert first != second
    assert len(first) >= 40
    assert token.read() == second
    assert token.file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in token.file.parent.iterdir()] == ["token"]


def test_a_missing_or_empty_file_is_named_with_the_cure(token: SparkToken) -> None:
    with pytest.raises(EnvironmentFault, match=f"{token.file} is missing") as missing:
        token.read()
    assert missing.value.fix == RENEW
    token.file.touch(mode=0o600)
    with pytest.raises(EnvironmentFault, match="is empty"):
        token.read()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_file_that_others_can_read_is_refused_and_its_token_not_shown(
    token: SparkToken, mode: int
) -> None:
    secret = token.renew()
    token.file.chmod(mode)
    with pytest.raises(EnvironmentFault, match="can be read by other users") as refused:
        token.read()
    assert refused.value.fix == f"chmod 600 {token.file} && {RENEW}"
    assert secret not in str(refused.value)


def test_a_file_that_cannot_be_read_is_named(token: SparkToken) -> None:
    token.file.mkdir()  # to root, no mode makes a file unreadable
    with pytest.raises(EnvironmentFault, match="cannot be read: Is a directory") as refused:
        token.read()
    assert RENEW in refused.value.fix


def test_only_the_port_it_belongs_to_gets_it(
    token: SparkToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SPARK_CONNECT_AUTHENTICATE_TOKEN", raising=False)
    opened: list[tuple[str, bool]] = []

    def note(target: str, *credentials: object, **_: object) -> object:
        opened.append((target, bool(credentials)))
        return object()

    monkeypatch.setattr(grpc, "insecure_channel", note)
    monkeypatch.setattr(grpc, "secure_channel", note)
    port, other = free_port(), free_port()
    send_token(port, token)
    for place in (
        f"127.0.0.1:{port}", f"localhost:{port}", f"127.0.0.1:{other}", f"10.1.2.3:{port}",
    ):  # fmt: skip
        DefaultChannelBuilder(f"sc://{place}").toChannel()
    assert opened == [
        (f"127.0.0.1:{port}", True),
        (f"127.0.0.1:{port}", True),  # never ::1, where somebody else may listen
        (f"127.0.0.1:{other}", False),
        (f"10.1.2.3:{port}", False),
    ]
