"""Checks what Firn stands on: Python, Java, jars, disk, catalog, rights, sources -> findings."""

import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lake.errors import FirnError
from lake.private import is_open_to_others, private_folder
from lake.settings import Settings
from operations.runtime import jars, java

MINIMUM_PYTHON = (3, 11)
# Entry points of other packages that add checks: each a function such as those below.
GROUP = "firn.checks"
CATALOG_FIX = (
    "start the catalog's server, or mend its file; profiles/profiles.yml says where it is and who"
    " logs in"
)


@dataclass(frozen=True)
class Finding:
    """What one check saw: `detail` says it in a few words; a failed one has a cause and a fix."""

    check: str
    is_good: bool
    detail: str
    fix: str = ""


Check = Callable[[Settings], Iterator[Finding]]


def examine(settings: Settings, *, connections: bool = True) -> list[Finding]:
    """Run every check and return its findings, good ones too, in the order of dependence.

    Without a folder to write to, what lies in it is not examined. `connections=False` leaves out
    the source databases, for a machine where none is started yet.
    """
    checks: list[Check] = [_python, _java, _jars, _write_access, _catalog, _privacy, *_added()]
    if connections:
        checks.append(_connections)
    findings: list[Finding] = []
    for check in checks:
        findings += check(settings)
        if check is _write_access and not findings[-1].is_good:
            break
    return findings


def _added() -> Iterator[Check]:
    """Yield the checks that other packages add, by name."""
    from importlib.metadata import entry_points

    for found in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        yield found.load()


def _python(_: Settings) -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    is_good = sys.version_info >= MINIMUM_PYTHON
    yield Finding("Python", is_good, version, "" if is_good else "make setup PYTHON=python3.11")


def _java(settings: Settings) -> Iterator[Finding]:
    found = java.find_java(settings)
    if found is None:
        yield Finding("Java", False, "no java in JAVA_HOME or PATH", java.FIX)
    elif not found.is_supported:
        detail = f"{found.path} is Java {found.version}; Spark 4.1 needs 17 or 21"
        yield Finding("Java", False, detail, java.FIX)
    else:
        yield Finding("Java", True, f"{found.version} ({found.path})")


def _jars(settings: Settings) -> Iterator[Finding]:
    wrong = jars.unusable_jars(settings)
    cache = jars.jar_cache(settings)
    if wrong:
        yield Finding("Jars", False, f"in {cache}: {'; '.join(wrong)}", jars.FIX)
    else:
        count = len(jars.pinned_jars(settings))
        yield Finding("Jars", True, f"{count} in {cache}, SHA-256 as pinned")


def _write_access(settings: Settings) -> Iterator[Finding]:
    try:
        private_folder(settings.home)
        with tempfile.TemporaryFile(dir=settings.home):
            pass
    except OSError as error:
        fix = "give yourself the right to write there, or set FIRN_HOME to another folder"
        yield Finding("Write access", False, f"{settings.home}: {error.strerror}", fix)
    else:
        yield Finding("Write access", True, str(settings.home))


def _catalog(settings: Settings) -> Iterator[Finding]:
    from lake.lake import open_catalog

    try:
        namespaces = open_catalog(settings).list_namespaces()
    except FirnError as error:
        # a catalog that does not answer sends people here
        fix = CATALOG_FIX if error.fix == "firn doctor" else error.fix
        yield Finding("Catalog", False, error.message, fix)
    except Exception as error:  # noqa: BLE001 - whatever the catalog's library raises is the finding
        fix = "restore the catalog from a backup, or start with an empty lake: make clean"
        yield Finding("Catalog", False, f"{type(error).__name__}: {error}".splitlines()[0], fix)
    else:
        yield Finding("Catalog", True, f"{len(namespaces)} namespaces")


def _privacy(settings: Settings) -> Iterator[Finding]:
    """The home and a warehouse elsewhere on this machine are closed to other users."""
    for name, folder in (("Home", settings.home), ("Warehouse", _warehouse_elsewhere(settings))):
        if folder is None or not folder.is_dir():
            continue
        mode = f"{folder} has mode {stat.S_IMODE(folder.stat().st_mode):04o}"
        if not is_open_to_others(folder):
            yield Finding(name, True, f"{mode}: its owner's alone")
        elif settings.shared_home:
            yield Finding(name, True, f"{mode}: shared, as FIRN_SHARED_HOME says")
        else:
            close = f"{_stop(folder)}chmod go-rwx {folder}"
            fix = f"{close}; shared on purpose: export FIRN_SHARED_HOME=true"
            yield Finding(name, False, f"{mode}: other users of this machine get into it", fix)


def _stop(folder: Path) -> str:
    """Return what has to be done before a folder is closed in which another user's server works.

    PostgreSQL of the sandbox does so where Firn runs as root; started again, it moves its data.
    """
    owner = folder.stat().st_uid
    is_shared = any(path.stat().st_uid != owner for path in folder.glob("sandbox/*/data"))
    return "firn sandbox stop && " if is_shared else ""


def _warehouse_elsewhere(settings: Settings) -> Path | None:
    """Return the folder of the tables where it is on this machine and not in the home."""
    from lake.lake import Lake

    try:
        folder = Lake(settings).warehouse_folder
    except FirnError:  # the profile is wrong, which the catalog's finding says
        return None
    return None if folder is None or folder.is_relative_to(settings.home) else folder


def _connections(settings: Settings) -> Iterator[Finding]:
    """Every declared source answers, and its tables are as declared."""
    from ingestion.connectors.base import ConnectorContext
    from ingestion.connectors.registry import connector_of
    from ingestion.personal_data import Tokeniser
    from ingestion.sources import load_sources

    try:
        sources = load_sources(settings.project_dir)
    except FirnError as error:
        yield Finding("Declarations", False, error.message, error.fix)
        return
    context = ConnectorContext(settings, lambda: Tokeniser(settings.token_key))
    for source in sources:
        name = f"Source {source.name}"
        try:
            yield Finding(name, True, connector_of(source).check(source, context))
        except FirnError as error:
            yield Finding(name, False, error.message, error.fix)
