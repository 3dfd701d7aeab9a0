"""Which areas of a run are published: how nodes ended, and who reads whom."""

from collections.abc import Mapping
from typing import Any

import pytest

from operations.publication.areas import NOT_RUN, Area, EndedNode, judge
from operations.publication.graph import Graph


def model(name: str, *reads: str, area: str | None = None, **config: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return a model of gold, or of silver without an area."""
    schema = "gold" if area is not None else "silver"
    folders = ["gold", area] if area else [schema]
    return {
        "resource_type": "model",
        "name": name,
        "schema": schema,
        "alias": name,
        "fqn": ["firn", *folders, name],
        "config": {"materialized": "incremental", **config},
        "depends_on": {"nodes": list(reads)},
    }


def declared_test(*reads: str, at: str) -> dict[str, Any]:
    """Return a test that reads some models, declared at one of them."""
    return {
        "resource_type": "test",
        "name": "t",
        "schema": "tests",
        "attached_node": at,
        "config": {},
        "depends_on": {"nodes": list(reads)},
    }


NODES: Mapping[str, Any] = {
    "orders": model("orders"),
    "clicks": model("clicks"),
    "seed": {"resource_type": "seed", "name": "seed", "schema": "seeds", "alias": "seed",
             "config": {"materialized": "seed"}, "fqn": ["firn", "seed"], "depends_on": {}},
    "facts": model("facts", "orders", "seed", area="shop"),
    "daily": model("daily", "facts", area="shop"),
    "hourly": model("hourly", "clicks", area="clickstream"),
    "all": model("all", "daily", "hourly", area=""),
    "orders_unique": declared_test("orders", at="orders"),
    "daily_unique": declared_test("daily", at="daily"),
    "refers": declared_test("hourly", "facts", at="hourly"),
}  # fmt: skip
ALL = tuple(NODES)


def ended(*names: str, **statuses: str) -> list[EndedNode]:
    """Return nodes that ended well, or as said."""
    nodes = [(name, NODES[name]) for name in names]
    return [
        EndedNode(
            name,
            name,
            node["resource_type"],
            statuses.get(name, "pass" if node["resource_type"] == "test" else "success"),
            tuple(node["depends_on"].get("nodes", ())),
        )
        for name, node in nodes
    ]


def judged(*names: str, **statuses: str) -> dict[str, Area]:
    """Return the areas of a run by name."""
    return {area.name: area for area in judge(Graph(NODES), ended(*names, **statuses))}


def green(areas: Mapping[str, Area]) -> set[str]:
    """Return the names of the areas that are published."""
    return {name for name, area in areas.items() if area.is_green}


def test_all_is_well() -> None:
    areas = judged(*ALL)
    assert green(areas) == {"shop", "clickstream", "gold"}
    assert areas["shop"].tables == (("gold", "daily"), ("gold", "facts"))


@pytest.mark.parametrize("status", ["error", "skipped", "partial success", NOT_RUN])
def test_a_model_that_did_not_end_well(status: str) -> None:
    areas = judged(*ALL, daily=status)
    assert green(areas) == {"clickstream"}
    assert areas["shop"].objections == (f"model daily: {status}",)


@pytest.mark.parametrize("red", ["orders", "seed", "orders_unique"])
def test_what_an_area_is_made_of_counts(red: str) -> None:
    assert green(judged(*ALL, **{red: "error"})) == {"clickstream"}


def test_what_another_area_is_made_of_does_not() -> None:
    assert green(judged(*ALL, clicks="error")) == {"shop"}


def test_a_test_concerns_all_that_it_reads() -> None:
    assert green(judged(*ALL, refers="fail")) == set()


def test_a_warning_does_not_block() -> None:
    assert green(judged(*ALL, daily_unique="warn")) == {"shop", "clickstream", "gold"}


def test_an_area_that_reads_one_which_is_not_published_is_not_either() -> None:
    """`all` reads `daily`, which is well; `side`, of the same area, is not."""
    nodes = dict(NODES) | {"side": model("side", area="shop")}
    run = [
        *ended("facts", "daily", "daily_unique", "all"),
        EndedNode("side", "side", "model", "error"),
    ]
    areas = {area.name: area for area in judge(Graph(nodes), run)}
    assert areas["gold"].objections == ("it reads shop, not published",)


def test_a_selection_is_judged_by_what_it_ran() -> None:
    areas = judged("daily", "daily_unique")
    assert green(areas) == {"shop"}
    assert areas["shop"].models == ("daily",)


def test_without_its_own_tests_a_table_is_not_published() -> None:
    areas = judged("facts", "daily")
    assert areas["shop"].objections == ("1 of the tests of gold.daily were not run",)
    accepted = judge(Graph(NODES), ended("facts", "daily"), accept_untested=True)
    assert [area.is_green for area in accepted] == [True]


def test_a_test_that_reads_what_was_not_selected_is_not_missed() -> None:
    assert green(judged("clicks", "hourly")) == {"clickstream"}


def test_other_materializations_are_no_tables_of_gold() -> None:
    nodes = {"seen": model("seen", area="shop", materialized="view")}
    assert judge(Graph(nodes), [EndedNode("seen", "seen", "model", "success")]) == []
