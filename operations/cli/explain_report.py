"""What `firn explain` prints: upstreams, the next refresh, its SQL, the last refreshes."""

from rich.console import Console
from rich.syntax import Syntax
from rich.table import Table as Grid

from operations.refresh.explain import Explanation
from operations.refresh.history import Refresh
from operations.refresh.plan import RefreshPlan
from operations.refresh.upstreams import UpstreamState
from operations.terminal import styled

NOTHING = "·"


def print_explanation(to: Console, explanation: Explanation, *, with_sql: bool) -> None:
    """Print an explanation at the console's width, its SQL only when that is asked for."""
    to.print(styled("[bold]{}[/]  refresh_mode {}", explanation.table, explanation.refresh_mode))
    if explanation.plan:
        _print_plan(to, explanation.plan)
        _print_derivation(to, explanation, with_sql=with_sql)
    else:
        to.print(f"not derived: {explanation.by_hand}", soft_wrap=True)
        for name, offset in sorted(explanation.streams.items()):
            to.print(f"  reads {name} since snapshot {offset['snapshot']}")
    to.print()
    if explanation.refreshes:
        to.print(_refreshes(explanation.refreshes))
    else:
        to.print("no refresh of it is recorded in ops.refreshes")


def _print_plan(to: Console, plan: RefreshPlan) -> None:
    to.print(_upstreams(plan.upstreams))
    to.print()
    to.print(styled("next refresh  [bold]{}[/]: {}", plan.mode, plan.reason), soft_wrap=True)


def _print_derivation(to: Console, explanation: Explanation, *, with_sql: bool) -> None:
    derivation = explanation.derivation
    if derivation is None:
        to.print(f"not derived   {explanation.refusal}", soft_wrap=True)
        return
    to.print(f"granularity   {', '.join(derivation.key)}")
    for warning in derivation.warnings:
        to.print(styled("[yellow]note[/] {}", warning), soft_wrap=True)
    if with_sql:
        _print_sql(to, "the keys that a change reaches", derivation.affected)
        _print_sql(to, "the rows of these keys", derivation.restricted)


def _print_sql(to: Console, title: str, sql: str) -> None:
    to.print(styled("\n[bold]{}[/]", title))
    to.print(Syntax(sql, "sql", word_wrap=True, background_color="default"))


def _upstreams(upstreams: tuple[UpstreamState, ...]) -> Grid:
    grid = _grid("upstream", "rows", "changed", "read until", "now")
    for upstream in upstreams:
        changes = upstream.changes
        grid.add_row(
            upstream.name,
            f"{upstream.rows:,}",
            f"{upstream.changed_rows:,}" if changes else NOTHING,
            str(changes.since.snapshot) if changes else "as now",
            str(upstream.head or NOTHING),
        )
    return grid


def _refreshes(refreshes: tuple[Refresh, ...]) -> Grid:
    grid = _grid("refreshed", "mode", "keys", "written", "deleted", "seconds", "why")
    for refresh in refreshes:
        counts = (
            refresh.affected_keys_count,
            refresh.rows_written_count,
            refresh.rows_deleted_count,
        )
        grid.add_row(
            f"{refresh.started_at:%Y-%m-%d %H:%M:%S}",
            str(refresh.mode or refresh.outcome),
            *(NOTHING if count is None else f"{count:,}" for count in counts),
            f"{refresh.seconds:.1f}",
            refresh.error or refresh.reason or "",
        )
    return grid


def _grid(*headings: str) -> Grid:
    grid = Grid(box=None, header_style="bold", pad_edge=False)
    texts = {"upstream", "read until", "now", "refreshed", "mode", "why"}
    for heading in headings:
        grid.add_column(heading, justify="left" if heading in texts else "right")
    return grid
