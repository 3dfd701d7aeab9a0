"""Whether a table's newest commit can be read: metadata -> manifest list -> newest manifest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lake.storage import LakeFiles

AVRO = b"Obj\x01"


@dataclass(frozen=True)
class ManifestFault:
    """A file of the newest commit that is gone or damaged: `found` in three words, and its path."""

    found: str
    file: str


def newest_manifest_fault(metadata: Mapping[str, Any], files: LakeFiles) -> ManifestFault | None:
    """Return what is wrong with the newest commit's files, None when nothing is.

    The manifest list is read whole; the newest manifest in it has to be there, of the length that
    the list says, and Avro. Data files are not looked at. A table without a commit has neither.
    Raises LookupError when the metadata contradicts itself.
    """
    current = metadata.get("current-snapshot-id")
    snapshots = {s["snapshot-id"]: s for s in metadata.get("snapshots", ())}
    if current in {None, -1}:
        return None
    if current not in snapshots:
        raise LookupError(f"there is no snapshot {current}")
    file = snapshots[current]["manifest-list"]
    try:
        manifests = _read_list(files, file)
    except FileNotFoundError:
        return ManifestFault("manifest list gone", file)
    except Exception:  # noqa: BLE001 - whatever the reader stumbles over, the file is no Avro
        return ManifestFault("manifest list damaged", file)
    if not manifests:
        return None
    newest, length = max(manifests)[1:]
    try:
        with files.open(newest) as stream:
            is_whole = stream.read(len(AVRO)) == AVRO and stream.seek(0, 2) == length
    except FileNotFoundError:
        return ManifestFault("newest manifest gone", newest)
    except OSError:
        is_whole = False
    return None if is_whole else ManifestFault("newest manifest damaged", newest)


def _read_list(files: LakeFiles, location: str) -> list[tuple[int, str, int]]:
    """Return sequence number, path and length of each manifest in a manifest list."""
    from pyiceberg.manifest import read_manifest_list

    return [
        (manifest.sequence_number, manifest.manifest_path, manifest.manifest_length)
        for manifest in read_manifest_list(files.input(location))
    ]
