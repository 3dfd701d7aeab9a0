"""Which tests look at which modules: those that are most likely to notice come first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

FILES = ("tests/integration/files",)
LANDING = ("tests/unit/ingestion", "tests/integration/connectors", *FILES)
PREFLIGHT = (
    "tests/unit/operations/preflight",
    "tests/unit/operations/test_create.py",
    "tests/unit/operations/test_verify_command.py",
    "tests/integration/files/test_damage.py",
)
# Folders or modules -> tests; no module is below two of them.
TARGETS: dict[str, tuple[str, ...]] = {
    "ingestion/connectors/files": (
        *FILES,
        "tests/unit/ingestion",
        "tests/faults/test_file_kills.py",
    ),
    "ingestion/formats": (*FILES, "tests/unit/ingestion"),
    "ingestion/raw_tables": LANDING,
    "ingestion/loading": LANDING,
    "ingestion/quarantine": LANDING,
    "operations/preflight": PREFLIGHT,
    "lake/damage.py": PREFLIGHT[::-1],
    "lake/catalog_check.py": ("tests/unit/lake/test_catalog_check.py", *PREFLIGHT),
}


def modules(root: Path, chosen: tuple[str, ...] = ()) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """Yield each module below the targets that was chosen (none: all), with its tests."""
    for target, tests in TARGETS.items():
        found = [root / target] if target.endswith(".py") else sorted((root / target).rglob("*.py"))
        for module in found:
            name = module.relative_to(root).as_posix()
            if not chosen or any(name.startswith(one) for one in chosen):
                yield module, tests
