"""Lineage of a small project: from a mart to raw tables and back, and the pages that show it."""

import re

import pytest

from docs.site.column_lineage import ColumnName, Tracing
from docs.site.lineage import Lineage, lineage_of, tables_around
from docs.site.lineage_pages import LineagePages
from tests.unit.docs.small_project import PROJECT, TABLES


@pytest.fixture(scope="module")
def lineage() -> Lineage:
    return lineage_of(PROJECT)


def keep_dot(dot: str) -> str:
    return f"<pre>{dot}</pre>"


@pytest.fixture(scope="module")
def pages(lineage: Lineage) -> dict[str, str]:
    return dict(LineagePages(PROJECT, lineage, keep_dot).pages())


def test_a_column_is_followed_to_raw_tables(lineage: Lineage) -> None:
    assert lineage.sources(ColumnName("gold.sales", "amount")) == (
        ColumnName("raw_shop.orders", "paid"),
    )
    assert lineage.sources(ColumnName("gold.sales", "orders_count")) == ()


def test_a_column_knows_what_is_made_of_it(lineage: Lineage) -> None:
    assert lineage.readers(ColumnName("silver.shop__customers", "country")) == (
        ColumnName("gold.sales", "country"),
    )
    assert lineage.readers(ColumnName("gold.sales", "country")) == ()


def test_what_could_not_be_traced_is_counted_and_named(lineage: Lineage) -> None:
    assert lineage.counted() == {Tracing.TRACED: 7, Tracing.NO_COLUMN: 1, Tracing.UNTRACED: 1}
    assert lineage.untraced() == [ColumnName("gold.sales", "unclear")]
    assert lineage.summary().startswith("Of 9 columns 7 are traced, 1 are made of no column")
    assert lineage.summary().endswith("1 could not be traced or in part only")


def test_the_index_names_what_could_not_be_traced(pages: dict[str, str]) -> None:
    assert "in part only: [`sales.unclear`](gold.sales.md#unclear)." in pages["lineage/index.md"]
    assert "| [`gold.sales`](gold.sales.md) | gold | 4 | 2 | 1 | 1 |" in pages["lineage/index.md"]


def test_each_table_and_exposure_has_a_page(pages: dict[str, str]) -> None:
    tables = {f"lineage/{each.name}.md" for each in TABLES}
    assert set(pages) == {*tables, "lineage/exposure.board.md", "lineage/index.md"}


def test_a_column_links_what_it_is_made_of(pages: dict[str, str]) -> None:
    [row] = re.findall(r"^.*<a id=\"amount\">.*$", pages["lineage/gold.sales.md"], re.MULTILINE)
    made_of, sources = row.split(" | ")[2:4]
    assert made_of == "[`shop__orders.amount`](silver.shop__orders.md#amount)"
    assert sources == "[`orders.paid`](raw_shop.orders.md#paid)"


def test_a_column_says_what_it_is(pages: dict[str, str]) -> None:
    described = '| <a id="amount"></a>`amount`<br>What it is. | `bigint` |'
    assert described in pages["lineage/gold.sales.md"]


def test_a_page_says_of_which_columns_it_knows_no_origin(pages: dict[str, str]) -> None:
    page = pages["lineage/gold.sales.md"]
    assert re.search(r"`orders_count`<br>What it is\. \| `bigint` \| \*of no column\*", page)
    assert re.search(r"`unclear`<br>What it is\. \| `bigint` \| \*not traced\*", page)


def test_a_raw_table_says_who_reads_it(pages: dict[str, str]) -> None:
    page = pages["lineage/raw_shop.orders.md"]
    assert "[`shop__orders.amount`](silver.shop__orders.md#amount) |" in page
    assert "## Columns drawn" not in page


def test_a_drawing_leads_from_raw_to_the_exposure(pages: dict[str, str]) -> None:
    drawn = set(re.findall(r'"([\w.]+)" -> "([\w.]+)";', pages["lineage/raw_shop.orders.md"]))
    assert drawn == {
        ("raw_shop.orders", "silver.shop__orders"),
        ("silver.shop__orders", "gold.sales"),
        ("gold.sales", "exposure.board"),
    }


def test_a_drawing_of_columns_has_an_edge_for_each_origin(pages: dict[str, str]) -> None:
    page = pages["lineage/silver.shop__orders.md"]
    edges = set(re.findall(r'"from (\w+)":e -> "silver.shop__orders":"to (\w+)":w', page))
    assert edges == {("id", "order_id"), ("customer", "customer_id"), ("paid", "amount")}


def test_an_exposure_shows_where_the_columns_it_may_show_are_from(pages: dict[str, str]) -> None:
    page = pages["lineage/exposure.board.md"]
    assert "Exposure `board`: dashboard. Owner: Sales." in page
    assert "| [`country`](gold.sales.md#country) | [`customers.country`]" in page


def test_tables_around_one_are_neither_its_siblings_nor_their_readers() -> None:
    reads = {"b": ["a"], "c": ["b"], "sibling": ["a"], "other": ["c", "elsewhere"]}
    middle = TABLES[0].__class__(**{**TABLES[0].__dict__, "name": "b"})
    assert tables_around(middle, reads) == {"a", "b", "c", "other"}
