"""Which file of a table is gone or damaged: metadata -> manifests -> data files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lake.errors import EnvironmentFault, FirnError
from lake.manifests import entries_of, manifests_of
from lake.metadata import damaged
from lake.storage import LakeFiles

if TYPE_CHECKING:
    from pyiceberg.manifest import ManifestFile

    from lake.lake import Identifier, Lake

AVRO = b"Obj\x01"
# What reading a file that is no longer what was written raises, besides OSError.
UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, EOFError, AssertionError)


@dataclass(frozen=True)
class FileFault:
    """A file of a table's newest commit that is gone or damaged.

    `found` says so in three words, `detail` in figures; `snapshot` is the commit's, `more` how many
    other data files of the same manifest are gone or damaged.
    """

    found: str
    file: str
    snapshot: int
    detail: str = ""
    more: int = 0

    def __str__(self) -> str:
        """Return it in words: what is wrong with which file of which snapshot."""
        detail = f" ({self.detail})" if self.detail else ""
        others = f", and {self.more:,} more" if self.more else ""
        return f"{self.found}{detail}: {self.file}{others}; snapshot {self.snapshot} needs it"


@dataclass(frozen=True)
class _State:
    """What is wrong with one file, in a word and in figures."""

    word: str
    detail: str = ""


class FileCheck:
    """Looks at the files of a table's commits; of a file that several share it asks once."""

    def __init__(self, files: LakeFiles) -> None:
        """Look where `files` are."""
        self._files = files
        self._states: dict[tuple[str, int], _State | None] = {}

    def fault(
        self, metadata: Mapping[str, Any], *, most_data_files: int | None = None
    ) -> FileFault | None:
        """Return what is wrong with the files of the newest commit, None when nothing is.

        A manifest list has to be readable, a manifest as long as its list says and readable, a data
        file as long as its manifest says; what stands in data files is not looked at. Of a table
        that has more than `most_data_files` the newest manifest alone is looked at, and that it is
        Avro. Raises LookupError when the metadata contradicts itself.
        """
        snapshot = current_snapshot(metadata)
        if snapshot is None:
            return None
        number, manifest_list = snapshot["snapshot-id"], snapshot["manifest-list"]
        try:
            manifests = manifests_of(self._files, snapshot)
        except FileNotFoundError:
            return FileFault("manifest list gone", manifest_list, number)
        except (OSError, *UNREADABLE):
            return FileFault("manifest list damaged", manifest_list, number)
        if most_data_files is not None and _data_files_count(snapshot) > most_data_files:
            manifests = sorted(manifests, key=lambda one: one.sequence_number)[-1:]
            found = (self._manifest_fault(manifest, number) for manifest in manifests)
        else:
            found = (self._files_fault(manifest, number) for manifest in manifests)
        return next((fault for fault in found if fault), None)

    def _manifest_fault(self, manifest: ManifestFile, snapshot: int) -> FileFault | None:
        file = manifest.manifest_path
        if state := self._state(file, manifest.manifest_length):
            return FileFault(f"manifest {state.word}", file, snapshot, state.detail)
        try:
            with self._files.open(file) as stream:
                is_avro = stream.read(len(AVRO)) == AVRO
        except OSError:
            is_avro = False
        return None if is_avro else FileFault("manifest damaged", file, snapshot)

    def _files_fault(self, manifest: ManifestFile, snapshot: int) -> FileFault | None:
        if fault := self._manifest_fault(manifest, snapshot):
            return fault
        try:
            entries = list(entries_of(self._files, manifest))
        except (OSError, *UNREADABLE):
            return FileFault("manifest damaged", manifest.manifest_path, snapshot)
        faulty = [(entry.path, state) for entry in entries
                  if (state := self._state(entry.path, entry.size))]  # fmt: skip
        if not faulty:
            return None
        (file, state), *others = faulty
        return FileFault(f"data file {state.word}", file, snapshot, state.detail, len(others))

    def _state(self, file: str, length: int) -> _State | None:
        """Return what is wrong with a file that has to be so long, None if nothing is."""
        if (file, length) not in self._states:
            self._states[file, length] = self._look(file, length)
        return self._states[file, length]

    def _look(self, file: str, length: int) -> _State | None:
        try:
            found = self._files.length(file)
        except FileNotFoundError:
            return _State("gone")
        except OSError as error:
            return _State("unreadable", error.strerror or type(error).__name__)
        return None if found == length else _State("damaged", f"{found:,} of {length:,} bytes")


def current_snapshot(metadata: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the newest snapshot as the metadata file has it, None without a commit.

    Raises LookupError when it is not there.
    """
    current = metadata.get("current-snapshot-id")
    if current in {None, -1}:
        return None
    for snapshot in metadata.get("snapshots", ()):
        if snapshot["snapshot-id"] == current:
            return dict(snapshot)
    raise LookupError(f"there is no snapshot {current}")


def damage_among(lake: Lake, identifiers: Iterable[Identifier]) -> EnvironmentFault | None:
    """Return what is wrong with the files of the first table that is damaged, None if none is.

    For whoever was stopped by an error that may come from such a file: the error of a library
    names neither table nor snapshot.
    """
    return next(_faults(lake, identifiers), None)


def _faults(lake: Lake, identifiers: Iterable[Identifier]) -> Iterator[EnvironmentFault]:
    check = FileCheck(lake.files)
    for identifier in identifiers:
        try:
            metadata = lake.metadata(identifier)
            if metadata and (fault := check.fault(metadata)):
                yield damaged(identifier, str(fault))
        except EnvironmentFault as error:
            yield error
        except FirnError:
            continue
        except UNREADABLE as error:
            yield damaged(identifier, f"its metadata file is no table metadata ({error})")


def _data_files_count(snapshot: Mapping[str, Any]) -> int:
    return int(snapshot.get("summary", {}).get("total-data-files", 0))
