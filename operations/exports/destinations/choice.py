"""Which destination `--to` names: a folder or s3://bucket/prefix -> that destination."""

from __future__ import annotations

import re
from pathlib import Path

from lake.errors import ConfigurationError
from lake.lake import Lake
from lake.settings import Settings
from operations.exports.destinations.base import Destination
from operations.exports.destinations.bucket import Bucket
from operations.exports.destinations.folder import Folder

SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
BUCKET = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^/?#@\x00-\x1f]+)*/?")
EXAMPLE = "s3://bucket/prefix"


def require_destination(where: str) -> None:
    """Raise ConfigurationError for what is neither a folder nor s3://bucket/prefix."""
    if not where.strip():
        raise ConfigurationError("no folder is named", f"name a folder, or {EXAMPLE}")
    scheme = SCHEME.match(where)
    if scheme and not BUCKET.fullmatch(where):
        # what stands behind the scheme may hold a password
        raise ConfigurationError(
            f"a destination that begins with {scheme[0]} is not of the form {EXAMPLE}",
            f"name a folder, or {EXAMPLE}; keys belong into AWS_ACCESS_KEY_ID and"
            " AWS_SECRET_ACCESS_KEY",
        )


def destination_at(where: str, settings: Settings, lake: Lake) -> Destination:
    """Return the destination at a folder or s3://bucket/prefix; nothing is connected yet.

    Raises ConfigurationError for anything else.
    """
    require_destination(where)
    if SCHEME.match(where):
        return Bucket(where, lake.files, settings.home)
    return Folder(Path(where), settings.home)


def in_project(where: str, settings: Settings) -> str:
    """Return a destination that a file of the project names: a folder is relative to it."""
    return where if SCHEME.match(where) else str(settings.project_dir / where)
