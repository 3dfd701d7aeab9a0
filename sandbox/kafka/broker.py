"""One Kafka broker in KRaft mode: jars -> formatted storage -> a process that stays."""

from __future__ import annotations

import base64
import shutil
import subprocess
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import psutil
from filelock import FileLock
from pydantic import BaseModel
from tenacity import RetryError, Retrying, retry_if_result, stop_after_delay, wait_fixed

from lake.errors import EnvironmentFault
from lake.private import private_folder
from lake.process_record import ProcessRecord
from lake.processes import LOOPBACK, free_port, is_taken, wait_or_kill
from lake.settings import Settings
from operations.runtime.jars import ensure_jars
from operations.runtime.java import ensure_java
from sandbox.kafka.jars import JARS
from sandbox.ports import require_free

MEMORY = ("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
START_SECONDS = 60
STOP_SECONDS = 30
SHOWN_OF_LOG = 400


class _Ports(BaseModel):
    """Where a broker listens: for clients, and for itself as its own controller."""

    clients: int
    controller: int


class EmbeddedKafka:
    """One broker whose data, log and ports belong to `home`; it outlives who started it.

    It listens on 127.0.0.1 only and asks nobody for a password. `properties` go before its own.
    """

    def __init__(
        self, home: Path, settings: Settings, properties: Mapping[str, str] | None = None
    ) -> None:
        """Name the broker of the folder `home`; nothing is started or written yet."""
        self.home = home.absolute()
        self._settings = settings
        self._properties = dict(properties or {})

    @property
    def servers(self) -> str:
        """What clients connect to. Raises EnvironmentFault before the first start."""
        return f"{LOOPBACK}:{self.port}"

    @property
    def port(self) -> int:
        """The port it listens on. Raises EnvironmentFault before the first start."""
        return self._ports().clients

    @property
    def is_running(self) -> bool:
        """Whether the broker's process is alive."""
        return self._process() is not None

    @property
    def log_file(self) -> Path:
        """The file that the broker writes its messages to."""
        return self.home / "kafka.log"

    def start(self) -> None:
        """Start the broker and return when it accepts connections; no effect when it runs already.

        Raises EnvironmentFault with the end of its log when it does not come up.
        """
        private_folder(self.home)
        with FileLock(self.home / "kafka.lock", timeout=2 * START_SECONDS):
            if self.is_running:  # perhaps only just: who started it may have been killed
                self._wait_until_it_listens(lambda: not self.is_running)
                return
            java = ensure_java(self._settings)
            jars = ensure_jars(self._settings, java, JARS) / "kafka"
            command = [str(java.path), *MEMORY, "-cp", f"{jars}/*"]
            self._configure()
            if not (self.home / "data" / "meta.properties").exists():
                self._format(command)
            self._launch(command)

    def stop(self) -> None:
        """Stop the broker in good order; no effect when it does not run."""
        process = self._process()
        if process is not None:
            process.terminate()
            wait_or_kill(process, STOP_SECONDS)

    def kill(self) -> None:
        """Let the broker die as a machine does."""
        process = self._process()
        if process is not None:
            process.kill()
            process.wait()

    def destroy(self) -> None:
        """Kill the broker and delete its data, log and ports."""
        self.kill()
        shutil.rmtree(self.home / "data", ignore_errors=True)
        for name in ("kafka.json", "kafka.pid", "kafka.log", "server.properties", "kafka.lock"):
            (self.home / name).unlink(missing_ok=True)

    def _ports(self) -> _Ports:
        file = self.home / "kafka.json"
        if not file.exists():
            raise EnvironmentFault(f"no broker was ever started in {self.home}", JARS.fix)
        return _Ports.model_validate_json(file.read_text(encoding="utf-8"))

    def _process(self) -> psutil.Process | None:
        record = ProcessRecord.load(self.home / "kafka.pid")
        return record.process() if record else None

    def _configure(self) -> None:
        file = self.home / "kafka.json"
        if not file.exists():
            ports = _Ports(clients=free_port(), controller=free_port())
            file.write_text(ports.model_dump_json(), encoding="utf-8")
        ports = self._ports()
        for port in (ports.clients, ports.controller):
            require_free(port, "the broker", self.home)
        properties = {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": f"1@{LOOPBACK}:{ports.controller}",
            "listeners": f"CLIENTS://{LOOPBACK}:{ports.clients},"
            f"CONTROLLER://{LOOPBACK}:{ports.controller}",
            "advertised.listeners": f"CLIENTS://{LOOPBACK}:{ports.clients}",
            "inter.broker.listener.name": "CLIENTS",
            "controller.listener.names": "CONTROLLER",
            "listener.security.protocol.map": "CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "log.dirs": str(self.home / "data"),
            "auto.create.topics.enable": "false",
            "offsets.topic.replication.factor": "1",
            "offsets.topic.num.partitions": "1",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "transaction.state.log.num.partitions": "1",
            "share.coordinator.state.topic.replication.factor": "1",
            "share.coordinator.state.topic.min.isr": "1",
            "group.initial.rebalance.delay.ms": "0",
            "log.cleaner.dedupe.buffer.size": "16777216",
            # a broker that was killed may come back after 5 seconds instead of 12
            "broker.session.timeout.ms": "3000",
            "broker.heartbeat.interval.ms": "500",
            **self._properties,
        }
        text = "".join(f"{name}={value}\n" for name, value in properties.items())
        (self.home / "server.properties").write_text(text, encoding="utf-8")

    def _format(self, command: list[str]) -> None:
        identifier = "-"
        while identifier.startswith("-"):  # which would be taken for an option
            identifier = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        done = subprocess.run(
            [
                *command, "kafka.tools.StorageTool", "format", "-t", identifier,
                "-c", str(self.home / "server.properties"),
            ],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            said = (done.stderr or done.stdout)[-SHOWN_OF_LOG:]
            raise EnvironmentFault(
                f"Kafka's storage could not be made: {said}",
                f"delete {self.home} and start it again",
            )

    def _launch(self, command: list[str]) -> None:
        with self.log_file.open("ab") as log:
            started = subprocess.Popen(
                [*command, "kafka.Kafka", str(self.home / "server.properties")],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd=self.home,
                umask=self._settings.umask,
            )
        process = psutil.Process(started.pid)
        ProcessRecord(pid=process.pid, created=process.create_time()).save(self.home / "kafka.pid")
        # poll() also takes the exit status, so that no zombie is left
        self._wait_until_it_listens(lambda: started.poll() is not None)

    def _wait_until_it_listens(self, has_ended: Callable[[], bool]) -> None:
        port = self.port
        with suppress(RetryError):
            Retrying(
                retry=retry_if_result(lambda is_over: not is_over),
                stop=stop_after_delay(START_SECONDS),
                wait=wait_fixed(0.05),
            )(lambda: has_ended() or is_taken(port))
        if has_ended() or not is_taken(port):
            self.kill()
            log_end = self.log_file.read_text(encoding="utf-8", errors="replace")[-SHOWN_OF_LOG:]
            raise EnvironmentFault(
                f"the broker in {self.home} does not come up: {log_end}", f"see {self.log_file}"
            )
