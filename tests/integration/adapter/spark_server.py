"""A Spark server on this machine: a class of Spark's and settings -> a port that answers."""

import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from lake.processes import free_port, installed_package, is_taken
from lake.settings import Settings
from operations.runtime.environment import dbt_environment

CONNECT = "org.apache.spark.sql.connect.service.SparkConnectServer"
THRIFT = "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2"
START_SECONDS = 120


@contextmanager
def spark_server(kind: str, parameters: Mapping[str, str], settings: Settings) -> Iterator[int]:
    """Run a Connect or Thrift server with these settings, and give its port on 127.0.0.1."""
    port = free_port()
    settings.home.mkdir(parents=True, exist_ok=True)
    configuration = settings.home / "server.conf"
    configuration.write_text("".join(f"{key} {value}\n" for key, value in parameters.items()))
    log = settings.home / "server.log"
    with (
        log.open("wb") as file,
        subprocess.Popen(
            _command(kind, port, configuration), stdout=file, stderr=file, cwd=settings.home,
            env={**dbt_environment(settings), "SPARK_HOME": str(installed_package("pyspark"))},
        ) as process,
    ):  # fmt: skip
        try:
            _wait_for(port, process, log)
            yield port
        finally:
            process.terminate()


def _command(kind: str, port: int, configuration: Path) -> list[str]:
    own = {
        CONNECT: [
            f"--conf=spark.connect.grpc.binding.port={port}",
            "--conf=spark.connect.grpc.binding.address=127.0.0.1",
            "spark-internal",
        ],
        THRIFT: [
            "spark-internal",
            *("--hiveconf", f"hive.server2.thrift.port={port}"),
            *("--hiveconf", "hive.server2.thrift.bind.host=127.0.0.1"),
        ],
    }[kind]
    submit = f"{installed_package('pyspark')}/bin/spark-submit"
    return [submit, f"--properties-file={configuration}", f"--class={kind}", *own]


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text(encoding="utf-8")[-2000:]
        if is_taken(port):
            return
        time.sleep(0.2)
    raise AssertionError(f"no answer in {START_SECONDS} s: {log}")
