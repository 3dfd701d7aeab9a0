"""Messages, rows of PostgreSQL and faults of libraries: nothing of them quotes personal data.

Fault leaked-secrets. Files have a test of their own, on what a whole lake holds.
"""

import json
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from ingestion.connectors.kafka.declaration import KafkaTable
from ingestion.connectors.kafka.messages import MessageRows, Messages
from ingestion.connectors.postgres.declaration import PostgresTable
from ingestion.connectors.postgres.parsing import BlockParser
from ingestion.connectors.postgres.query import plan_columns
from ingestion.connectors.postgres.types import UpstreamColumn
from ingestion.connectors.postgres.upstream import UpstreamTable
from ingestion.declarations import LoadMode, NewColumns
from ingestion.formats.joined_values import JoinedValues
from ingestion.personal_data import Tokeniser, is_token
from lake.unexpected import unexpected
from tests.integration.files.planted import (
    COLUMNS,
    EMAIL,
    NAME,
    PHONE,
    json_line_files,
    traces,
)

TOKENISER = Tokeniser(SecretStr("0123456789abcdef"))
bounded = settings(max_examples=40, deadline=None)


def declared() -> tuple[dict[str, str | None], ...]:
    """Return the columns of a table with personal data."""
    found = []
    for name, kind in COLUMNS.items():
        data_type, _, personal = kind.partition(" ")
        found.append({"name": name, "data_type": data_type, "personal_data": personal or None})
    return tuple(found)


def topic(new_columns: NewColumns) -> KafkaTable:
    """Return the declaration of a topic with personal data."""
    return KafkaTable.model_validate(
        {
            "source": "crm",
            "name": "people",
            "load": LoadMode.APPEND,
            "key": ("id",),
            "partition_by": (),
            "new_columns": new_columns,
            "columns": declared(),
            "topics": ("people",),
        }
    )


@bounded
@given(json_line_files(), st.sampled_from([NewColumns.RESCUE, NewColumns.FREEZE]))
def test_messages_quote_nothing(content: bytes, new_columns: NewColumns) -> None:
    values: list[bytes | None] = [*content.split(b"\n"), None, EMAIL.encode() + b"\xff"]
    count = len(values)
    messages = Messages(
        "people",
        "id",
        pa.array([0] * count, pa.int32()),
        pa.array(range(count), pa.int64()),
        pa.nulls(count, pa.int64()),
        pa.array([PHONE.encode()] * count, pa.binary()),
        JoinedValues.of(values),
        [[("name", NAME.encode())]] * count,
    )
    rows = MessageRows(topic(new_columns), TOKENISER)
    batches = list(rows.batches(messages))
    assert sum(batch.read_count for batch in batches) == count
    for batch in batches:
        assert traces("\n".join(map(repr, [*batch.rows.to_pylist(), *batch.rejections]))) == []
    assert traces(str(rows.note)) == []


def people(amount: str, is_personal: bool) -> BlockParser:
    """Return a parser of a table with an amount and a cursor, personal or not."""
    personal = "token" if is_personal else None
    table = PostgresTable.model_validate(
        {
            "source": "crm",
            "name": "people",
            "upstream_schema": "public",
            "upstream_table": "people",
            "load": LoadMode.FULL,
            "key": ("id",),
            "cursor": None,
            "partition_by": (),
            "new_columns": NewColumns.RESCUE,
            "lag": None,
            "columns": (
                {"name": "id", "data_type": "int"},
                {"name": "email", "data_type": "string", "personal_data": personal},
                {"name": "amount", "data_type": amount},
            ),
        }
    )
    upstream = tuple(
        UpstreamColumn(name, base, base, -1, False, False, True)
        for name, base in (("id", "int4"), ("email", "text"), ("amount", "numeric"))
    )
    plan = plan_columns(table, UpstreamTable("public", "people", upstream, None))
    return BlockParser(plan, TOKENISER if is_personal else None)


@pytest.mark.parametrize("value", [b"5551234", b"NaN", b"5551234.25", b"1e400"])
def test_rows_of_postgres_quote_nothing_in_a_reason(value: bytes) -> None:
    row = b"1\t" + EMAIL.encode() + b"\t" + value + b"\n"
    (said,) = people("decimal(5,2)", is_personal=True).parse(row).rejections
    assert said.reason == "amount is a value (numeric), which no decimal(5,2) can hold"
    assert traces(repr((said.reason, said.row["email"], said.kinds, dict(said.place)))) == []
    (plain,) = people("decimal(5,2)", is_personal=False).parse(row).rejections
    assert plain.reason.startswith(f"amount is '{value.decode()}'")


def test_a_row_without_a_key_says_null() -> None:
    row = b"\\N\t" + EMAIL.encode() + b"\t1\n"
    (said,) = people("decimal(5,2)", is_personal=True).parse(row).rejections
    assert (said.rule, said.reason) == ("key_is_null", "id is null")


def test_what_a_library_raises_is_told_without_its_text(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Expecting value") as caught:
        json.loads(EMAIL)
    fault = unexpected(tmp_path, "crm.people", caught.value)
    assert "crm.people: JSONDecodeError" in str(fault)
    log = (tmp_path / "logs" / "errors.log").read_text()
    assert "decoder.py" in log
    assert traces(str(fault) + log) == []


@given(st.text(), st.text())
def test_a_token_of_a_name_is_to_the_letter(one: str, other: str) -> None:
    tokens = TOKENISER.name_token(one), TOKENISER.name_token(other)
    assert all(map(is_token, tokens))
    assert (tokens[0] == tokens[1]) == (one == other)
    assert tokens[0] != TOKENISER.token(one)
