"""Whether a table's newest commit can be read: metadata -> manifest list -> newest manifest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

AVRO = b"Obj\x01"
FilePlace = Callable[[str], Path]


@dataclass(frozen=True)
class ManifestFault:
    """A file of the newest commit that is gone or damaged: `found` in three words, and its path."""

    found: str
    file: str


def newest_manifest_fault(metadata: Mapping[str, Any], place_of: FilePlace) -> ManifestFault | None:
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
        manifests = _read_list(place_of(file))
    except FileNotFoundError:
        return ManifestFault("manifest list gone", file)
    except Exception:  # noqa: BLE001 - whatever the reader stumbles over, the file is no Avro
        return ManifestFault("manifest list damaged", file)
    if not manifests:
        return None
    newest, length = max(manifests)[1:]
    try:
        with place_of(newest).open("rb") as stream:
            is_whole = stream.read(len(AVRO)) == AVRO and stream.seek(0, 2) == length
    except FileNotFoundError:
        return ManifestFault("newest manifest gone", newest)
    except OSError:
        is_whole = False
    return None if is_whole else ManifestFault("newest manifest damaged", newest)


def _read_list(path: Path) -> list[tuple[int, str, int]]:
    """Return sequence number, path and length of each manifest in a manifest list."""
    from pyiceberg.io import InputFile
    from pyiceberg.manifest import read_manifest_list

    class LocalFile(InputFile):
        """A file of this machine, without the weight of pyarrow."""

        def __len__(self) -> int:
            return path.stat().st_size

        def exists(self) -> bool:
            return path.exists()

        def open(self, seekable: bool = True) -> Any:  # noqa: ANN401, ARG002 - InputFile's own
            return path.open("rb")

    return [
        (manifest.sequence_number, manifest.manifest_path, manifest.manifest_length)
        for manifest in read_manifest_list(LocalFile(str(path)))
    ]
