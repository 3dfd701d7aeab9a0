"""Which tests look at which modules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Tests:
    """Tests that run a module's lines themselves, and those that start processes which do."""

    own: tuple[str, ...]
    of_processes: tuple[str, ...] = ()


LANDING = Tests(
    (
        "tests/integration/files",
        "tests/integration/ingestion",
        "tests/integration/connectors",
        "tests/unit/ingestion",
        "tests/unit/operations/refresh/test_arrivals.py",
    ),
    ("tests/faults/test_file_kills.py",),
)
PREFLIGHT = Tests(
    (
        "tests/unit/operations/preflight",
        "tests/unit/operations/test_create.py",
        "tests/unit/operations/test_verify_command.py",
        "tests/unit/lake/test_catalog_check.py",
        "tests/integration/files/test_damage.py",
    )
)
# Folders or modules -> tests; no module is below two of them.
TARGETS = {
    "ingestion/connectors/files": LANDING,
    "ingestion/formats": LANDING,
    "ingestion/raw_tables": LANDING,
    "ingestion/loading": LANDING,
    "ingestion/quarantine": LANDING,
    "operations/preflight": PREFLIGHT,
    "lake/damage.py": PREFLIGHT,
    "lake/catalog_check.py": PREFLIGHT,
}


def modules(root: Path, chosen: tuple[str, ...] = ()) -> Iterator[tuple[Path, Tests]]:
    """Yield each module below the targets that was chosen (none: all), with its tests."""
    for target, tests in TARGETS.items():
        found = [root / target] if target.endswith(".py") else sorted((root / target).rglob("*.py"))
        for module in found:
            name = module.relative_to(root).as_posix()
            if not chosen or any(name.startswith(one) for one in chosen):
                yield module, tests
