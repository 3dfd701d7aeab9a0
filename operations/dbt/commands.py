"""Runs dbt in this process: arguments -> dbtRunner, on a project parsed before -> an outcome."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from operations.dbt.outcome import NodeRun, Outcome
from operations.dbt.project_files import fingerprint, variables_read
from operations.runtime.environment import parsing_variables

# Parsed projects that are kept: one for each project and reading of it that is asked for in turn.
KEPT_PROJECTS = 2
# Options that make dbt parse a project differently: with one of them it is parsed for the command.
PARSING_OPTIONS = frozenset({"--vars", "--target", "-t", "--profile", "--no-partial-parse"})
OnEvent = Callable[[Any], None]


@dataclass(frozen=True)
class ParsedProject:
    """A project as dbt parsed it, and the fingerprint of the files that it was parsed from."""

    manifest: Any
    fingerprint: str


@dataclass(frozen=True)
class AskedVariables:
    """The variables that a project's files ask for (None: any), by the fingerprint of the files."""

    fingerprint: str
    names: frozenset[str] | None


class ProjectError(Exception):
    """dbt cannot parse the project."""


class DbtCommands:
    """Runs dbt's commands one after the other; what was parsed is used until a file changes."""

    def __init__(self, on_event: OnEvent) -> None:
        """Tell `on_event` of each of dbt's events."""
        self._on_event = on_event
        self._kept: dict[str, ParsedProject] = {}
        self._asked = AskedVariables("", None)

    def run(
        self, arguments: list[str], project_dir: Path, environment: Mapping[str, str]
    ) -> Outcome:
        """Run `dbt <arguments>` in the working folder, which is that project's.

        `environment` is that of this process: where variables that the project asks for have other
        values, it is parsed again.
        """
        started, clock = time.time(), time.monotonic()
        try:
            manifest = None
            if not PARSING_OPTIONS & set(arguments):
                manifest = self._parsed(project_dir, environment)
        except ProjectError as error:
            seconds = time.monotonic() - clock
            return Outcome(False, (), (str(error),), seconds, started, time.time())
        parse_seconds = time.monotonic() - clock
        if arguments == ["parse"]:
            return Outcome(True, (), (), parse_seconds, started, time.time())
        ended = _runner(manifest, self._on_event).invoke(arguments)
        nodes = tuple(node_run(result) for result in getattr(ended.result, "results", ()))
        complaints = [f"{n.name}: {n.message or n.status}" for n in nodes if n.has_failed]
        if ended.exception is not None:
            complaints.append(str(ended.exception))
        return Outcome(
            bool(ended.success), nodes, tuple(complaints), parse_seconds, started, time.time()
        )

    def _parsed(self, project_dir: Path, environment: Mapping[str, str]) -> Any:  # noqa: ANN401 - dbt's
        """Return its manifest, parsed again if a file changed. Raises ProjectError."""
        found = fingerprint(project_dir)
        if self._asked.fingerprint != found:
            profiles_dir = Path(environment.get("DBT_PROFILES_DIR", project_dir / "profiles"))
            self._asked = AskedVariables(found, variables_read(project_dir, profiles_dir))
        reading = parsing_variables(environment, self._asked.names)
        key = json.dumps({"project": str(project_dir), **reading}, sort_keys=True)
        project = self._kept.pop(key, None)
        if project is None or project.fingerprint != found:
            parsed = _runner().invoke(["parse"])
            if not parsed.success:
                raise ProjectError(f"the project cannot be read: {parsed.exception}")
            project = ParsedProject(parsed.result, found)
        self._kept[key] = project  # the last one used comes last
        while len(self._kept) > KEPT_PROJECTS:
            self._kept.pop(next(iter(self._kept)))
        return _as_parsed(project.manifest)


def _as_parsed(manifest: Any) -> Any:  # noqa: ANN401 - dbt's own
    """Return a manifest without the marks of what was compiled in it.

    dbt puts the SQL of ephemeral models into a model once: what is marked as done would be compiled
    without them the next time.
    """
    from dbt.contracts.graph.nodes import CompiledNode

    for node in manifest.nodes.values():
        if isinstance(node, CompiledNode) and node.compiled:
            node.compiled, node.extra_ctes_injected, node.extra_ctes = False, False, []
    return manifest


def node_run(result: Any) -> NodeRun:  # noqa: ANN401 - dbt's own results
    """Return what dbt's result of a node says; that of an operation holds no node."""
    node = getattr(result, "node", result)
    unique_id = str(getattr(node, "unique_id", ""))
    kind = str(getattr(node, "resource_type", unique_id.split(".", maxsplit=1)[0]))
    timings = getattr(result, "timing", ())
    known = [timing for timing in timings if timing.started_at and timing.completed_at]
    return NodeRun(
        name=str(getattr(node, "name", unique_id.rsplit(".", maxsplit=1)[-1])),
        kind=kind,
        status=str(result.status),
        message=str(result.message or ""),
        started=min((_seconds(timing.started_at) for timing in known), default=0.0),
        ended=max((_seconds(timing.completed_at) for timing in known), default=0.0),
        table=f"{node.schema}.{node.alias}" if kind == "model" else "",
        unique_id=unique_id,
    )


def _runner(manifest: Any = None, on_event: OnEvent | None = None) -> Any:  # noqa: ANN401
    from dbt.cli.main import dbtRunner

    return dbtRunner(manifest, callbacks=[on_event] if on_event else [])


def _seconds(moment: datetime) -> float:
    """Return dbt's time, which is UTC and does not say so, in seconds of the system's clock."""
    return moment.replace(tzinfo=UTC).timestamp()
