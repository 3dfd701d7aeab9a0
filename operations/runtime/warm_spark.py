"""`firn spark`: the profile's settings -> a Spark Connect server on loopback that stays.

What it was started with, and its log, lie in FIRN_HOME/spark. `dbt build --target warm` uses it.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from urllib.parse import urlparse

import filelock
import psutil

from lake.errors import ConfigurationError, EnvironmentFault
from lake.private import private_folder
from lake.processes import LOOPBACK, is_taken, listener, listens, wait_or_kill
from lake.profiles import Profile
from lake.settings import Settings
from operations.runtime.connect_client import CONNECT_PORT, LOOPBACK_NAMES, REMOTE
from operations.runtime.environment import dbt_environment
from operations.runtime.jars import FIX as FETCH
from operations.runtime.jars import unusable_jars
from operations.runtime.java import FIX as GET_JAVA
from operations.runtime.java import find_java
from operations.runtime.spark_token import RENEW, SparkToken
from operations.runtime.warm_record import WarmRecord, changed_settings
from operations.runtime.warm_server import launch

TARGET = "warm"
SETTINGS_OF = "dev"
START = "firn spark start"
DEADLINE_SECONDS = 120
SHUTDOWN_SECONDS = 30
PROBE_SECONDS = 30


class Condition(StrEnum):
    """How a warm Spark is."""

    RUNNING = "running"
    STOPPED = "stopped"
    DIED = "died"
    SILENT = "silent"
    OUTDATED = "outdated"


@dataclass(frozen=True)
class State:
    """How the warm Spark is, and in a sentence what there is to say of it."""

    condition: Condition
    detail: str


class WarmSpark:
    """The one warm Spark of a FIRN_HOME."""

    def __init__(self, settings: Settings) -> None:
        """Remember where it belongs; nothing is read or started yet."""
        self._settings = settings
        self._folder = settings.home / "spark"
        self._profile = Profile(settings)
        self.token = SparkToken(self._folder / "token")

    @property
    def log_file(self) -> Path:
        """The file that the server prints to."""
        return self._folder / "spark.log"

    @cached_property
    def port(self) -> int:
        """The port that target `warm` names. Raises ConfigurationError when it names none here."""
        url = self._profile.spark_parameters(TARGET).get(REMOTE, "")
        place = urlparse(url)
        try:
            is_here, port = place.hostname in LOOPBACK_NAMES, place.port
        except ValueError:
            is_here, port = False, None
        if place.scheme != "sc" or not is_here or port is None:
            raise ConfigurationError(
                f"{self._profile.file}: {REMOTE} of target {TARGET} is {url!r}, which is no port"
                " of this machine",
                f"give it a value such as sc://{LOOPBACK}:15002, or set FIRN_SPARK_PORT",
            )
        return port

    def start(self) -> State:
        """Start the server and return when it answers a query; one that runs already is left.

        Raises EnvironmentFault when it runs with other settings, when its port is in use, and with
        the last line of its log when it dies or does not answer in time.
        """
        private_folder(self._folder)
        with self._locked():
            if self.process() is not None:
                return self._state_of_running()
            self._check_machine()
            record = self._launch()
            self._wait_until_it_answers(record)
            return State(Condition.RUNNING, f"{self._name(record)} started")

    def stop(self) -> State:
        """End the server, and nothing else; no effect when none runs."""
        if not self._record_file.exists():
            return State(Condition.STOPPED, "no warm Spark was running")
        with self._locked():
            process = self.process()
            if process is None:
                self._forget()
                return State(Condition.STOPPED, "the warm Spark had ended by itself")
            process.terminate()
            wait_or_kill(process, SHUTDOWN_SECONDS)
            self._forget()
            return State(Condition.STOPPED, "the warm Spark is stopped")

    def state(self, *, asks: bool = True) -> State:
        """Return how the server is; `asks` says whether it has to answer a query for that."""
        record = self._record()
        if record is None:
            return State(Condition.STOPPED, f"no warm Spark runs for {self._settings.home}")
        process = self.process()
        if process is None:
            return State(
                Condition.DIED,
                f"{self._name(record)} has died; the last it said: {self._last_words()}",
            )
        if asks and (complaint := self._complaint(record, PROBE_SECONDS)):
            return State(Condition.SILENT, f"{self._name(record)} does not answer: {complaint}")
        changed = self._changed(record)
        if changed:
            return State(
                Condition.OUTDATED,
                f"{self._name(record)} runs with settings of before: {'; '.join(changed)}",
            )
        megabytes = process.memory_info().rss / 1e6
        return State(Condition.RUNNING, f"{self._name(record)} answers ({megabytes:,.0f} MB)")

    def process(self) -> psutil.Process | None:
        """Return the living server, None when it is not there or its id is another program's."""
        record = self._record()
        return record.process() if record else None

    def require(self) -> None:
        """Raise EnvironmentFault unless the server itself listens and its token is usable."""
        state = self.state(asks=False)
        process = self.process()
        if process is None:
            raise EnvironmentFault(state.detail, START)
        if not listens(process, self.port):
            raise EnvironmentFault(
                f"the warm Spark does not listen on {LOOPBACK}:{self.port}", RENEW
            )
        self.token.read()

    def is_at(self, url: str) -> bool:
        """Return whether a URL of Spark Connect is this server's: that of the target `warm`."""
        place = urlparse(url)
        try:
            port = place.port or CONNECT_PORT
            return place.hostname in LOOPBACK_NAMES and port == self.port
        except (ConfigurationError, ValueError):  # a profile without that target
            return False

    # what is remembered

    @property
    def _record_file(self) -> Path:
        return self._folder / "spark.json"

    def _record(self) -> WarmRecord | None:
        return WarmRecord.load(self._record_file)

    def _forget(self) -> None:
        self._record_file.unlink(missing_ok=True)
        self.token.remove()

    def _changed(self, record: WarmRecord) -> list[str]:
        return changed_settings(record, self._profile.spark_parameters(SETTINGS_OF), self.port)

    def _name(self, record: WarmRecord) -> str:
        return f"the warm Spark (process {record.pid}, {LOOPBACK}:{record.port})"

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with filelock.FileLock(self._folder / "spark.lock", timeout=2 * DEADLINE_SECONDS):
            yield

    def _state_of_running(self) -> State:
        state = self.state()
        if state.condition is not Condition.RUNNING:
            raise EnvironmentFault(state.detail, RENEW)
        return State(Condition.RUNNING, f"{state.detail}; it was running already")

    # starting

    def _check_machine(self) -> None:
        java = find_java(self._settings)
        if java is None or not java.is_supported:
            raise EnvironmentFault("there is no Java that Spark can use", GET_JAVA)
        if wrong := unusable_jars(self._settings):
            raise EnvironmentFault(f"Spark's jars: {'; '.join(wrong)}", FETCH)
        if is_taken(self.port):
            raise EnvironmentFault(
                f"port {self.port} of {LOOPBACK} is in use by another program{_used_by(self.port)}",
                "stop that program, or choose another port: export FIRN_SPARK_PORT=…",
            )

    def _launch(self) -> WarmRecord:
        parameters = self._profile.spark_parameters(SETTINGS_OF)
        process = launch(self._settings, self.log_file, self.port, parameters, self.token.renew())
        record = WarmRecord(
            pid=process.pid, created=process.create_time(), port=self.port, parameters=parameters
        )
        record.save(self._record_file)
        return record

    def _wait_until_it_answers(self, record: WarmRecord) -> None:
        deadline = time.monotonic() + DEADLINE_SECONDS
        complaint = "it opened no port"
        while time.monotonic() < deadline:
            if record.process() is None:
                self._forget()
                raise EnvironmentFault(
                    f"the warm Spark died while it started; the last it said: {self._last_words()}",
                    f"read its log: tail -50 {self.log_file}",
                )
            if is_taken(record.port):
                complaint = self._complaint(record, deadline - time.monotonic())
                if not complaint:
                    return
            time.sleep(0.1)
        self._give_up(record)
        raise EnvironmentFault(
            f"the warm Spark did not answer within {DEADLINE_SECONDS} s: {complaint}",
            f"read its log: tail -50 {self.log_file}",
        )

    def _give_up(self, record: WarmRecord) -> None:
        """End a server that never came up."""
        if process := record.process():
            process.terminate()
            wait_or_kill(process, SHUTDOWN_SECONDS)
        self._forget()

    def _complaint(self, record: WarmRecord, seconds: float) -> str:
        """Ask the server a query as dbt would; return "" when it answered, else what went wrong."""
        own = {"DBT_TARGET": TARGET, "FIRN_SPARK_PORT": str(record.port)}
        try:
            asked = subprocess.run(
                [sys.executable, "-m", "operations.runtime.spark_health"],
                env=dbt_environment(self._settings) | own,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=max(seconds, 1),
                check=False,
            )
        except subprocess.TimeoutExpired:
            return f"no answer within {seconds:.0f} s"
        return "" if asked.returncode == 0 else _last_line(asked.stderr)

    def _last_words(self) -> str:
        text = self.log_file.read_text(errors="replace") if self.log_file.exists() else ""
        return _last_line(text) or "nothing"


def _last_line(text: str) -> str:
    """Return the last line that is not part of a Java stack trace."""
    lines = [line for line in text.splitlines() if line.strip() and not line[0].isspace()]
    return lines[-1] if lines else ""


def _used_by(port: int) -> str:
    """Name, as far as the system tells, the program that listens on a port."""
    try:
        process = listener(port)
        return f" (process {process.pid}: {' '.join(process.cmdline())[:80]})" if process else ""
    except psutil.Error:
        return ""
