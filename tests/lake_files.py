"""Where a file of a local lake lies, for tests that damage or count files: location -> path."""

from pathlib import Path


def path_of(location: str) -> Path:
    """Return the path of a `file:` location."""
    return Path("/" + location.removeprefix("file:").lstrip("/"))
