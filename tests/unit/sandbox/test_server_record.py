"""What a server's record keeps, and what it never shows."""

from pathlib import Path

import pytest

from lake.errors import EnvironmentFault
from sandbox.server_record import ServerRecord


def test_record_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    record = ServerRecord(port=5433, folder=tmp_path)
    password = record.password_of("shop")
    record.save(tmp_path / "postgres.json")

    loaded = ServerRecord.load(tmp_path / "postgres.json")

    assert loaded == record
    assert loaded.password_of("shop") == password


def test_record_file_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "postgres.json"
    ServerRecord(port=5433, folder=tmp_path).save(file)

    assert file.stat().st_mode & 0o777 == 0o600


def test_every_user_gets_a_long_password_of_its_own(tmp_path: Path) -> None:
    record = ServerRecord(port=5433, folder=tmp_path)

    passwords = {record.password_of(user) for user in ("shop", "firn_reader", "postgres")}

    assert len(passwords) == 3
    assert min(map(len, passwords)) >= 32


def test_password_is_not_shown_with_the_record(tmp_path: Path) -> None:
    record = ServerRecord(port=5433, folder=tmp_path)
    password = record.password_of("shop")

    assert password not in repr(record)
    assert password not in str(record)


def test_url_quotes_what_a_url_cannot_hold(tmp_path: Path) -> None:
    record = ServerRecord(port=5433, folder=tmp_path)
    record.password_of("a@b")

    assert record.url("127.0.0.1", "a@b", "my db").startswith("postgresql://a%40b:")
    assert record.url("127.0.0.1", "a@b", "my db").endswith("@127.0.0.1:5433/my%20db")


def test_unknown_user_is_named_without_any_password(tmp_path: Path) -> None:
    record = ServerRecord(port=5433, folder=tmp_path)
    password = record.password_of("shop")

    with pytest.raises(EnvironmentFault, match="no user 'nobody_knows'") as caught:
        record.url("127.0.0.1", "nobody_knows", "shop")

    assert password not in str(caught.value)


def test_missing_record_names_the_command_that_makes_one(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault, match="firn sandbox start shop"):
        ServerRecord.load(tmp_path / "postgres.json")
