"""The demo's bakery: a landing folder -> files of its first days -> BAKERY_FILES in firn.env."""

import shutil
from pathlib import Path

from lake.settings import Settings
from sandbox import bakery
from sandbox.control.env_file import remember

FILES = "BAKERY_FILES"


def bakery_folder(settings: Settings) -> Path:
    """Return the folder that the sandbox's bakery drops its files in, there or not."""
    return settings.home / "sandbox" / "bakery"


def start_bakery(settings: Settings) -> bool:
    """Write the bakery's first 120 days, once, and its folder into firn.env.

    Returns whether the files were written now.
    """
    folder = bakery_folder(settings)
    remember(settings.env_file, {FILES: str(folder)})
    if bakery.is_filled(folder):
        return False
    bakery.fill(folder)
    return True


def advance_bakery(settings: Settings, days: int) -> bakery.Advance:
    """Write the files of the bakery's next days and return what that was.

    Raises ConfigurationError when there is no bakery, or its calendar would pass the present.
    """
    return bakery.advance(bakery_folder(settings), days)


def remove_bakery(settings: Settings) -> None:
    """Delete the bakery's files, landed or not."""
    shutil.rmtree(bakery_folder(settings), ignore_errors=True)
