"""What a second user of the machine gets from Firn's processes and files. Fault other-users."""

import json
import os
import pwd
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil
import pytest
from pyspark.java_gateway import launch_gateway

from lake.lake import open_catalog
from lake.processes import free_port
from lake.settings import Settings
from operations.dbt.connection import ServerRecord
from operations.dbt.resident import ResidentDbt
from operations.monitoring.metrics import Metrics
from operations.runtime.spark import Spark
from operations.runtime.sql_engine import StatementError
from operations.runtime.warm_spark import WarmSpark
from sandbox.postgres import EmbeddedPostgres
from tests.integration.dashboard.server import running_server
from tests.integration.warm import stranger

ROOT = Path(__file__).parents[3]
LOOPBACKS = {"127.0.0.1", "::1", "::ffff:127.0.0.1"}
ME = os.geteuid()
# Not `nobody`, whom PostgreSQL of the sandbox runs as where root starts it.
OTHER = pwd.getpwnam("daemon").pw_uid
pytestmark = [
    pytest.mark.spark,
    pytest.mark.skipif(ME != 0, reason="only root can become a second user"),
]


@pytest.fixture(scope="module")
def settings(shared_classes: None) -> Iterator[Settings]:
    """Return a home that is not made yet, in a folder that everybody may enter and read."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        Path(folder).chmod(0o755)
        patch.setenv("FIRN_HOME", f"{folder}/home")
        patch.setenv("FIRN_PROJECT_DIR", str(ROOT))
        patch.setenv("FIRN_SPARK_PORT", str(free_port()))
        patch.delenv("SPARK_CONNECT_AUTHENTICATE_TOKEN", raising=False)
        settings = Settings.load(target="warm")
        before = os.umask(0)  # nothing is closed by chance
        open_catalog(settings)
        os.umask(before)
        yield settings


@pytest.fixture(scope="module")
def warm_spark(settings: Settings) -> Iterator[WarmSpark]:
    server = WarmSpark(settings)
    server.start()
    yield server
    server.stop()


def look(user: int, **asked: object) -> dict[str, Any]:
    """Return what a user is told and can read."""
    done = subprocess.run(
        [sys.executable, "-m", stranger.__name__, str(user)],
        input=json.dumps(asked, default=str), cwd=ROOT, capture_output=True, text=True,
        check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def listening(process: psutil.Process) -> set[int]:
    """Return the TCP ports that a process listens on, which are of loopback alone."""
    found = [c for c in process.net_connections("tcp") if c.status == psutil.CONN_LISTEN]
    assert {connection.laddr.ip for connection in found} <= LOOPBACKS, found
    return {connection.laddr.port for connection in found}


def test_a_second_user_gets_nothing_without_credentials(
    settings: Settings, warm_spark: WarmSpark
) -> None:
    warm = warm_spark.process()
    assert warm is not None
    with ExitStack() as running:
        dbt = running.enter_context(ResidentDbt(settings, "tests"))
        assert dbt.sql("select 1 as a") == [{"a": 1}]  # the warm Spark's: it sent the token
        record = ServerRecord.load(settings.home / "watch" / "tests.json")
        assert record is not None
        dbt_server = record.process()
        assert dbt_server is not None
        postgres = EmbeddedPostgres(settings.home / "sandbox" / "postgres")
        running.callback(postgres.destroy)
        postgres.start()
        gateway = launch_gateway()  # type: ignore[no-untyped-call]
        running.callback(gateway.proc.wait)
        running.callback(gateway.proc.stdin.close)
        running.callback(gateway.shutdown)
        dashboard = running.enter_context(running_server(settings))
        running.enter_context(Metrics().served(0))

        protocols = [("connect", warm_spark.port), ("wrong_token", warm_spark.port)]
        spark_ports = listening(warm) - {warm_spark.port}
        assert len(spark_ports) == 2  # of the driver and of its blocks
        for kind, ports in (
            ("spark", spark_ports),
            ("py4j", listening(psutil.Process(gateway.proc.pid))),
            ("postgres", {postgres.port}),
            ("http", listening(dashboard.process) | listening(psutil.Process())),
        ):
            assert ports, kind
            protocols += [(kind, port) for port in ports]
        assert listening(dbt_server) == set()

        paths = [settings.home, *settings.home.rglob("*"), postgres.data, record.folder]
        for process in (warm, dbt_server, dashboard.process, psutil.Process(gateway.proc.pid)):
            assert warm_spark.token.read() not in " ".join(process.cmdline())
            paths += [Path(file.path) for file in process.open_files() if _is_written(file.path)]
        asked = {"paths": paths, "sockets": [record.address], "ports": protocols}
        theirs = look(OTHER, **asked)
        mine = stranger.look({"paths": paths, "sockets": [], "ports": []})

    assert len(mine["paths"]) > 20  # there was something to read
    scratch = list((settings.home / "spark" / "tmp").rglob("*"))
    assert [path for path in scratch if path.exists() and path.stat().st_mode & 0o077] == []
    assert scratch
    assert theirs["paths"] == []
    assert theirs["sockets"] == []
    for kind, said in theirs["answers"]:
        assert REFUSALS[kind] in said, kind
    assert {kind for kind, _ in theirs["answers"]} == set(REFUSALS)


REFUSALS = {
    "connect": "UNAUTHENTICATED: No authentication token provided",
    "wrong_token": "UNAUTHENTICATED: Invalid authentication token",
    "spark": "Expected SaslMessage",
    "py4j": "Authentication error",
    "postgres": "R 10",  # it asks for a password, by SCRAM
    "http": "200",  # open to users of the machine by design
}


def _is_written(path: str) -> bool:
    """Whether an open file is temporary or of the home: neither a program nor a device."""
    return path.startswith(tempfile.gettempdir())


def test_whoever_has_the_token_is_let_in_and_it_is_in_no_log(
    settings: Settings, warm_spark: WarmSpark
) -> None:
    token = warm_spark.token.read()
    said = stranger.connect(warm_spark.port, token)
    assert "UNAUTHENTICATED" not in said
    assert "INVALID_HANDLE" in said  # the empty request was looked at
    with Spark(settings) as spark:
        assert spark.sql("select 2 as a") == [{"a": 2}]
        shown = spark.sql("set -v") + spark.sql("set")
    assert token not in json.dumps(shown)
    holders = [
        path
        for path in settings.home.rglob("*")
        if path.is_file() and token.encode() in path.read_bytes()
    ]
    assert holders == [warm_spark.token.file]


def test_a_token_that_is_missing_open_or_wrong_is_named_with_the_cure(
    settings: Settings, warm_spark: WarmSpark
) -> None:
    file = warm_spark.token.file
    token = warm_spark.token.read()
    restart = "firn spark stop && firn spark start"
    with Spark(settings) as spark:  # one client, to which the same server comes back
        file.chmod(0o644)
        with pytest.raises(StatementError, match="token .* other users") as opened:
            spark.sql("select 1")
        assert opened.value.fix == f"chmod 600 {file} && {restart}"
        file.unlink()
        with pytest.raises(StatementError, match="token .* is missing") as missing:
            spark.sql("select 1")
        assert missing.value.fix == restart
        file.touch(mode=0o600)
        file.write_text("guessed", encoding="utf-8")
        with pytest.raises(StatementError, match="Invalid authentication token") as wrong:
            spark.sql("select 1")
        assert wrong.value.fix == restart
        file.write_text(token, encoding="utf-8")
        assert spark.sql("select 3 as a") == [{"a": 3}]
        file.unlink()
        with pytest.raises(StatementError, match="token .* is missing") as gone:
            spark.sql("select 1")  # of a client that is connected
        assert gone.value.fix == restart
        file.touch(mode=0o600)
        file.write_text(token, encoding="utf-8")
        assert spark.sql("select 4 as a") == [{"a": 4}]
