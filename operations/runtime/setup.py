"""Fetches what no Python package holds: Java, Spark's jars, their class archive, a lake folder."""

from collections.abc import Iterator

from lake.private import private_folder
from lake.settings import Settings
from operations.runtime.cds_archive import ensure_archive
from operations.runtime.jars import ensure_jars, pinned_jars
from operations.runtime.java import ensure_java


def set_up(settings: Settings) -> Iterator[str]:
    """Make the machine ready and say, line by line, what is there now.

    Raises EnvironmentFault when Java or a jar cannot be had.
    """
    java = ensure_java(settings)
    yield f"Java {java.version}: {java.path}"
    cache = ensure_jars(settings, java)
    yield f"{len(pinned_jars(settings))} jars: {cache}"
    archive = ensure_archive(settings, java)
    yield f"Classes: {archive or 'no archive could be made, so Spark starts more slowly'}"
    private_folder(settings.home / "lake")
    yield f"Lake: {settings.home}"
