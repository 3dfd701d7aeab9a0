"""The sandbox's systems by name: how each is started, moved on and removed, and what it says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table as Grid

from lake.settings import Settings
from sandbox import bakery, shop
from sandbox.control.bakery import advance_bakery, bakery_folder, remove_bakery, start_bakery
from sandbox.control.checkout import advance_checkout, remove_checkout, start_checkout
from sandbox.control.clickstream import (
    advance_clickstream,
    clickstream_broker,
    remove_clickstream,
    start_clickstream,
)
from sandbox.control.shop import advance_shop, shop_server, start_shop
from sandbox.control.telemetry import (
    advance_telemetry,
    remove_telemetry,
    reports_folder,
    start_telemetry,
)
from sandbox.systems import System


@dataclass(frozen=True)
class SystemControl:
    """How one system is operated.

    `start` fills it the first time and says what is there, `advance` lets days pass and prints what
    that brought, `remove` deletes it.
    """

    start: Callable[[Settings], str]
    advance: Callable[[Settings, int, Console], None]
    remove: Callable[[Settings], None]


def _start_shop(settings: Settings) -> str:
    verb = "filled and running" if start_shop(settings) else "running"
    return f"The shop is {verb} on 127.0.0.1:{shop_server(settings).port}."


def _advance_shop(settings: Settings, days: int, out: Console) -> None:
    _print_shop(out, advance_shop(settings, days))


def _remove_shop(settings: Settings) -> None:
    shop_server(settings).destroy()


def _start_bakery(settings: Settings) -> str:
    verb = "were written to" if start_bakery(settings) else "are in"
    return f"The bakery's files {verb} {bakery_folder(settings)}."


def _advance_bakery(settings: Settings, days: int, out: Console) -> None:
    _print_bakery(out, advance_bakery(settings, days))


def _start_telemetry(settings: Settings) -> str:
    dropped = start_telemetry(settings)
    said = f"dropped {dropped.files:,} reports in" if dropped else "reports to"
    return f"The fleet {said} {reports_folder(settings)}."


def _advance_telemetry(settings: Settings, days: int, out: Console) -> None:
    dropped = advance_telemetry(settings, days)
    out.print(f"The fleet dropped {dropped.files:,} reports; it is {dropped.today} there.")


def _start_clickstream(settings: Settings) -> str:
    verb = "filled and running" if start_clickstream(settings) else "running"
    return f"The clickstream is {verb} on {clickstream_broker(settings).servers}."


def _advance_clickstream(settings: Settings, days: int, out: Console) -> None:
    delivered = advance_clickstream(settings, days)
    out.print(
        f"The clickstream got {delivered.counts}; it is {delivered.today} there.", soft_wrap=True
    )


def _start_checkout(settings: Settings) -> str:
    verb = "filled and running" if start_checkout(settings) else "running"
    return f"The checkout is {verb} on 127.0.0.1:{shop_server(settings).port}."


def _advance_checkout(settings: Settings, days: int, out: Console) -> None:
    done = advance_checkout(settings, days)
    out.print(
        f"The checkout got {done.orders:,} orders, {done.items:,} items and {done.changed:,}"
        f" changes of status; it is {done.today} there.",
        soft_wrap=True,
    )


CONTROLS = {
    System.SHOP: SystemControl(_start_shop, _advance_shop, _remove_shop),
    System.BAKERY: SystemControl(_start_bakery, _advance_bakery, remove_bakery),
    System.TELEMETRY: SystemControl(_start_telemetry, _advance_telemetry, remove_telemetry),
    System.CLICKSTREAM: SystemControl(_start_clickstream, _advance_clickstream, remove_clickstream),
    System.CHECKOUT: SystemControl(_start_checkout, _advance_checkout, remove_checkout),
}


def _print_shop(out: Console, advance: shop.Advance) -> None:
    grid = Grid(box=None, header_style="bold", pad_edge=False)
    grid.add_column("table")
    for heading in ("inserted", "updated", "deleted"):
        grid.add_column(heading, justify="right")
    for change in advance.changes:
        counts = (change.inserted, change.updated, change.deleted)
        grid.add_row(change.table, *(f"{count:,}" if count else "·" for count in counts))
    out.print(f"The shop's calendar: {advance.from_date} → {advance.to_date}")
    out.print(grid)


def _print_bakery(out: Console, advance: bakery.Advance) -> None:
    grid = Grid(box=None, header_style="bold", pad_edge=False)
    grid.add_column("table")
    grid.add_column("rows written", justify="right")
    for table in advance.written:
        grid.add_row(table.table, f"{table.rows:,}")
    out.print(f"The bakery's calendar: {advance.from_date} → {advance.to_date}")
    out.print(grid)
