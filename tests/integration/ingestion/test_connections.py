"""PostgreSQL that cannot be used: a message that says why, the password nowhere, no trace left."""

import json
import logging
import os
import traceback

import pytest

from lake.errors import ConfigurationError, EnvironmentFault, FirnError
from sandbox.postgres import EmbeddedPostgres
from tests.integration.ingestion.home import TOKEN_KEY
from tests.integration.ingestion.lakehouse import CREATE_ITEMS, Lakehouse, items

pytestmark = pytest.mark.postgres
SECRET = "s3cret-canary"  # pragma: allowlist secret


def _fault(lakehouse: Lakehouse, url: str, kind: type[FirnError]) -> str:
    """Ingest with `url` and return all a user could see of the fault."""
    lakehouse.set_secrets(SOURCE_URL=url, FIRN_TOKEN_KEY=TOKEN_KEY)
    with pytest.raises(kind) as fault:
        lakehouse.ingest()
    assert fault.value.exit_code == 2
    assert lakehouse.lake.table("raw_app.items") is None
    shown = "".join(traceback.format_exception(fault.value))
    assert SECRET not in shown
    return str(fault.value)


def _parts(lakehouse: Lakehouse) -> tuple[str, str]:
    """Return user and place (host, port, database) of the reader's URL."""
    credentials, place = lakehouse.reader_url.removeprefix("postgresql://").split("@")
    return credentials.split(":")[0], place


def test_a_wrong_password_is_named_and_never_shown(
    with_items: Lakehouse, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    user, place = _parts(with_items)
    text = _fault(with_items, f"postgresql://{user}:{SECRET}@{place}", EnvironmentFault)
    assert f'refuses the login: password authentication failed for user "{user}"' in text
    assert "correct user and password in SOURCE_URL" in text
    assert SECRET not in caplog.text


def test_a_server_that_does_not_answer_is_named(with_items: Lakehouse) -> None:
    user, place = _parts(with_items)
    database = place.split("/")[1]
    url = f"postgresql://{user}:{SECRET}@127.0.0.1:1/{database}"
    text = _fault(with_items, url, EnvironmentFault)
    assert f"PostgreSQL at 127.0.0.1:1/{database} as {user} (SOURCE_URL) cannot be reached" in text


def test_a_database_that_is_not_there_is_named(with_items: Lakehouse) -> None:
    url = with_items.reader_url.rsplit("/", 1)[0] + "/nowhere"
    text = _fault(with_items, url, EnvironmentFault)
    assert 'database "nowhere" does not exist' in text


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://me:{SECRET}@127.0.0.1:{SECRET}/db",
        f"mysql://me:{SECRET}@127.0.0.1/db",
        f"postgresql://me:{SECRET}@127.0.0.1/db?sslmode={SECRET}",
        SECRET,
    ],
)
def test_a_url_that_is_none_is_not_quoted(with_items: Lakehouse, url: str) -> None:
    text = _fault(with_items, url, FirnError)
    assert "SOURCE_URL" in text


def test_a_url_as_providers_print_it_lands(with_items: Lakehouse) -> None:
    """What is libpq's and cannot be obeyed is passed over."""
    with_items.execute("insert into items values (1, 'a')")
    more = "sslmode=prefer&channel_binding=prefer&connect_timeout=5&keepalives_idle=30"
    url = f"{with_items.reader_url}?{more}&target_session_attrs=any&application_name=loader"
    with_items.set_secrets(SOURCE_URL=url, FIRN_TOKEN_KEY=TOKEN_KEY)
    assert with_items.ingest().rows_landed == 1


@pytest.mark.parametrize("sign", ["@", "/", "#", "%", "?"])
def test_a_password_that_is_not_percent_encoded_is_said_to_be(
    with_items: Lakehouse, sign: str
) -> None:
    user, place = _parts(with_items)
    text = _fault(with_items, f"postgresql://{user}:x{sign}{SECRET}@{place}", ConfigurationError)
    assert "SOURCE_URL" in text
    assert "percent-encode it" in text


def test_a_missing_connection_names_variable_and_file(with_items: Lakehouse) -> None:
    with_items.set_secrets(FIRN_TOKEN_KEY=TOKEN_KEY)
    with pytest.raises(ConfigurationError, match="SOURCE_URL is set neither") as fault:
        with_items.ingest()
    assert str(with_items.home / "firn.env") in str(fault.value)


def test_secrets_that_others_can_read_are_refused(with_items: Lakehouse) -> None:
    (with_items.home / "firn.env").chmod(0o644)
    with pytest.raises(EnvironmentFault, match="can be read by other users") as fault:
        with_items.ingest()
    assert "chmod 600" in fault.value.fix


def test_a_table_the_role_may_not_read_is_named(
    with_items: Lakehouse, postgres: EmbeddedPostgres
) -> None:
    postgres.ensure_role("app_stranger", ["pg_read_all_stats"])
    database = with_items.reader_url.rsplit("/", 1)[1]
    url = postgres.url("app_stranger", database)
    text = _fault(with_items, url, ConfigurationError)
    assert 'grant select on "public"."items"' in text


def test_a_second_ingestion_is_told_who_works_since_when(with_items: Lakehouse) -> None:
    """Fault two-loads-at-once, first half."""
    from lake.locks import source_lock

    with source_lock(with_items.home, "app", wait=False):
        with pytest.raises(EnvironmentFault, match=f"by pid {os.getpid()} since 20") as refusal:
            with_items.ingest()
        assert "--wait" in refusal.value.fix
        [holder] = (with_items.home / "locks").glob("*.json")
        assert json.loads(holder.read_text())["pid"] == os.getpid()
    with_items.ingest()


def test_one_table_that_fails_does_not_stop_the_others(lakehouse: Lakehouse) -> None:
    lakehouse.execute(CREATE_ITEMS)
    lakehouse.execute(
        "create view broken as select 1 / (item_id - 1) as item_id, label, updated_at from items"
    )
    lakehouse.execute("insert into items values (1, 'a')")
    broken = items()
    broken["name"] = "broken"
    lakehouse.declare(broken, items())
    with pytest.raises(FirnError, match="reading app.broken: PostgreSQL says: division by zero"):
        lakehouse.ingest()
    assert len(lakehouse.rows()) == 1
    assert [r["table_name"] for r in lakehouse.lake.rows("ops.loads")] == ["items"]


def test_a_value_in_the_servers_message_is_not_shown(lakehouse: Lakehouse) -> None:
    """A cast that fails quotes its value, which may be a person's."""
    lakehouse.execute(CREATE_ITEMS)
    lakehouse.execute(
        "create view casting as select label::int::bigint as item_id, label, updated_at from items"
    )
    lakehouse.execute("insert into items values (1, 'Ada Canary')")
    casting = items()
    casting["name"] = "casting"
    lakehouse.declare(casting)
    with pytest.raises(FirnError, match="invalid input syntax for type integer") as failure:
        lakehouse.ingest()
    assert "Canary" not in "".join(traceback.format_exception(failure.value))
