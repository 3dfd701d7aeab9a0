"""requirements/*.in + requirements/*.txt -> what the locks do not meet; offline, nothing upgraded.

`make lint` runs this module. A lock is written with `--no-strip-extras`, so that it says by itself
which extras are locked and which lines of the .in file asked for them.
"""

import re
import sys
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
RENEW = "run `make lock`"


@dataclass(frozen=True)
class Pin:
    """One entry of a lock: what is pinned, the SHA-256 of its files, and which .in files asked."""

    requirement: Requirement
    hashes: tuple[str, ...]
    asked_by: frozenset[str]

    @property
    def version(self) -> str:
        """The pinned version."""
        return next(iter(self.requirement.specifier)).version


def problems(folder: Path) -> list[str]:
    """Compare every .in file of `folder` with its lock; no lines mean that all agree."""
    found: list[str] = []
    for wanted in sorted(folder.glob("*.in")):
        lock = wanted.with_suffix(".txt")
        if lock.exists():
            found += _differences(wanted, pins_of(lock))
        else:
            found.append(f"{wanted.name}: there is no {lock.name}; {RENEW}")
    return found + _other_versions(folder)


def requirements_of(path: Path) -> dict[str, list[Requirement]]:
    """Read an .in file and those it includes (-r) -> the requirements by the file's name."""
    found: dict[str, list[Requirement]] = {path.name: []}
    for raw in path.read_text(encoding="utf-8").splitlines():
        line = raw.partition("#")[0].strip()
        if line.startswith("-r "):
            found |= requirements_of(path.parent / line.removeprefix("-r ").strip())
        elif line and not line.startswith("-c "):
            found[path.name].append(Requirement(line))
    return found


def pins_of(lock: Path) -> dict[str, list[Pin]]:
    """Read a lock -> its pins by name; a name has several where versions of Python differ."""
    found: dict[str, list[Pin]] = {}
    for entry in re.split(r"\n(?=[a-z0-9])", lock.read_text(encoding="utf-8")):
        head, _, rest = entry.partition("\\\n")
        requirement = Requirement(head.strip())
        asked_by = frozenset(re.findall(r"-r requirements/(\S+\.in)", rest))
        pin = Pin(requirement, tuple(re.findall(r"--hash=sha256:(\w+)", rest)), asked_by)
        found.setdefault(canonicalize_name(requirement.name), []).append(pin)
    return found


def _differences(wanted: Path, pins: dict[str, list[Pin]]) -> list[str]:
    by_file = requirements_of(wanted)
    unhashed = [
        f"{name} has no hashes"
        for name, entries in pins.items()
        if not all(pin.hashes for pin in entries)
    ]
    unasked = [
        f"{name} is locked for {source}, which does not name it"
        for name, entries in pins.items()
        for source in sorted(set().union(*(pin.asked_by for pin in entries)))
        if name not in _names(by_file.get(source, []))
    ]
    unmet = [
        f"does not have `{line}` of {source}"
        for source, lines in by_file.items()
        for line in lines
        if not _is_met(pins.get(canonicalize_name(line.name), []), line, source)
    ]
    lock = wanted.with_suffix(".txt").name
    return [f"{lock}: {what}; {RENEW}" for what in unhashed + unasked + unmet]


def _names(lines: list[Requirement]) -> set[str]:
    return {canonicalize_name(line.name) for line in lines}


def _is_met(pins: list[Pin], line: Requirement, source: str) -> bool:
    wanted = {canonicalize_name(extra) for extra in line.extras}
    return bool(pins) and all(
        source in pin.asked_by
        and line.specifier.contains(pin.version, prereleases=True)
        and wanted <= {canonicalize_name(extra) for extra in pin.requirement.extras}
        for pin in pins
    )


def _other_versions(folder: Path) -> list[str]:
    """What is installed over the runtime, or measured beside it, in another version."""
    runtime = pins_of(folder / "runtime.txt")
    return [
        f"{name}.txt: {package} differs from runtime.txt; {RENEW}"
        for name in ("dev", "bench-dbt")
        for package, pins in pins_of(folder / f"{name}.txt").items()
        if [pin.version for pin in pins] != [pin.version for pin in runtime.get(package, pins)]
    ]


if __name__ == "__main__":
    sys.exit("\n".join(problems(ROOT / "requirements")) or 0)
