"""A browser: what is installed, else Debian's packages -> a program and its libraries."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock
from playwright.sync_api import Browser, sync_playwright

from lake.settings import Settings
from tests.debian import run

NAMES = ("chromium", "google-chrome", "chromium-browser")
PACKAGE, PROGRAM = "chromium", "usr/lib/chromium/chromium"
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")


@dataclass(frozen=True)
class Chromium:
    """A program, and the folders of libraries that it needs beside the system's."""

    program: Path
    libraries: tuple[Path, ...] = ()


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """Start the browser without a window, and end it."""
    found = find_chromium(Settings.load().home / "chromium")
    environment: dict[str, str | float | bool] = {**Settings.load().environment()}
    if found.libraries:
        environment["LD_LIBRARY_PATH"] = ":".join(map(str, found.libraries))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found.program, args=list(ARGUMENTS), env=environment
        )
        yield browser
        browser.close()


def find_chromium(folder: Path) -> Chromium:
    """Return an installed browser, or unpack Debian's and all that it needs into `folder`, once.

    Neither root nor an installation is needed. Where there is no apt-get the test is skipped, and
    says so.
    """
    installed = next((path for name in NAMES if (path := shutil.which(name))), None)
    if installed:
        return Chromium(Path(installed))
    if not shutil.which("apt-get"):
        pytest.skip(f"{PACKAGE} is not installed, and there is no apt-get to fetch it")
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_suffix(".lock")):
        if not (folder / PROGRAM).exists():
            _unpack(folder)
    found = {file.parent for file in folder.rglob("lib*.so*")} - {(folder / PROGRAM).parent}
    return Chromium(folder / PROGRAM, tuple(sorted(found)))


def _unpack(folder: Path) -> None:
    run(["apt-get", "download", *_missing_packages(folder)], folder)
    for file in sorted(folder.glob("*.deb"), key=lambda file: file.name.startswith(PACKAGE)):
        run(["dpkg", "-x", str(file), str(folder)], folder)
        file.unlink()


def _missing_packages(folder: Path) -> list[str]:
    """Return the package and those of its dependencies that this system has not."""
    simulated = ["apt-get", "--simulate", "--no-install-recommends", "install", PACKAGE]
    try:
        told = run(simulated, folder)
    except RuntimeError:  # lists of packages may be missing or old; only root can renew them
        run(["apt-get", "update"], folder)
        told = run(simulated, folder)
    return re.findall(r"^Inst (\S+)", told, re.MULTILINE)
