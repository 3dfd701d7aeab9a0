"""Marts refreshed as derived, rebuilt, and by groups written by hand -> docs/benchmarks.md.

Run it with `make bench-refresh`, or `python -m benchmarks.refresh --help`.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from benchmarks.machine import describe_machine, load_per_core, own_versions
from benchmarks.program import listed, page_of, work_folder
from benchmarks.refresh_lake import DIMENSIONS, FACTS, Change, RefreshLake, Way
from benchmarks.report import idleness, write_section
from lake.settings import Settings
from operations.cli.faults import named_faults

TITLE = "Refreshing marts"
STANDARD_SCALES = (1, 10)
STANDARD_SHARES = (0.0001, 0.001, 0.01, 0.1)
AIM = 1.1
PACKAGES = ("dbt-core", "dbt-spark", "pyspark", "sqlglot")
ABOUT = """
The shop's marts, after a share of the rows of its silver tables has changed: rows of facts, and
apart from them rows of the dimensions. Each mart is brought up to date from the same state, twice
in each way, of which the quicker counts: *rebuilt* with `--full-refresh`, by `refresh_mode: auto`
and as it chose, *derived* from its SQL, and *by hand*, by the groups that were written for it
before (`benchmarks/refresh_by_hand`; others never had any). Seconds are dbt's own of the model, in
a process that stays.
"""


@dataclass(frozen=True)
class Row:
    """What one mart took after one change, in seconds by way; None: not that way."""

    scale: int
    change: str
    share: float
    model: str
    derived: float
    rebuilt: float
    auto: float
    by_hand: float | None
    keys: int | None
    chosen: str

    @property
    def ratio(self) -> float:
        """What auto took, as a multiple of the better of the ways without derivation."""
        others = [seconds for seconds in (self.rebuilt, self.by_hand) if seconds is not None]
        return self.auto / min(others)


app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)


@app.command()
@named_faults
def main(
    *,
    scale: Annotated[
        list[int] | None, typer.Option(help="Times 20,000 orders; repeat for more.", min=1)
    ] = None,
    share: Annotated[
        list[float] | None, typer.Option(help="Of the rows that change; repeat for more.")
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(help="A mart to measure; repeat for more. None: all.")
    ] = None,
    keep: Annotated[bool, typer.Option(help="Keep the lakes.")] = False,
) -> None:
    """Measure, and write what came out to docs/benchmarks.md.

    A trial (other scales, shares or some marts only) is written to FIRN_HOME/bench/benchmarks.md.
    """
    out = Console(highlight=False, soft_wrap=True)
    settings = Settings.load()
    scales, shares = tuple(scale or STANDARD_SCALES), tuple(share or STANDARD_SHARES)
    conditions = {"machine": describe_machine(), "the machine was": idleness(load_per_core())}
    rows: list[Row] = []
    for times in scales:
        folder = work_folder(settings) / f"refresh-{times}"
        shutil.rmtree(folder, ignore_errors=True)
        with RefreshLake.filled(folder, settings.project_dir, times, only or []) as lake:
            for row in _measured(lake, times, shares):
                rows.append(row)
                out.print(_line(row), markup=False)
        if not keep:
            shutil.rmtree(folder)
    conditions["environment"] = listed(own_versions(PACKAGES))
    is_trial = bool(only) or scales != STANDARD_SCALES or shares != STANDARD_SHARES
    page = page_of(settings, is_trial=is_trial)
    write_section(page, TITLE, section(rows, conditions))
    _keep(work_folder(settings) / "refresh.json", rows)
    out.print(f"written to {page}")


def _measured(lake: RefreshLake, scale: int, shares: Sequence[float]) -> Iterator[Row]:
    changes = [Change("facts", FACTS, share) for share in shares]
    changes.append(Change("dimensions", DIMENSIONS, min(shares, key=lambda s: abs(s - 0.01))))
    for change in changes:
        lake.make(change)
        took, by_hand_took = lake.refresh(), lake.refresh_by_hand()
        for model, ways in took.items():
            if ways[Way.DERIVED].mode == "skipped":
                continue
            by_hand = by_hand_took.get(model)
            yield Row(
                scale=scale,
                change=change.name,
                share=change.share,
                model=model,
                derived=ways[Way.DERIVED].seconds,
                rebuilt=ways[Way.REBUILT].seconds,
                auto=ways[Way.AUTO].seconds,
                by_hand=by_hand.seconds if by_hand else None,
                keys=ways[Way.DERIVED].keys,
                chosen=ways[Way.AUTO].mode,
            )


def section(rows: Sequence[Row], conditions: Mapping[str, str]) -> str:
    """Return the benchmark's part of the page."""
    today = datetime.now(UTC).date().isoformat()
    lines = [f"- {name}: {value}" for name, value in ({"date": today} | dict(conditions)).items()]
    parts = [f"## {TITLE}", ABOUT.strip(), "\n".join(lines)]
    for scale, change, share in dict.fromkeys((r.scale, r.change, r.share) for r in rows):
        found = [r for r in rows if (r.scale, r.change, r.share) == (scale, change, share)]
        parts += [
            f"### {change.capitalize()}: {share:.2%} of the rows, {scale}-fold",
            _table(found),
        ]
    return "\n\n".join([*parts, _targets(rows)]) + "\n"


def _table(rows: Sequence[Row]) -> str:
    head = "| mart | keys | derived s | rebuilt s | by hand s | auto s | chosen | ratio |"
    cells = [
        f"| {r.model} | {'·' if r.keys is None else f'{r.keys:,}'} | {r.derived:.2f} |"
        f" {r.rebuilt:.2f} | {'·' if r.by_hand is None else f'{r.by_hand:.2f}'} |"
        f" {r.auto:.2f} | {r.chosen} | {r.ratio:.2f} |"
        for r in sorted(rows, key=lambda row: row.model)
    ]
    return "\n".join([head, "|---|---:|---:|---:|---:|---:|---|---:|", *cells])


def _targets(rows: Sequence[Row]) -> str:
    slower = [row for row in rows if row.ratio > AIM]
    verdict = f"**missed** in {len(slower)} of {len(rows)}" if slower else "reached"
    worst = max(rows, key=lambda row: row.ratio)
    return (
        "| target | result |\n|---|---|\n"
        f"| what auto chooses takes at most {AIM} times the better of rebuilt and by hand |"
        f" {verdict}; the largest ratio is {worst.ratio:.2f} ({worst.model}, {worst.change}"
        f" {worst.share:.2%}, {worst.scale}-fold) |"
    )


def _line(row: Row) -> str:
    by_hand = "     ·" if row.by_hand is None else f"{row.by_hand:6.2f}"
    return (
        f"{row.scale:3d}-fold {row.change:<10} {row.share:7.2%}  {row.model:<28}"
        f" derived {row.derived:6.2f}  rebuilt {row.rebuilt:6.2f}  by hand {by_hand}"
        f"  auto {row.auto:6.2f} {row.chosen:<12} {row.ratio:5.2f}"
    )


def _keep(file: Path, rows: Sequence[Row]) -> None:
    content: list[dict[str, Any]] = [vars(row) for row in rows]
    file.write_text(json.dumps(content, indent=2), encoding="utf-8")


if __name__ == "__main__":
    app()
