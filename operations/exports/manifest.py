"""The manifest beside exported files: what each of them is <-> firn-export.json."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from lake.errors import ConfigurationError

MANIFEST = "firn-export.json"
STAGED = f".{MANIFEST}.part"
VERSION = 2


@dataclass(frozen=True)
class Exported:
    """A file of an export: the table and snapshot it holds, its rows, bytes and SHA-256.

    `where` is the filter, `is_escaped` whether texts that a spreadsheet would run have an
    apostrophe before them; manifests of version 1 have neither.
    """

    table: str
    file: str
    snapshot_id: int | None
    rows: int
    bytes: int
    sha256: str
    sorted_by: tuple[str, ...] = ()
    publication: int | None = None
    where: str | None = None
    is_escaped: bool = False


def as_json(exported: Iterable[Exported], publication: int | None) -> str:
    """Return the manifest of files; `publication` is that of the export that writes it."""
    files = [asdict(one) for one in sorted(exported, key=lambda one: one.file)]
    content = {"version": VERSION, "publication": publication, "files": files}
    return json.dumps(content, indent=2) + "\n"


def read_manifest(content: bytes | None, where: str) -> dict[str, Exported]:
    """Return the files that a manifest names, by name; no content has none.

    Raises ConfigurationError naming `where` it is when no export wrote it.
    """
    if content is None:
        return {}
    try:
        return {one["file"]: Exported(**one) for one in json.loads(content)["files"]}
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(
            f"{where} is no manifest of an export: {error!r}",
            "choose another folder, or move that file away",
        ) from None
