"""Fetches jars: ivy.xml -> Spark's own Ivy -> cache, each checked by SHA-256."""

import hashlib
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import filelock

from lake.errors import EnvironmentFault
from lake.settings import Settings
from operations.runtime.java import Java

FIX = "firn setup"


@dataclass(frozen=True)
class JarSet:
    """Jars that belong together: the Ivy file that names them, and the pins of all it resolves to.

    Paths are absolute, or below the project. `owner` is who needs them, `fix` fetches them.
    """

    owner: str
    ivy: Path
    pins: Path
    fix: str


SPARK = JarSet("Spark", Path("ivy.xml"), Path("requirements") / "jars.sha256", FIX)


@dataclass(frozen=True)
class Jar:
    """A pinned jar: `<configuration>/<file name>` below the cache, and its SHA-256.

    `coordinates` are Maven's, `<group>:<artifact>:<version>`, where the pins say them.
    """

    name: str
    sha256: str
    coordinates: str | None = None

    def is_good(self, cache: Path) -> bool:
        """Whether the cached file is there and is the pinned one."""
        path = cache / self.name
        return path.is_file() and _sha256(path) == self.sha256


def jar_cache(settings: Settings) -> Path:
    """Return the folder of jars: FIRN_JARS, else ~/.cache/firn/jars, as profiles.yml says."""
    chosen = settings.variable("FIRN_JARS")
    return Path(chosen) if chosen else Path.home() / ".cache" / "firn" / "jars"


def pinned_jars(settings: Settings, jars: JarSet = SPARK) -> tuple[Jar, ...]:
    """Read the pins: lines of `<sha256>  <configuration>/<file>`, as `sha256sum -c` takes them.

    A comment, which begins with `#`, holds the coordinates of the jar in the next line.
    """
    found: list[Jar] = []
    coordinates = None
    for line in (settings.project_dir / jars.pins).read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            coordinates = line.removeprefix("#").strip()
        elif line:
            sha256, name = line.split()
            found.append(Jar(name, sha256, coordinates))
            coordinates = None
    return tuple(found)


def unusable_jars(settings: Settings, jars: JarSet = SPARK) -> list[str]:
    """Return a sentence for every pinned jar that is missing or is not the pinned file."""
    cache = jar_cache(settings)
    return [
        f"{jar.name} {'has another SHA-256' if (cache / jar.name).is_file() else 'is missing'}"
        for jar in pinned_jars(settings, jars)
        if not jar.is_good(cache)
    ]


def ensure_jars(settings: Settings, java: Java, jars: JarSet = SPARK) -> Path:
    """Fetch what is missing from the cache, drop what is not pinned, and return the cache.

    Raises EnvironmentFault when a jar cannot be fetched or is not the pinned file.
    """
    cache = jar_cache(settings)
    cache.mkdir(parents=True, exist_ok=True)
    # sets lie in folders of their own, so one does not wait for another
    with filelock.FileLock(cache / f".{jars.owner}.lock", timeout=600):
        if unusable_jars(settings, jars):
            _retrieve(settings, java, cache, jars)
        for path in _unpinned(settings, cache, jars):
            path.unlink()
        wrong = unusable_jars(settings, jars)
    if wrong:
        raise EnvironmentFault(
            f"in {cache}: {'; '.join(wrong)}",
            f"delete the files named and run `{jars.fix}` again; if it stays, do not use them",
        )
    return cache


def _retrieve(settings: Settings, java: Java, cache: Path, jars: JarSet) -> None:
    import pyspark

    ivy = next((Path(pyspark.__file__).parent / "jars").glob("ivy-*.jar"))
    configurations = sorted({jar.name.split("/")[0] for jar in pinned_jars(settings, jars)})
    command = [
        str(java.path), "-cp", str(ivy), "org.apache.ivy.Main", "-error",
        "-cache", str(cache / ".ivy" / jars.owner), "-ivy", str(settings.project_dir / jars.ivy),
        "-confs", *configurations, "-types", "jar", "bundle",
        "-retrieve", f"{cache}/[conf]/[artifact]-[revision](-[classifier]).[ext]",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr or done.stdout).strip()[-500:]
        raise EnvironmentFault(
            f"{jars.owner}'s jars could not be fetched: {said}",
            f"check the network or the mirror in ~/.ivy2/ivysettings.xml, then `{jars.fix}`",
        )


def _unpinned(settings: Settings, cache: Path, jars: JarSet) -> Iterator[Path]:
    """Yield jars beside the pinned ones, which would be loaded too."""
    pinned = {jar.name for jar in pinned_jars(settings, jars)}
    for folder in {cache / name.split("/")[0] for name in pinned}:
        for path in folder.glob("*.jar"):
            if f"{folder.name}/{path.name}" not in pinned:
                yield path


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
