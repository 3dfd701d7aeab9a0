"""Keys and references: tests of a manifest -> what an ERD has to show."""

from typing import Any

from docs.site.relationship_pages import RelationshipPages
from docs.site.relationships import Reference, Relationships, read_relationships
from tests.unit.docs.small_project import PROJECT

ORDERS, CUSTOMERS = "model.firn.silver.shop__orders", "model.firn.silver.shop__customers"


def generic(kind: str, table: str, /, *reads: str, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401
    return {
        "resource_type": "test",
        "test_metadata": {"name": kind, "kwargs": arguments},
        "attached_node": table,
        "depends_on": {"nodes": [*reads, table]},
    }


SINGULAR = {"resource_type": "test", "depends_on": {"nodes": [ORDERS]}}
TO_CUSTOMERS = generic(
    "refers_to",
    ORDERS,
    "model.firn.raw_shop.customers",
    CUSTOMERS,
    column_name="customer_id",
    to="ref('shop__customers')",
    landed="source('shop', 'customers')",
)
REFERENCE = Reference(
    "silver.shop__orders", "customer_id", "silver.shop__customers", "customer_id", "refers_to"
)


def found(*tests: dict[str, Any]) -> Relationships:
    nodes = {str(number): {**test} for number, test in enumerate(tests)}
    return read_relationships({"nodes": nodes}, PROJECT)


def test_a_reference_leads_to_the_column_of_the_same_name() -> None:
    assert found(TO_CUSTOMERS, SINGULAR).references == (REFERENCE,)


def test_a_reference_leads_to_the_field_that_it_names() -> None:
    test = generic(
        "relationships",
        ORDERS,
        CUSTOMERS,
        column_name="customer_id",
        to='ref("shop__customers")',
        field="country",
    )
    assert [each.to_column for each in found(test).references] == ["country"]


def test_a_reference_of_a_package_s_model_and_to_a_raw_table_is_found() -> None:
    package = generic(
        "relationships", ORDERS, CUSTOMERS, column_name="a", to="ref('firn', 'shop__customers')"
    )
    raw = "model.firn.raw_shop.orders"
    source = generic(
        "relationships", ORDERS, raw, column_name="order_id", to="source('raw_shop', 'orders')"
    )
    assert [each.to_table for each in found(package, source).references] == [
        "silver.shop__customers",
        "raw_shop.orders",
    ]


def test_other_tests_are_no_references() -> None:
    test = generic("cardinality_equality", ORDERS, CUSTOMERS, column_name="a", to="ref('b')")
    assert found(test).references == ()


def test_keys_are_what_tests_say_is_unique() -> None:
    keys = found(
        generic("unique", CUSTOMERS, column_name="customer_id"),
        generic(
            "unique_combination_of_columns", ORDERS, combination_of_columns=["order_id", "amount"]
        ),
        generic("not_null", ORDERS, column_name="customer_id"),
    ).keys
    assert keys["silver.shop__customers"] == {"customer_id"}
    assert keys["silver.shop__orders"] == {"order_id", "amount"}
    assert keys["gold.sales"] == frozenset()


def test_an_erd_marks_keys_and_joins_them() -> None:
    related = found(TO_CUSTOMERS, generic("unique", CUSTOMERS, column_name="customer_id"))
    page = dict(RelationshipPages(PROJECT, related, str).pages())["relationships/shop.md"]
    silver = page[page.index("## Silver") : page.index("## Gold")]
    assert (
        '"silver.shop__orders":"from customer_id":e -> "silver.shop__customers":"to customer_id":w;'
    ) in silver
    assert silver.count("<b>PK</b>") == 1
    assert silver.count("<b>FK</b>") == 1
    assert "`customer_id` | `refers_to` |" in page
