"""Runs dbt as a person would and follows it: command -> JSON log lines -> progress."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from lake.errors import LoadError
from lake.settings import Settings
from operations.runtime.environment import dbt_environment

MANIFEST = "target/manifest.json"
Progress = Callable[[str, int, int], None]


def written_graph(settings: Settings) -> dict[str, Any]:
    """Return the project as the last dbt command read it: `nodes` and `sources` by unique id."""
    return dict(json.loads((settings.home / MANIFEST).read_text(encoding="utf-8")))


def follow_dbt(
    settings: Settings, arguments: list[str], on_progress: Progress | None = None
) -> None:
    """Run `dbt <arguments>` in the project folder; `on_progress(name, done, total)` as it goes.

    Raises LoadError with what dbt said when it does not end well.
    """
    command = [str(Path(sys.executable).parent / "dbt"), "--log-format", "json", *arguments]
    with subprocess.Popen(
        command, cwd=settings.project_dir, env=dbt_environment(settings),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, umask=settings.umask,
    ) as process:  # fmt: skip
        said = [line for line in _follow(process.stdout or (), on_progress or _ignore) if line]
    if process.returncode:
        raise LoadError(
            f"dbt {' '.join(arguments)} failed:\n" + "\n".join(said[-40:]),
            f"read {settings.home}/logs/dbt.log, correct it, and run the same command again",
        )


def _follow(lines: Iterable[str], on_progress: Progress) -> Iterator[str]:
    """Report finished nodes, and yield what dbt says of errors."""
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:
            continue
        info, data = event.get("info", {}), event.get("data", {})
        if data.get("total") and "index" in data and data.get("status") != "RUN":
            name = data.get("node_info", {}).get("node_name") or ""
            on_progress(name, int(data["index"]), int(data["total"]))
        if info.get("level") == "error":
            yield str(info.get("msg", "")).strip()


def _ignore(_: str, __: int, ___: int) -> None:
    """Take no notice."""
