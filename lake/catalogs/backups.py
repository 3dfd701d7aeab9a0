"""Copies of a catalog that is a file: once a day, and before its set-up changes -> the last 7."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from lake.catalogs.base import CatalogBackend

KEPT = 7
_NAME = "%Y%m%dT%H%M%S.%fZ.db"


def back_up(catalog: CatalogBackend, home: Path, *, is_due: bool = False) -> Path | None:
    """Copy the catalog if there is no copy of today (UTC) yet, or in any case if it `is_due`.

    Returns the copy, which only its owner can read; None where none was made. Raises
    EnvironmentFault.
    """
    now, made = datetime.now(UTC), backups(home)
    if made and not is_due and made[-1].name.startswith(f"{now:%Y%m%d}"):
        return None
    copy = _folder(home) / now.strftime(_NAME)
    if not catalog.copy_to(copy):
        return None
    for old in backups(home)[:-KEPT]:
        old.unlink(missing_ok=True)
    return copy


def backups(home: Path) -> list[Path]:
    """Return the copies there are, the newest last; a name begins with the time of the copy."""
    return sorted(_folder(home).glob("*.db"))


def _folder(home: Path) -> Path:
    return home / "backups" / "catalog"
