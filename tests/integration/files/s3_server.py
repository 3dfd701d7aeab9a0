"""A real S3 server on the loopback address, for the tests of one module."""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from pyarrow.fs import S3FileSystem
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt

from lake.processes import LOOPBACK, free_port

ACCESS_KEY, SECRET_KEY = "firn", "firn-of-the-tests"  # pragma: allowlist secret
DEADLINE_SECONDS = 60
TAKEN = "address already in use"
PORTS = ("master.port", "volume.port", "filer.port", "s3.port")


@dataclass(frozen=True)
class S3Server:
    """Where the server is and what opens it."""

    endpoint: str
    access_key: str = ACCESS_KEY
    secret_key: str = SECRET_KEY

    def filesystem(self) -> S3FileSystem:
        """Return a client that may make buckets."""
        return S3FileSystem(
            access_key=self.access_key,
            secret_key=self.secret_key,
            endpoint_override=self.endpoint,
            region="us-east-1",
            allow_bucket_creation=True,
        )


class TakenPortError(RuntimeError):
    """Somebody took a port that was free between its choice and the server's start."""


@contextmanager
def s3_server(folder: Path) -> Iterator[S3Server]:
    """Run SeaweedFS with its data in `folder`."""
    with ExitStack() as stack:
        for attempt in Retrying(
            retry=retry_if_exception_type(TakenPortError), stop=stop_after_attempt(3), reraise=True
        ):
            with attempt:
                server = stack.enter_context(_running(folder))
        yield server


@contextmanager
def _running(folder: Path) -> Iterator[S3Server]:
    folder.mkdir(exist_ok=True)
    ports = {name: free_port() for name in PORTS}
    grpc = {f"{name}.grpc": free_port() for name in PORTS}
    given = {**ports, **grpc, "ip": LOOPBACK, "ip.bind": LOOPBACK, "dir": folder}
    fixed = {
        "s3": "true",
        "s3.port.iceberg": 0,
        "s3.port.lance": 0,
        "master.telemetry": "false",
        "volume.max": 20,
        "master.volumeSizeLimitMB": 64,
        "filer.localSocket": folder / "filer.sock",
        "s3.localSocket": folder / "s3.sock",
    }
    weed = Path(sys.executable).parent / "weed"
    arguments = [f"-{name}={value}" for name, value in (given | fixed).items()]
    environment = {
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "HOME": str(folder),
        "PATH": "/usr/bin:/bin",
    }
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [str(weed), "server", *arguments], stdout=log, stderr=log, env=environment
        )
        try:
            server = S3Server(f"http://{LOOPBACK}:{ports['s3.port']}")
            _wait_for(server, process, folder / "server.log")
            yield server
        finally:
            _end(process)
            for name, port in grpc.items():
                _local_socket(name, port).unlink(missing_ok=True)
            shutil.rmtree(folder, ignore_errors=True)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Kill the server: what it holds is thrown away in any case.

    On SIGTERM its log ends with "Gracefully stopping gRPC server", and it with 25 s of waiting.
    """
    process.kill()
    process.wait(DEADLINE_SECONDS)


def _local_socket(name: str, port: int) -> Path:
    """Return the socket that SeaweedFS makes for a gRPC port, wherever its data is."""
    return Path(f"/tmp/seaweedfs-{name.removesuffix('.port.grpc')}-grpc-{port}.sock")  # noqa: S108


def _wait_for(server: S3Server, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            server.filesystem().create_dir("ready")
        except OSError:
            time.sleep(0.2)
        else:
            return
    said = log.read_text()
    fault = TakenPortError if TAKEN in said else RuntimeError
    raise fault(f"the S3 server did not start: {said[-2000:]}")
