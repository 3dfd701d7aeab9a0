"""The sandbox's cars: a folder of reports, filled once -> its path in firn.env."""

import shutil
from pathlib import Path

from lake.settings import Settings
from sandbox import telemetry
from sandbox.control.env_file import remember

FOLDER = "TELEMETRY_FILES"


def reports_folder(settings: Settings) -> Path:
    """Return the folder that the sandbox's cars drop their reports in."""
    return settings.home / "sandbox" / "telemetry"


def start_telemetry(
    settings: Settings, *, cars: int = 12, days: int = 14
) -> telemetry.Reported | None:
    """Let the cars report for the first time; return what they dropped, None if they did before.

    Writes the folder's path into firn.env (mode 0600), keeping what stands there.
    """
    folder = reports_folder(settings)
    remember(settings.env_file, {FOLDER: str(folder)})
    return None if telemetry.is_filled(folder) else telemetry.fill(folder, cars, days)


def advance_telemetry(settings: Settings, days: int) -> telemetry.Reported:
    """Let so many days pass for the cars. Raises ConfigurationError when there are none."""
    return telemetry.advance(reports_folder(settings), days)


def remove_telemetry(settings: Settings) -> None:
    """Remove the cars' reports; no effect when there are none."""
    shutil.rmtree(reports_folder(settings), ignore_errors=True)
