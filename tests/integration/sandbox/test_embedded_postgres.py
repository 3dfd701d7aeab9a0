"""The embedded server: starts, stops, comes back after a crash, asks for passwords."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
from tenacity import retry, retry_if_result, stop_after_delay, wait_fixed

from lake.errors import EnvironmentFault
from sandbox.postgres import EmbeddedPostgres
from sandbox.service_account import ServiceAccount

pytestmark = pytest.mark.postgres


def process_of(server: EmbeddedPostgres) -> psutil.Process:
    return psutil.Process(int((server.data / "postmaster.pid").read_text().split()[0]))


def ask(server: EmbeddedPostgres, question: str) -> object:
    with psycopg.connect(server.url()) as connection:
        row = connection.execute(question.encode()).fetchone()
    return row[0] if row else None


def kill(server: EmbeddedPostgres) -> None:
    process_of(server).send_signal(signal.SIGKILL)
    wait_until_stopped(server)


@retry(retry=retry_if_result(bool), stop=stop_after_delay(20), wait=wait_fixed(0.05))
def wait_until_stopped(server: EmbeddedPostgres) -> bool:
    return server.is_running


def test_first_start_gives_a_server_fit_for_replication(home: Path) -> None:
    server = EmbeddedPostgres(home)
    assert not server.is_running

    server.start()

    assert server.is_running
    assert ask(server, "select current_setting('server_version_num')::int >= 180000")
    assert ask(server, "show wal_level") == "logical"
    assert ask(server, "show fsync") == "on"
    assert ask(server, "show timezone") == "UTC"
    assert ask(server, "select current_setting('max_prepared_transactions')::int > 0")


def test_second_start_changes_nothing(home: Path) -> None:
    EmbeddedPostgres(home).start()
    before = process_of(EmbeddedPostgres(home)).pid, EmbeddedPostgres(home).port

    EmbeddedPostgres(home, port=1).start()

    assert (process_of(EmbeddedPostgres(home)).pid, EmbeddedPostgres(home).port) == before


def test_port_and_rows_survive_stop_and_start(home: Path) -> None:
    server = EmbeddedPostgres(home)
    server.start()
    url = server.url()
    with psycopg.connect(url) as connection:
        connection.execute("create table kept as select 42 as answer")
    server.stop()
    assert not server.is_running

    server.start()

    assert server.url() == url
    assert ask(server, "select answer from kept") == 42
    assert "was not properly shut down" not in server.log_file.read_text()


def test_server_listens_on_loopback_only(home: Path) -> None:
    server = EmbeddedPostgres(home)
    server.start()

    listening = [
        connection.laddr
        for connection in process_of(server).net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    ]

    assert listening == [("127.0.0.1", server.port)]
    assert ask(server, "show unix_socket_directories") == ""


def test_server_does_not_run_as_root(home: Path) -> None:
    server = EmbeddedPostgres(home)
    server.start()

    assert process_of(server).uids().real == ServiceAccount.current().uid != 0
    assert server.data.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("password", ["wrong", ""])
def test_wrong_password_is_refused(home: Path, password: str) -> None:
    server = EmbeddedPostgres(home)
    server.start()

    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(
            host="127.0.0.1",
            port=server.port,
            user="postgres",
            password=password,
            dbname="postgres",
        )


def test_passwords_are_stored_as_scram_and_logged_nowhere(home: Path) -> None:
    server = EmbeddedPostgres(home)
    server.start()
    server.ensure_role("shop")
    with psycopg.connect(server.url()) as connection:
        stored = connection.execute(
            "select rolpassword from pg_authid where rolpassword is not null"
        ).fetchall()

    assert len(stored) == 2
    assert all(password.startswith("SCRAM-SHA-256$") for (password,) in stored)
    for user in ("postgres", "shop"):
        password = psycopg.conninfo.conninfo_to_dict(server.url(user))["password"]
        assert str(password) not in server.log_file.read_text()
        assert str(password) not in repr(vars(server))


def test_killed_server_comes_back_with_all_that_was_committed(home: Path) -> None:
    server = EmbeddedPostgres(home)
    server.start()
    with psycopg.connect(server.url()) as connection:
        connection.execute("create table kept as select generate_series(1, 10000) as number")
    kill(server)

    server.start()

    assert ask(server, "select count(*) from kept") == 10_000
    assert "was not properly shut down" in server.log_file.read_text()


def test_start_right_after_a_kill_does_not_take_the_dying_server_for_a_running_one(
    home: Path,
) -> None:
    server = EmbeddedPostgres(home)
    for _ in range(3):
        server.start()
        process_of(server).send_signal(signal.SIGKILL)

    server.start()

    assert ask(server, "select 1") == 1


def test_server_starts_when_its_old_process_id_is_another_program_now(home: Path) -> None:
    server = EmbeddedPostgres(home)
    server.start()
    kill(server)
    account = ServiceAccount.current()
    user = None if account.is_caller else account.uid
    other = subprocess.Popen(["/bin/sh", "-c", "read _"], stdin=subprocess.PIPE, user=user, cwd="/")
    try:
        note = server.data / "postmaster.pid"
        note.write_text(f"{other.pid}\n" + note.read_text().split("\n", 1)[1])
        assert not server.is_running

        server.start()

        assert ask(server, "select 1") == 1
    finally:
        other.communicate()


def test_half_made_data_folder_is_made_again(home: Path) -> None:
    server = EmbeddedPostgres(home)
    server.start()
    server.stop()
    data = server.data
    data.rename(data.with_name("data.new"))

    server.start()

    assert ask(server, "select 1") == 1
    assert not data.with_name("data.new").exists()


def test_server_outlives_the_process_that_started_it(home: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from sandbox.postgres import EmbeddedPostgres;"
        "EmbeddedPostgres(Path(sys.argv[1])).start()"
    )
    subprocess.run([sys.executable, "-c", program, str(home)], check=True, timeout=120)

    assert ask(EmbeddedPostgres(home), "select 1") == 1


def test_taken_port_is_named_with_its_fix(home: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(EnvironmentFault, match=f"port {port} .* is in use") as caught:
            EmbeddedPostgres(home, port=port).start()

    assert caught.value.exit_code == 2
    assert caught.value.fix


def test_server_that_cannot_start_says_why(home: Path) -> None:
    server = EmbeddedPostgres(home)
    server.start()
    server.stop()
    with (server.data / "postgresql.conf").open("a") as settings:
        settings.write("no_such_setting = 1\n")

    with pytest.raises(EnvironmentFault, match="no_such_setting") as caught:
        server.start()

    assert str(server.log_file) in caught.value.fix


@pytest.mark.skipif(os.geteuid() != 0, reason="data of others than root lie in the home itself")
def test_what_a_lost_home_left_is_not_taken_for_the_new_one(home: Path) -> None:
    """The passwords are in the home alone: without them the old data cannot be opened."""
    server = EmbeddedPostgres(home)
    server.start()
    server.stop()
    left = server.data
    (home / "postgres.json").unlink()

    server.start()

    assert ask(server, "select 1") == 1
    assert server.data != left
    shutil.rmtree(left.parent)


def test_data_without_their_passwords_are_not_started(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ServiceAccount, "folder_near", lambda _, near: near)
    (home / "data").mkdir(parents=True)

    with pytest.raises(EnvironmentFault, match="passwords is gone") as caught:
        EmbeddedPostgres(home).start()

    assert str(home / "data") in caught.value.fix
    assert not (home / "postgres.json").exists()


def test_server_that_never_ran_is_stopped_and_destroyed_without_complaint(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / "never")

    server.stop()
    server.destroy()

    assert not server.home.exists()


def test_destroy_leaves_nothing(home: Path) -> None:
    server = EmbeddedPostgres(home)
    server.start()
    data, process = server.data, process_of(server)

    server.destroy()
    server.destroy()

    assert not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    assert not data.exists()
    assert list(home.iterdir()) == []
    assert data.parent == home or not data.parent.exists()


@pytest.fixture
def open_home() -> Iterator[Path]:
    """Return a home that everybody may enter."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder) / "home"
        EmbeddedPostgres(Path(folder) / "home").destroy()


def test_data_lie_in_a_home_that_the_server_can_enter_and_move_when_it_is_closed(
    open_home: Path,
) -> None:
    open_home.mkdir(mode=0o755)
    server = EmbeddedPostgres(open_home)
    server.start()
    assert server.data == open_home / "data"
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("create table kept as select 7 as a")
    server.stop()

    open_home.chmod(0o700)
    server.start()

    assert ask(server, "select a from kept") == 7
    is_inside = server.data.is_relative_to(open_home)
    assert is_inside == (os.geteuid() != 0)


def test_data_of_a_closed_home_lies_where_the_server_can_enter(open_home: Path) -> None:
    open_home.mkdir(mode=0o700)
    server = EmbeddedPostgres(open_home)
    server.start()

    assert ask(server, "select 1") == 1
    is_inside = server.data.is_relative_to(open_home)
    assert is_inside == (os.geteuid() != 0)
    assert server.data.parent.stat().st_mode & 0o077 == 0
