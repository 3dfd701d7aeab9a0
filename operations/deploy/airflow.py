"""`make airflow`: Airflow in an environment of its own -> its processes on loopback, in front.

    python -m operations.deploy.airflow                 # start it; Ctrl-C ends it
    python -m operations.deploy.airflow dags test shop  # any Airflow command, same state

All it keeps lies in FIRN_HOME/airflow; how it is set up is dags/airflow.cfg.
"""

from __future__ import annotations

import base64
import json
import secrets
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Annotated, NoReturn

import psutil
import typer

from lake.errors import ConfigurationError, EnvironmentFault
from lake.private import private_folder
from lake.processes import LOOPBACK, is_taken, wait_or_kill
from lake.settings import Settings
from operations.cli.faults import named_faults
from operations.terminal import Terminal

PORT = "FIRN_AIRFLOW_PORT"
DEFAULT_PORT = "8080"
# A scheduler's server of logs would listen on every address; logs are read from the files.
COMPONENTS = {
    "api-server": ["api-server"],
    "scheduler": ["scheduler", "--skip-serve-logs"],
    "dag-processor": ["dag-processor"],
}
KEYS = ("fernet", "api", "jwt")
DEADLINE_SECONDS = 180
SHUTDOWN_SECONDS = 20


class Airflow:
    """The Airflow of a FIRN_HOME."""

    def __init__(self, settings: Settings) -> None:
        """Remember where it belongs; nothing is made or started yet."""
        self._settings = settings
        self.home = settings.home / "airflow"
        self.port = settings.variable(PORT) or DEFAULT_PORT

    @property
    def url(self) -> str:
        """Where its pages are."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def is_prepared(self) -> bool:
        """Whether it was ever made ready to run commands."""
        return (self.home / "airflow.db").exists()

    def environment(self) -> dict[str, str]:
        """Return the environment in which Airflow's commands find this project and this state."""
        return {
            **self._settings.environment(),
            "AIRFLOW_HOME": str(self.home),
            "AIRFLOW_CONFIG": str(self._settings.project_dir / "dags" / "airflow.cfg"),
            "FIRN_PROJECT_DIR": str(self._settings.project_dir),
            "FIRN_HOME": str(self._settings.home),
            PORT: self.port,
        }

    def command(self, arguments: Sequence[str]) -> list[str]:
        """Return a command of Airflow's. Raises EnvironmentFault when it is not installed."""
        program = self._settings.home / "airflow-venv" / "bin" / "airflow"
        if not program.exists():
            raise EnvironmentFault(f"{program} is not there", "make airflow")
        return [str(program), *arguments]

    def run(self, arguments: Sequence[str]) -> int:
        """Run a command of Airflow's to its end and return its exit code."""
        return subprocess.run(
            self.command(arguments), env=self.environment(), check=False
        ).returncode

    def prepare(self) -> None:
        """Make its keys, its database and the pool of one slot; again, nothing changes.

        Raises EnvironmentFault with what Airflow said when that fails.
        """
        self._make_keys()
        pools = self._settings.project_dir / "dags" / "pools.json"
        for arguments in (["db", "migrate"], ["pools", "import", str(pools)]):
            done = subprocess.run(
                self.command(arguments), env=self.environment(), check=False,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            )  # fmt: skip
            if done.returncode:
                raise EnvironmentFault(
                    f"airflow {' '.join(arguments)} failed:\n{done.stdout[-2000:]}",
                    f"if its state is damaged: rm -r {self.home}, which forgets its history",
                )

    def serve(self, out: Terminal) -> None:
        """Run all of it until Ctrl-C or SIGTERM, or until a part of it ends.

        Raises ConfigurationError for a port that is no number, EnvironmentFault when the port is
        in use, when it does not come up in time, and naming the log of a part that ended by itself.
        """
        self._check_port()
        self.prepare()
        with ExitStack() as running:
            parts = {
                name: running.enter_context(self._started(name, arguments))
                for name, arguments in COMPONENTS.items()
            }
            try:
                self._wait_until_it_answers(parts)
                out.print(f"Airflow: {self.url}")
                out.print(f"login:   {self._login()}")
                out.print(f"logs:    {self.home / 'logs'}; Ctrl-C ends it", soft_wrap=True)
                while True:
                    self._check(parts)
                    time.sleep(1)
            except KeyboardInterrupt:
                out.print("Ending Airflow …")

    def _make_keys(self) -> None:
        folder = self.home / "keys"
        private_folder(folder)
        self.home.chmod(0o700)
        for name in KEYS:
            file = folder / name
            if not file.exists():
                file.touch(mode=0o600)
                file.write_bytes(base64.urlsafe_b64encode(secrets.token_bytes(32)))

    def _check_port(self) -> None:
        if not self.port.isdecimal():
            raise ConfigurationError(f"{PORT} is {self.port!r}", "set it to a port such as 8080")
        if is_taken(int(self.port)):
            raise EnvironmentFault(
                f"port {self.port} of {LOOPBACK} is in use by another program",
                f"stop that program, or choose another port: export {PORT}=…",
            )

    @contextmanager
    def _started(self, name: str, arguments: Sequence[str]) -> Iterator[psutil.Popen]:
        """Start a part of Airflow, and end it at the end."""
        with self._log(name).open("wb") as log:
            process = psutil.Popen(
                self.command(arguments), env=self.environment(), stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        try:
            yield process
        finally:
            with suppress(psutil.NoSuchProcess):
                process.terminate()
            wait_or_kill(process, SHUTDOWN_SECONDS)

    def _log(self, name: str) -> Path:
        folder = self.home / "logs"
        private_folder(folder)
        return folder / f"{name}.log"

    def _check(self, parts: dict[str, psutil.Popen]) -> None:
        for name, process in parts.items():
            if process.poll() is not None:
                raise EnvironmentFault(
                    f"Airflow's {name} ended by itself with exit code {process.returncode}",
                    f"read its log: tail -50 {self._log(name)}",
                )

    def _wait_until_it_answers(self, parts: dict[str, psutil.Popen]) -> None:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while time.monotonic() < deadline:
            self._check(parts)
            if self._is_healthy():
                return
            time.sleep(0.5)
        raise EnvironmentFault(
            f"Airflow was not up within {DEADLINE_SECONDS} s", f"read {self.home / 'logs'}/*.log"
        )

    def _is_healthy(self) -> bool:
        """Whether all parts say so."""
        try:
            with urllib.request.urlopen(f"{self.url}/api/v2/monitor/health", timeout=5) as answer:  # noqa: S310 - our own
                health = json.load(answer)
        except (OSError, urllib.error.URLError, ValueError):
            return False
        wanted = ("metadatabase", "scheduler", "dag_processor")
        return all(health.get(part, {}).get("status") == "healthy" for part in wanted)

    def _login(self) -> str:
        file = self.home / "simple_auth_manager_passwords.json.generated"
        passwords = json.loads(file.read_text(encoding="utf-8"))
        return ", ".join(f"{user}, password {password}" for user, password in passwords.items())


app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)


@app.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@named_faults
def main(
    arguments: Annotated[list[str] | None, typer.Argument(help="A command of Airflow's.")] = None,
) -> None:
    """Start Airflow on this machine's loopback address, or run one of its commands."""
    airflow = Airflow(Settings.load())
    if arguments:
        if not airflow.is_prepared:
            airflow.prepare()
        raise typer.Exit(airflow.run(arguments))
    signal.signal(signal.SIGTERM, _interrupt)
    airflow.serve(Terminal())


def _interrupt(_: int, __: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(app())
