"""Declarations: what a right one means, and how every mistake is reported: file, line, fix."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.connectors.postgres.declaration import PostgresSource
from ingestion.declarations import LoadMode, NewColumns, PersonalData, select_tables
from ingestion.declarations.model import IDENTIFIER, PartitionField
from ingestion.sources import load_sources
from lake.errors import ConfigurationError

HEAD = """\
sources:
  - name: shop
    schema: raw_shop
    config:
      meta:
        ingestion: {connector: postgres, connection: SHOP_DATABASE_URL, schema: shop}
    tables:
"""
ORDERS = """\
      - name: orders
        config:
          meta:
            ingestion:
              load: incremental
              key: [order_id]
              cursor: updated_at
        columns:
          - {name: order_id, data_type: bigint}
          - {name: email, data_type: string, config: {meta: {personal_data: token}}}
          - {name: born, data_type: date, config: {meta: {personal_data: drop}}}
          - {name: updated_at, data_type: timestamp}
"""


def _project(tmp_path: Path, text: str, name: str = "shop") -> Path:
    folder = tmp_path / "models" / "raw"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.yml").write_text(text, encoding="utf-8")
    return tmp_path


def _mistakes(tmp_path: Path, text: str) -> str:
    with pytest.raises(ConfigurationError) as refusal:
        load_sources(_project(tmp_path, text))
    assert refusal.value.exit_code == 2
    return refusal.value.message


def test_a_declaration_says_what_is_landed(tmp_path: Path) -> None:
    [source] = load_sources(_project(tmp_path, HEAD + ORDERS))
    assert isinstance(source, PostgresSource)
    [orders] = source.tables
    assert (source.connection, source.upstream_schema) == ("SHOP_DATABASE_URL", "shop")
    assert (orders.label, orders.identifier) == ("shop.orders", ("raw_shop", "orders"))
    assert (orders.load, orders.key, orders.cursor) == (
        LoadMode.INCREMENTAL,
        ("order_id",),
        "updated_at",
    )
    assert orders.new_columns is NewColumns.RESCUE
    assert [c.name for c in orders.landed_columns] == ["order_id", "email", "updated_at"]
    assert orders.column("email").personal_data is PersonalData.TOKEN


def test_a_source_gives_defaults_and_a_table_overrules_them(tmp_path: Path) -> None:
    head = HEAD.replace("schema: shop}", "schema: shop, new_columns: freeze, lag: 1 hour}")
    table = ORDERS.replace("load: incremental", "load: incremental\n              table: t_orders")
    [source] = load_sources(_project(tmp_path, head + table))
    assert isinstance(source, PostgresSource)
    [orders] = source.tables
    assert (orders.new_columns, orders.lag) == (NewColumns.FREEZE, timedelta(hours=1))
    assert orders.upstream_table == "t_orders"
    own = table.replace("t_orders", "t_orders\n              lag: 2 minutes")
    [source] = load_sources(_project(tmp_path, head + own))
    assert isinstance(source, PostgresSource)
    assert source.tables[0].lag == timedelta(minutes=2)
    own = own.replace("2 minutes", "250 milliseconds")
    [source] = load_sources(_project(tmp_path, head + own))
    assert isinstance(source, PostgresSource)
    assert source.tables[0].lag == timedelta(seconds=0.25)


def test_keys_that_belong_to_dbt_pass(tmp_path: Path) -> None:
    text = HEAD.replace(
        "    config:\n", "    description: x\n    loader: y\n    config:\n      tags: [a]\n"
    )
    table = ORDERS.replace("bigint}", "bigint, data_tests: [unique], quote: false}")
    assert load_sources(_project(tmp_path, text + table))


def test_sources_that_firn_does_not_ingest_are_left_alone(tmp_path: Path) -> None:
    text = "sources:\n  - name: other\n    tables:\n      - name: t\n"
    assert load_sources(_project(tmp_path, text)) == ()


MISTAKES = {
    "cursor: updated_at": {
        "curser: updated_at": (14, "unknown key 'curser'; did you mean 'cursor'"),
        "cursor: updated_att": (14, "not among the declared columns: order_id, email"),
        "cursor: email": (14, "a string; allowed: timestamp, timestamp_ntz, date, int, bigint"),
        "cursor: born": (14, "declared as personal_data: drop"),
        "partition_by: [month(updated_at)]": (11, "load: incremental needs a cursor"),
        "cursor: updated_at\n              lag: soon": (15, "write for example '10 minutes'"),
        "cursor: updated_at\n              partition_by: [month(email)]": (
            15,
            "month of a string; allowed: timestamp, timestamp_ntz, date",
        ),
        "cursor: updated_at\n              partition_by: [week(updated_at)]": (
            15,
            "year(c), month(c), day(c), hour(c), bucket(n, c)",
        ),
        "cursor: updated_at\n              new_columns: evolve": (15, "evolve would land new"),
        "cursor: updated_at\n              cursor: order_id": (15, "'cursor' stands twice"),
    },
    "key: [order_id]": {
        "key: [order_idd]": (13, "key order_idd: not among the declared columns"),
        "key: [order_id, order_id]": (13, "a name stands twice in [order_id, order_id]"),
        "key: []": (13, "at least 1 item"),
        "key: [born]": (13, "declared as personal_data: drop"),
        "table: x": (11, "'key' is missing"),
        'key: ["order_id; drop table x"]': (13, "is not an identifier; allowed: [a-z_]"),
    },
    "load: incremental": {
        "load: incremantal": (12, "'incremental' or 'full'"),
        "load: full": (14, "a full load has no cursor"),
    },
    "data_type: bigint": {
        "data_type: bigit": (16, "there is no type 'bigit'; allowed: boolean, int, bigint"),
        "data_type: 'decimal(39,2)'": (16, "a decimal has 1 to 38 digits"),
        "data_type: decimal(18,2)": (16, "was cut at its comma; within braces write 'decimal"),
        "data_type: 'decimal(4,5)'": (16, "its scale at most as many"),
        "data_type: double": (13, "a double cannot identify a row"),
    },
    "name: email": {
        "name: order_id": (17, "column 'order_id' is declared twice"),
        "name: e-mail": (17, "'e-mail' is not an identifier"),
        "name: _load_id": (11, "names that start with _ are kept"),
    },
    "personal_data: token": {"personal_data: hash": (17, "'token' or 'drop'")},
    "config: {meta: {personal_data: token}}": {
        "meta: {personal_data: token}": (17, "personal_data belongs under config.meta"),
        "personal_data: token": (17, "personal_data belongs under config.meta"),
        "config: {meta: {path: e.mail}}": (11, "write path: [e.mail]"),
        "config: {meta: {path: order_id}}": (11, "'order_id' is declared as order_id"),
        "config: {meta: {infinity: null}}": (11, "infinity is of times, declared string"),
        "config: {meta: {infinity: false}}": (17, "'max' or 'null'"),
        "config: {meta: {infinity: never}}": (17, "'max' or 'null'"),
        "config: {meta: {path: []}}": (17, "a list of names where a name has dots"),
    },
    "connection: SHOP_DATABASE_URL": {
        # pragma: allowlist nextline secret
        "connection: 'postgresql://u:secret@h/d'": (6, "the URL itself belongs into that variable"),
        "conection: SHOP_DATABASE_URL": (6, "unknown key 'conection'; did you mean 'connection'"),
    },
    "schema: raw_shop": {"schema: raw": (3, "schema is 'raw', must be 'raw_shop'")},
    "name: shop": {"name: shopp": (2, "the source is called 'shopp', its file shop.yml")},
    "connector: postgres": {"connector: mysql": (6, "allowed: postgres, files")},
    "columns:": {"columns: [": (16, "no valid YAML")},
}


@pytest.mark.parametrize(
    ("right", "wrong", "line", "message"),
    [
        (right, wrong, line, message)
        for right, mistakes in MISTAKES.items()
        for wrong, (line, message) in mistakes.items()
    ],
)
def test_a_mistake_is_reported_with_its_line_and_what_is_allowed(
    tmp_path: Path, right: str, wrong: str, line: int, message: str
) -> None:
    text = (HEAD + ORDERS).replace(right, wrong, 1)
    assert text != HEAD + ORDERS
    found = [m for m in _mistakes(tmp_path, text).splitlines() if message in m]
    assert found, _mistakes(tmp_path, text)
    assert any(m.startswith(f"models/raw/shop.yml:{line}: ") for m in found), found


def test_no_mistake_quotes_a_connection_url(tmp_path: Path) -> None:
    # pragma: allowlist nextline secret
    text = (HEAD + ORDERS).replace("SHOP_DATABASE_URL", "'postgresql://u:secret@h/d'")
    assert "secret" not in _mistakes(tmp_path, text)


def test_all_mistakes_of_all_files_are_listed_at_once(tmp_path: Path) -> None:
    wrong = (HEAD + ORDERS).replace("bigint", "bigit").replace("raw_shop", "raw")
    _project(tmp_path, wrong.replace("load: incremental", "load: never"))
    other = (HEAD + ORDERS).replace("shop", "crm").replace("cursor: updated_at", "kursor: x")
    _project(tmp_path, other, "crm")
    with pytest.raises(ConfigurationError) as refusal:
        load_sources(tmp_path)
    lines = refusal.value.message.splitlines()
    assert len(lines) == 4, lines
    assert lines == sorted(lines, key=lambda m: (m.split(":")[0], int(m.split(":")[1])))


def test_a_table_declared_twice_is_reported(tmp_path: Path) -> None:
    assert "table 'orders' is declared twice" in _mistakes(tmp_path, HEAD + ORDERS + ORDERS)


def test_a_table_without_its_block_is_reported(tmp_path: Path) -> None:
    text = HEAD + ORDERS.replace("ingestion:", "ingestoin:")
    assert "table orders: config.meta.ingestion is missing" in _mistakes(tmp_path, text)


@given(st.text(max_size=100))
def test_whatever_stands_in_partition_by_is_a_partition_or_refused(text: str) -> None:
    """Fault odd-identifiers: nothing that is not an identifier ever becomes part of a name."""
    try:
        part = PartitionField.parse(text)
    except ValueError:
        return
    assert IDENTIFIER.fullmatch(part.column)


@given(st.text(st.characters(codec="utf-8"), max_size=100))
def test_only_identifiers_pass_as_names(text: str) -> None:
    """Fault odd-identifiers."""
    allowed = all(c in "abcdefghijklmnopqrstuvwxyz0123456789_" for c in text)
    expected = allowed and 1 <= len(text) <= 63 and not text[0].isdigit()
    assert bool(IDENTIFIER.fullmatch(text)) == expected


# Names of sources and tables select what is ingested


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project with the sources shop and crm."""
    _project(tmp_path, HEAD + ORDERS + ORDERS.replace("orders", "items"))
    return _project(tmp_path, (HEAD + ORDERS).replace("shop", "crm"), "crm")


@pytest.mark.parametrize(
    ("selection", "labels"),
    [
        ([], ["crm.orders", "shop.orders", "shop.items"]),
        (["shop"], ["shop.orders", "shop.items"]),
        (["shop.items", "crm"], ["crm.orders", "shop.items"]),
    ],
)
def test_sources_and_tables(project: Path, selection: list[str], labels: list[str]) -> None:
    chosen = select_tables(load_sources(project), selection)
    assert [table.label for source in chosen for table in source.tables] == labels


def test_a_name_that_is_not_declared_is_answered_with_the_closest(project: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"did you mean 'shop\.orders'\?"):
        select_tables(load_sources(project), ["shop.order"])
