"""Makes Spark start faster: one Spark at work -> an archive of its classes -> mapped by all others.

Java refuses an archive that was made by another Java or from other jars, and Spark then starts
without it, as it does when there is none.
"""

import contextlib
import hashlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import filelock

from lake.processes import installed_package
from lake.profiles import Profile
from lake.settings import Settings
from operations.runtime.environment import dbt_environment
from operations.runtime.jars import jar_cache
from operations.runtime.java import Java

OPTIONS = "spark.driver.extraJavaOptions"
DEADLINE_SECONDS = 600
_USED = re.compile(r"-XX:SharedArchiveFile=(\S+)")


def ensure_archive(settings: Settings, java: Java) -> Path | None:
    """Make the archive that fits this Java and these jars, unless it is in the cache.

    Puts a link to it where the profile looks for one. Returns None when the profile looks for
    none, or when none could be made (a log stays in the cache): nothing but time is lost then, and
    the link leads to the archive that Java brings, which it would not look for by itself.
    """
    used = _USED.search(Profile(settings).spark_parameters().get(OPTIONS, ""))
    if used is None:
        return None
    archive = archive_file(settings, java)
    archive.parent.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(archive.parent / ".lock", timeout=2 * DEADLINE_SECONDS):
        if not archive.exists():
            _drop_outdated(archive)
            _make(settings, archive)
    link = Path(used.group(1))
    if archive.exists():
        _link(link, archive)
        return archive
    own = java.path.resolve().parent.parent / "lib" / "server" / "classes.jsa"
    if own.exists() and link != archive:
        _link(link, own)
    return None


def archive_file(settings: Settings, java: Java) -> Path:
    """Return the archive's place in the cache: its name says for what it was made."""
    place, content = hashlib.sha256(), hashlib.sha256()
    place.update(str(_spark_jars()).encode())
    for part in (java.build, *_class_path(settings)):
        content.update(f"{part}\n".encode())
    name = f"{place.hexdigest()[:12]}-{content.hexdigest()[:20]}.jsa"
    return jar_cache(settings) / "classes" / name


def training_options(options: str, archive: Path) -> str:
    """Return Java's options with the archive to be made in the place of the one to be used."""
    return _USED.sub(f"-XX:ArchiveClassesAtExit={archive}", options)


def _make(settings: Settings, archive: Path) -> None:
    """Let one Spark do what dbt makes it do, in a lake of its own, and keep its classes."""
    unfinished = archive.with_suffix(".new")
    log = archive.with_suffix(".log")
    with log.open("wb") as output, contextlib.suppress(subprocess.SubprocessError):
        subprocess.run(
            [sys.executable, "-m", "operations.runtime.cds_training", str(unfinished)],
            env=dbt_environment(settings),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            timeout=DEADLINE_SECONDS,
            check=True,
        )
        unfinished.replace(archive)
        log.unlink()


def _link(link: Path, archive: Path) -> None:
    """Let `link` lead to the archive; a file that somebody put there stays."""
    if link == archive or (link.exists() and not link.is_symlink()):
        return
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(archive)


def _drop_outdated(archive: Path) -> None:
    """Remove what was made for this environment's Spark before its jars or its Java changed."""
    place = archive.name.split("-")[0]
    for outdated in archive.parent.glob(f"{place}-*"):
        outdated.unlink()


def _class_path(settings: Settings) -> Iterator[str]:
    """Yield all that Java compares: every jar with its size and its age."""
    for jar in sorted(
        [*(jar_cache(settings) / "spark").glob("*.jar"), *_spark_jars().glob("*.jar")]
    ):
        known = jar.stat()
        yield f"{jar} {known.st_size} {known.st_mtime_ns}"


def _spark_jars() -> Path:
    return installed_package("pyspark") / "jars"
