"""The manifest list of an append: the list before + new manifests -> bytes, without reading it.

pyiceberg decodes all entries of the list before and encodes them again, in Python: after a
thousand commits that takes longer than all else in a commit. An Avro file is a header and blocks,
each of which stands for itself, so those of the list before are copied as they are.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from pyiceberg.avro.decoder import new_decoder
from pyiceberg.avro.file import META_SCHEMA, AvroFileHeader
from pyiceberg.avro.resolver import construct_reader
from pyiceberg.io import InputFile, OutputFile, OutputStream
from pyiceberg.manifest import ManifestFile, read_manifest_list, write_manifest_list

if TYPE_CHECKING:
    from pyiceberg.avro.codecs import AvroCompressionCodec

SAME = ("avro.schema", "avro.codec")  # what blocks of two files must agree in


@dataclass(frozen=True)
class AppendedSnapshot:
    """What a list says of the snapshot that it is of."""

    snapshot_id: int
    parent_id: int | None
    sequence_number: int
    compression: AvroCompressionCodec


def appended_list(
    snapshot: AppendedSnapshot, added: Sequence[ManifestFile], before: InputFile | None
) -> bytes:
    """Return the list of `snapshot`: the manifests `added` to it, and those of the list before."""
    written = _written(snapshot, added)
    if before is None:
        return written
    with before.open() as stream:
        continued = _continued(written, stream.read())
    return continued or _written(snapshot, [*added, *read_manifest_list(before)])


def _continued(written: bytes, before: bytes) -> bytes | None:
    """Return a file with the blocks of the one before at its end, None where they do not fit."""
    mine, theirs = _header(written), _header(before)
    if any(mine.meta[name] != theirs.meta.get(name) for name in SAME):
        return None  # another engine wrote it
    # the mark that ends the header ends every block of the file as well
    end_of_header = before.index(theirs.sync) + len(theirs.sync)
    return written.replace(mine.sync, theirs.sync) + before[end_of_header:]


def _header(file: bytes) -> AvroFileHeader:
    reader = construct_reader(META_SCHEMA, {-1: AvroFileHeader})
    return cast("AvroFileHeader", reader.read(new_decoder(file)))


def _written(snapshot: AppendedSnapshot, manifests: Sequence[ManifestFile]) -> bytes:
    file = _Memory()
    with write_manifest_list(
        format_version=2,
        output_file=file,
        snapshot_id=snapshot.snapshot_id,
        parent_snapshot_id=snapshot.parent_id,
        sequence_number=snapshot.sequence_number,
        avro_compression=snapshot.compression,
    ) as writer:
        if manifests:  # readers stop at a block that is empty
            writer.add_manifests(list(manifests))
    return file.content


class _Stream(io.BytesIO):
    """A stream whose content outlives it."""

    def __init__(self, file: _Memory) -> None:
        super().__init__()
        self._file = file

    def close(self) -> None:
        if not self.closed:
            self._file.content = self.getvalue()
        super().close()


class _Memory(OutputFile):
    """A file in memory."""

    def __init__(self) -> None:
        super().__init__("memory:")
        self.content = b""

    def __len__(self) -> int:
        return len(self.content)

    def exists(self) -> bool:
        return False

    def to_input_file(self) -> InputFile:
        raise NotImplementedError

    def create(self, overwrite: bool = False) -> OutputStream:  # noqa: ARG002 - the parent's
        return _Stream(self)
