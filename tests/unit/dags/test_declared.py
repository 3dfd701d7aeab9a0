"""Which sources get a DAG, and when it runs."""

from pathlib import Path

import pytest

from firn_dags.declared import NIGHTLY, DeclaredSource, declared_sources
from ingestion.sources import load_sources

SHOP = """
sources:
  - name: shop
    schema: raw_shop
    description: >
      What is
      sold. {{ doc('raw_tables') }}
    config: {meta: {ingestion: {connector: postgres, connection: URL, schema: shop}%s}}
    tables:
      - name: orders
        config: {meta: {ingestion: {load: full, key: [id]}}}
        columns: [{name: id, data_type: int}]
"""


@pytest.fixture
def declared(tmp_path: Path) -> Path:
    """Return the file of a project that declares a shop."""
    file = tmp_path / "models" / "raw" / "shop.yml"
    file.parent.mkdir(parents=True)
    file.write_text(SHOP % "")
    return file


def test_a_source_is_named_as_declared(declared: Path) -> None:
    shop = DeclaredSource("shop", "What is sold.", ("orders",), NIGHTLY)
    assert declared_sources(declared.parents[2]) == [shop]


@pytest.mark.parametrize(
    ("said", "meant"), [("'@hourly'", "@hourly"), ("'*/5 * * * *'", "*/5 * * * *"), ("null", None)]
)
def test_a_source_may_set_its_schedule(declared: Path, said: str, meant: str | None) -> None:
    declared.write_text(SHOP % f", airflow: {{schedule: {said}}}")
    (shop,) = declared_sources(declared.parents[2])
    assert shop.schedule == meant
    assert [source.name for source in load_sources(declared.parents[2])] == ["shop"]


@pytest.mark.parametrize("said", ["{shedule: '@hourly'}", "'@hourly'"])
def test_another_word_is_refused(declared: Path, said: str) -> None:
    declared.write_text(SHOP % f", airflow: {said}")
    with pytest.raises(ValueError, match=r"shop\.yml: config\.meta\.airflow is .*schedule"):
        declared_sources(declared.parents[2])


def test_what_firn_does_not_land_has_no_dag(declared: Path) -> None:
    (declared.parent / "other.yml").write_text("sources: [{name: other, schema: elsewhere}]")
    (declared.parent / "empty.yml").write_text("")
    assert [source.name for source in declared_sources(declared.parents[2])] == ["shop"]


def test_what_is_no_yaml_is_named(declared: Path) -> None:
    declared.write_text("sources: [")
    with pytest.raises(ValueError, match=r"shop\.yml"):
        declared_sources(declared.parents[2])
