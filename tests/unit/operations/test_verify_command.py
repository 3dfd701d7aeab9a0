"""`firn create` and `firn verify` as a person sees them."""

import pytest
from typer.testing import CliRunner

from operations.cli import app as cli
from operations.cli import console
from operations.preflight.create import Creation
from operations.preflight.declared import DeclaredTable, Fixes
from operations.preflight.rules import Difference, Kind
from operations.preflight.verify import Verified

ORDERS = DeclaredTable(("silver", "orders"), "orders", Fixes("make", "rebuild"), "ignore")
SALES = DeclaredTable(("gold", "sales_daily"), "sales_daily", Fixes("make", "rebuild"), "ignore")
NARROW = Difference(
    "silver.orders", "id", "bigint", "int[]", Kind.WIDENING, "alter table …", "Because."
)


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console.out, "_width", 200)


def _verify(monkeypatch: pytest.MonkeyPatch, *verified: Verified) -> tuple[int, list[str]]:
    monkeypatch.setattr("operations.preflight.verify.verify_tables", lambda *_: list(verified))
    ended = CliRunner().invoke(cli.app, ["verify", "silver"])
    return ended.exit_code, ended.output.splitlines()


def test_all_as_declared_ends_with_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _verify(monkeypatch, Verified(ORDERS, ()), Verified(SALES, ())) == (
        0,
        [
            "ok   silver.orders     as declared",
            "ok   gold.sales_daily  as declared",
            "2 tables, 0 not as declared.",
        ],
    )


def test_a_difference_is_said_with_its_fix_and_ends_with_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert _verify(monkeypatch, Verified(ORDERS, (NARROW,)), Verified(SALES, ())) == (
        1,
        [
            "FAIL silver.orders     1 difference",
            "     id: int[]; declared: bigint (widening)",
            "     Because.",
            "     fix: alter table …",
            "ok   gold.sales_daily  as declared",
            "2 tables, 1 not as declared.",
        ],
    )


def test_create_says_what_it_made_and_what_was_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "operations.preflight.create.create_tables", lambda *_: Creation((ORDERS,), (SALES,))
    )
    ended = CliRunner().invoke(cli.app, ["create"])
    assert (ended.exit_code, ended.output.splitlines()) == (
        0,
        [
            "there gold.sales_daily",
            "made  silver.orders",
            "1 made, 1 there already, not touched.",
        ],
    )
