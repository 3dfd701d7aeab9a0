"""A drafted declaration: it is valid as it stands, and says what a person has to decide."""

import jinja2
import pytest
import yaml

from ingestion.api import draft
from ingestion.connectors.base import DraftRequest
from ingestion.sources import load_sources
from lake.errors import ConfigurationError, EnvironmentFault
from tests.integration.ingestion.lakehouse import Lakehouse

pytestmark = pytest.mark.postgres
TABLES = """
create table people (
    person_id bigint primary key, email text, score numeric(8,3), anything numeric, tags text[],
    "Odd Name" int, updated_at timestamptz not null
);
create table visits (visit_id int, person_id int, seen_on date, primary key (person_id, visit_id));
create table notes (body text);
create view people_view as select * from people;
comment on table people is 'One row per person: "known" to us.';
comment on column people.score is 'Points, 0 to 100';
"""


def drafted(lakehouse: Lakehouse, name: str = "app", **options: str) -> str:
    """Return a draft of the database that SOURCE_URL names."""
    return draft("postgres", DraftRequest(name, "SOURCE_URL", options), lakehouse.settings)


def test_the_draft_is_a_valid_declaration_that_loads(lakehouse: Lakehouse) -> None:
    lakehouse.execute(TABLES + "drop table notes;")
    lakehouse.execute("insert into people values (1, 'a@x.example', 1.5, 2, '{x,y}', 7, now())")
    lakehouse.execute("insert into visits values (1, 1, '2024-02-29')")
    text = drafted(lakehouse)
    (lakehouse.folder / "models" / "raw" / "app.yml").write_text(text)
    [source] = load_sources(lakehouse.folder)
    people, visits = source.tables
    assert (people.name, people.key, people.cursor) == ("people", ("person_id",), "updated_at")
    assert (visits.key, visits.cursor) == (("person_id", "visit_id"), None)
    types = {column.name: str(column.data_type) for column in people.columns}
    assert types["score"] == "decimal(8,3)"
    assert (types["anything"], types["tags"]) == ("string", "array<string>")
    assert [c.name for c in people.columns if c.personal_data] == ["email"]
    results = lakehouse.ingest_all()
    assert [result.rows_landed for result in results] == [1, 1]


def test_the_draft_says_what_to_review(lakehouse: Lakehouse) -> None:
    lakehouse.execute(TABLES)
    text = drafted(lakehouse)
    for remark in (
        "notes has no primary key and nothing unique: rows that are alike count as one; name the"
        " columns that identify a row",
        "notes.body may be null; such rows go to quarantine",
        "visits has no likely cursor, so each load reads all of it",
        "people.email looks personal: token, drop, or neither?",
    ):
        assert f"# {remark}\n" in text
    [source] = yaml.safe_load(text)["sources"]
    people = next(table for table in source["tables"] if table["name"] == "people")
    assert people["description"] == 'One row per person: "known" to us.'
    [odd] = [column for column in people["columns"] if column["name"] == "odd_name"]
    assert odd["config"]["meta"]["path"] == "Odd Name"


def test_a_comment_with_jinja_is_shown_as_it_is(lakehouse: Lakehouse) -> None:
    lakehouse.execute("create table mails (id int primary key)")
    comment = "{{ first }}, {% raw %} and {# no #} {{{ x }}} {"
    lakehouse.execute(f"comment on table mails is '{comment}'")
    [source] = yaml.safe_load(drafted(lakehouse))["sources"]
    [mails] = source["tables"]
    assert jinja2.Template(mails["description"]).render() == comment


def test_a_schema_without_tables_is_named(lakehouse: Lakehouse) -> None:
    with pytest.raises(EnvironmentFault, match="schema 'nothing' has no table"):
        drafted(lakehouse, schema="nothing")


def test_a_name_that_is_no_identifier_is_refused(lakehouse: Lakehouse) -> None:
    with pytest.raises(ConfigurationError, match="is not an identifier"):
        drafted(lakehouse, 'x"; drop')
