"""Identifiers for names of any kind: valid, different, and the name itself where it can be."""

from hypothesis import given
from hypothesis import strategies as st

from ingestion.declarations.naming import LONGEST_NAME, declared_names, is_own_name


def test_names_become_snake_case() -> None:
    names = {
        "createdAt": "created_at",
        "First Name": "first_name",
        "größe": "grosse",
        "user.name": "user_name",
        "HTTPServerID": "http_server_id",
        "1st": "column_1st",
        "%": "column",
        "_id": "id",
        "order": "order",
    }
    assert declared_names(names, "column") == names


def test_a_name_that_can_be_declared_keeps_it() -> None:
    found = declared_names(["ID", "Id", "id", "_id"], "column")
    assert found == {"id": "id", "ID": "id_2", "Id": "id_3", "_id": "id_4"}


@given(st.lists(st.text(min_size=1, max_size=80), max_size=20))
def test_any_names_become_different_identifiers(names: list[str]) -> None:
    found = declared_names(names, "column")
    assert found.keys() == set(names)
    assert len(set(found.values())) == len(found)
    assert all(is_own_name(name) and len(name) <= LONGEST_NAME for name in found.values())
    assert all(found[name] == name for name in found if is_own_name(name))
