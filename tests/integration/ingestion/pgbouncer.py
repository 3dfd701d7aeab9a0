"""A real pgbouncer in transaction mode: Debian's package, unpacked -> a pooler on 127.0.0.1."""

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from lake.processes import LOOPBACK, free_port
from sandbox.service_account import ServiceAccount
from tests.debian import SYSTEM_FOLDERS, debian_program

DEADLINE_SECONDS = 60
CONFIGURATION = """
[databases]
{database} = host={host} port={server_port} dbname={database} user={user} password={password}
[pgbouncer]
listen_addr = {host}
listen_port = {port}
auth_type = any
pool_mode = transaction
default_pool_size = 3
unix_socket_dir = {folder}
"""


@dataclass(frozen=True)
class PgBouncer:
    """The program, and a folder that the account may enter which runs it."""

    folder: Path
    program: Path
    account: ServiceAccount

    @property
    def sockets(self) -> Path:
        """The folder of its Unix sockets, which belongs to the account."""
        return self.folder / "sockets"

    @contextmanager
    def pooler(self, url: str, **settings: object) -> Iterator[str]:
        """Run a pooler before the database of `url`, and give the URL that leads through it.

        `settings` are added to its file. It has no list of startup parameters to ignore, and asks
        its clients for no password.
        """
        server, port = urlsplit(url), free_port()
        place = f"{LOOPBACK}:{port}{server.path}"
        values = {
            "database": server.path.removeprefix("/"),
            "host": LOOPBACK,
            "server_port": server.port,
            "user": server.username,
            "password": server.password,
            "port": port,
            "folder": self.sockets,
        }
        added = [f"{name} = {value}" for name, value in settings.items()]
        text = "\n".join([CONFIGURATION.format(**values), *added])
        with self.account.secret_file(self.folder, text) as file:
            process = self._start(file)
            try:
                _wait_for(port, process)
                yield f"postgresql://{server.username}@{place}"
            finally:
                process.kill()
                process.wait(DEADLINE_SECONDS)

    @contextmanager
    def tls_pooler(self, url: str, key_store: Path, **settings: object) -> Iterator[str]:
        """Run a pooler that takes no connection without TLS; a file holds certificate and key."""
        copy = self.folder / key_store.name
        shutil.copy(key_store, copy)
        if not self.account.is_caller:
            shutil.chown(copy, self.account.uid, self.account.gid)
        tls = {"client_tls_key_file": copy, "client_tls_cert_file": copy}
        with self.pooler(url, client_tls_sslmode="require", **tls, **settings) as pooled:
            yield pooled

    def _start(self, configuration: Path) -> "subprocess.Popen[str]":
        libraries = {str(file.parent) for file in self.folder.glob("**/*.so.*")}
        is_caller = self.account.is_caller
        return subprocess.Popen(
            [str(self.program), "--quiet", str(configuration)],
            cwd=self.folder,
            env={"PATH": SYSTEM_FOLDERS, "LD_LIBRARY_PATH": ":".join(sorted(libraries))},
            stderr=subprocess.PIPE,
            text=True,
            user=None if is_caller else self.account.uid,
            group=None if is_caller else self.account.gid,
            extra_groups=None if is_caller else [],
        )


@contextmanager
def unpacked_pgbouncer() -> Iterator[PgBouncer]:
    """Find an installed pgbouncer, or unpack Debian's package into a temporary folder."""
    account = ServiceAccount.current()
    folder = Path(tempfile.mkdtemp(prefix="firn-pgbouncer-"))
    try:
        found = PgBouncer(
            folder, debian_program("pgbouncer", "usr/sbin/pgbouncer", folder), account
        )
        folder.chmod(0o755)
        account.make_folder(found.sockets)
        yield found
    finally:
        shutil.rmtree(folder)


def _wait_for(port: int, process: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection((LOOPBACK, port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    said = process.stderr.read() if process.poll() is not None and process.stderr else ""
    raise RuntimeError(f"pgbouncer did not start: {said}")
