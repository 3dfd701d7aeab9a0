"""Fetches Spark's extra jars: ivy.xml -> Spark's own Ivy -> cache, each checked by SHA-256."""

import hashlib
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import filelock

from lake.errors import EnvironmentFault
from lake.settings import Settings
from operations.runtime.java import Java

PINS = Path("requirements") / "jars.sha256"
FIX = "firn setup"


@dataclass(frozen=True)
class Jar:
    """A pinned jar: `<configuration>/<file name>` below the cache, and its SHA-256."""

    name: str
    sha256: str

    def is_good(self, cache: Path) -> bool:
        """Whether the cached file is there and is the pinned one."""
        path = cache / self.name
        return path.is_file() and _sha256(path) == self.sha256


def jar_cache(settings: Settings) -> Path:
    """Return the folder of jars: FIRN_JARS, else ~/.cache/firn/jars, as profiles.yml says."""
    chosen = settings.variable("FIRN_JARS")
    return Path(chosen) if chosen else Path.home() / ".cache" / "firn" / "jars"


def pinned_jars(settings: Settings) -> tuple[Jar, ...]:
    """Read the pins: lines of `<sha256>  <configuration>/<file>`, as `sha256sum -c` takes them."""
    lines = (settings.project_dir / PINS).read_text(encoding="utf-8").splitlines()
    return tuple(Jar(name, sha256) for sha256, name in (line.split() for line in lines if line))


def unusable_jars(settings: Settings) -> list[str]:
    """Return a sentence for every pinned jar that is missing or is not the pinned file."""
    cache = jar_cache(settings)
    return [
        f"{jar.name} {'has another SHA-256' if (cache / jar.name).is_file() else 'is missing'}"
        for jar in pinned_jars(settings)
        if not jar.is_good(cache)
    ]


def ensure_jars(settings: Settings, java: Java) -> Path:
    """Fetch what is missing from the cache, drop what is not pinned, and return the cache.

    Raises EnvironmentFault when a jar cannot be fetched or is not the pinned file.
    """
    cache = jar_cache(settings)
    cache.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(cache / ".lock", timeout=600):
        if unusable_jars(settings):
            _retrieve(settings, java, cache)
        for path in _unpinned(settings, cache):
            path.unlink()
        wrong = unusable_jars(settings)
    if wrong:
        raise EnvironmentFault(
            f"in {cache}: {'; '.join(wrong)}",
            f"delete the files named and run `{FIX}` again; if it stays, do not use them",
        )
    return cache


def _retrieve(settings: Settings, java: Java, cache: Path) -> None:
    import pyspark

    ivy = next((Path(pyspark.__file__).parent / "jars").glob("ivy-*.jar"))
    configurations = sorted({jar.name.split("/")[0] for jar in pinned_jars(settings)})
    command = [
        str(java.path), "-cp", str(ivy), "org.apache.ivy.Main", "-error",
        "-cache", str(cache / ".ivy"), "-ivy", str(settings.project_dir / "ivy.xml"),
        "-confs", *configurations, "-types", "jar", "bundle",
        "-retrieve", f"{cache}/[conf]/[artifact]-[revision](-[classifier]).[ext]",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise EnvironmentFault(
            f"Spark's jars could not be fetched: {(done.stderr or done.stdout).strip()[-500:]}",
            f"check the network or the mirror in ~/.ivy2/ivysettings.xml, then `{FIX}`",
        )


def _unpinned(settings: Settings, cache: Path) -> Iterator[Path]:
    """Yield jars beside the pinned ones, which Spark would load too."""
    pinned = {jar.name for jar in pinned_jars(settings)}
    for folder in {cache / name.split("/")[0] for name in pinned}:
        for path in folder.glob("*.jar"):
            if f"{folder.name}/{path.name}" not in pinned:
                yield path


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
