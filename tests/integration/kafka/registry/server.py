"""One schema registry: an archive of jars -> a process that keeps its schemas in memory."""

import subprocess
import tarfile
import time
from pathlib import Path

from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.common._httpx_compat import httpx
from confluent_kafka.schema_registry.error import SchemaRegistryError

from lake.processes import LOOPBACK, free_port
from lake.settings import Settings
from operations.runtime.jars import JarSet, ensure_jars
from operations.runtime.java import ensure_java

HERE = Path(__file__).parent
ARCHIVE = JarSet("The schema registry", HERE / "ivy.xml", HERE / "archive.sha256", "make test")
MEMORY = ("-Xmx192m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
START_SECONDS = 90


class RegistryServer:
    """A schema registry on 127.0.0.1 that asks nobody for a password; it ends with `stop`."""

    def __init__(self, home: Path, settings: Settings) -> None:
        """Unpack it into the folder `home` and start it; `wait` returns when it answers."""
        java = ensure_java(settings)
        archive = next((ensure_jars(settings, java, ARCHIVE) / "registry").glob("*.tar.gz"))
        with tarfile.open(archive) as packed:
            packed.extractall(home, filter="data")
        port = free_port()
        self.url = f"http://{LOOPBACK}:{port}/apis/ccompat/v7"
        (jar,) = home.glob("*-runner.jar")
        options = (f"-Dquarkus.http.port={port}", f"-Dquarkus.http.host={LOOPBACK}")
        self._log = (home / "registry.log").open("wb")
        self._process = subprocess.Popen(
            [str(java.path), *MEMORY, *options, "-jar", str(jar)],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )

    def wait(self) -> None:
        """Return when it answers."""
        end = time.monotonic() + START_SECONDS
        while not self._answers():
            assert self._process.poll() is None, f"it has ended: {self._log.name}"
            assert time.monotonic() < end, f"it does not come up: {self._log.name}"
            time.sleep(0.1)

    def stop(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        self._log.close()

    def _answers(self) -> bool:
        try:
            SchemaRegistryClient({"url": self.url, "max.retries": 0, "timeout": 5}).get_subjects()
        except (SchemaRegistryError, httpx.HTTPError):
            return False
        return True
