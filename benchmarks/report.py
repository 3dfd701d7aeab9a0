"""Writes docs/benchmarks.md: figures -> one section a benchmark, the other sections kept."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.contest import Contestant, Stage
from benchmarks.figures import Figure, Figures, Reached, Target

INTRODUCTION = """# Benchmarks

Firn beside its peers on the same machine, the same data and the same kind of Iceberg table. The
programs in `benchmarks/` write this page; nothing on it is typed by hand.

Contestants run in turn, each as a program of its own, start-up included. Seconds, CPU seconds (of
the whole process tree, not of servers that run already) and peak memory are medians, and ratios are
ratios of medians: other machines give other seconds, but similar ratios. A number counts only when
the tables it made hold what they should: rows, keys and exact sums.
"""
NOT_IDLE = 0.5


@dataclass(frozen=True)
class Section:
    """One benchmark's part of the page, found again by its title."""

    title: str
    about: str
    conditions: dict[str, str]
    contestants: Sequence[Contestant]
    targets: Sequence[Target]
    favourite: str = "firn"
    favourites_name: str = "Firn"

    def as_markdown(self, figures: Figures) -> str:
        """Return the section: conditions, a table a stage, the targets, and what did not count."""
        today = datetime.now(UTC).date().isoformat()
        conditions = {"date": today} | self.conditions
        parts = [
            f"## {self.title}",
            self.about.strip(),
            "\n".join(f"- {name}: {value}" for name, value in conditions.items()),
            *(self._stage(figures, stage) for stage in Stage),
            self._targets(figures),
            self._complaints(figures),
        ]
        return "\n\n".join(part for part in parts if part) + "\n"

    def _stage(self, figures: Figures, stage: Stage) -> str:
        rows = [
            _row(contestant.title, figure, figures.ratio(stage, contestant.name, self.favourite))
            for contestant in self.contestants
            if (figure := figures.of(stage, contestant.name))
        ]
        if not rows:
            return ""
        head = [
            f"### {stage.value.capitalize()}",
            "",
            "| | seconds | fastest to slowest | CPU seconds | peak memory"
            f" | times {self.favourites_name}'s seconds |",
            "|---|---:|---:|---:|---:|---:|",
        ]
        return "\n".join([*head, *rows])

    def _targets(self, figures: Figures) -> str:
        rows = [f"| {t.text} | {' | '.join(t.judge(figures))} |" for t in self.targets]
        head = ["### Targets", "", "| target | measured | |", "|---|---:|---|"]
        return "\n".join([*head, *rows])

    def _complaints(self, figures: Figures) -> str:
        lines = [
            f"- {contestant.title}, {stage}: {' '.join(figure.complaint.split())}"
            for stage in Stage
            for contestant in self.contestants
            if (figure := figures.of(stage, contestant.name)) and not figure.counts
        ]
        return "\n".join(["### What does not count, and why", "", *lines]) if lines else ""


def write_section(page: Path, title: str, section: str) -> None:
    """Put a section on the page, in the place of the one with the same title if there is one."""
    known = page.read_text(encoding="utf-8") if page.exists() else ""
    sections = [part for part in re.split(r"(?m)^(?=## )", known) if part.startswith("## ")]
    titles = [part.split("\n", 1)[0] for part in sections]
    if f"## {title}" in titles:
        sections[titles.index(f"## {title}")] = section
    else:
        sections.append(section)
    page.parent.mkdir(parents=True, exist_ok=True)
    text = "\n".join([INTRODUCTION, *(part.rstrip() + "\n" for part in sections)])
    page.write_text(text, encoding="utf-8")


def idleness(load: float) -> str:
    """Return in words whether the machine was free (programs per core before the contest)."""
    state = "**not idle**: compare ratios with care" if load > NOT_IDLE else "idle"
    return f"{state} ({load:.2f} programs per core in the minute before)"


def verdict(is_reached: bool) -> str:
    """Return in a word whether a target was reached."""
    return "reached" if is_reached else "**missed**"


def _row(title: str, figure: Figure, ratio: Reached | None) -> str:
    cells = [
        title if figure.counts else f"{title} (does not count)",
        str(Reached(figure.seconds, figure.is_lower_bound)),
        f"{figure.fastest:.2f} to {figure.slowest:.2f}" if figure.runs_count > 1 else "one run",
        str(Reached(figure.cpu_seconds, figure.is_lower_bound)),
        f"{figure.peak_bytes / 1e6:,.0f} MB",
        str(ratio or "-"),
    ]
    return f"| {' | '.join(cells)} |"
