"""How tables that Python writes are made: Iceberg's properties, the same for all of them."""

from __future__ import annotations

from collections.abc import Mapping

from lake.errors import EnvironmentFault

# Compare-and-set needs a commit that fails on a conflict instead of trying again by itself.
PROPERTIES = {
    "format-version": "2",
    "write.parquet.compression-codec": "zstd",
    "commit.retry.num-retries": "0",
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "50",
}
# Of what Firn keeps in a table: its own properties, and what its columns in `ops` and `quarantine`
# mean. It grows when an earlier version would misread what a later one writes; a table that says
# nothing has format 1.
FORMAT_PROPERTY = "firn.format"
FORMAT = 1
PROPERTIES_AT_CREATION = {**PROPERTIES, FORMAT_PROPERTY: str(FORMAT)}


def require_known_format(identifier: tuple[str, ...], properties: Mapping[str, str]) -> None:
    """Raise EnvironmentFault for a table that a newer Firn keeps in a format of its own."""
    written_as = properties.get(FORMAT_PROPERTY, str(FORMAT))
    if written_as.isdecimal() and 1 <= int(written_as) <= FORMAT:
        return
    raise EnvironmentFault(
        f"{'.'.join(identifier)} is of format {written_as}, this Firn knows formats up to {FORMAT}:"
        " the lake was used by a newer version",
        "use that version or one after it (git pull && make setup); nothing was read or changed",
    )
