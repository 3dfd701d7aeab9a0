"""The beginning of files: a storage -> samples in a local folder, with their formats."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

import pyarrow.parquet as pq

from ingestion.connectors.files.declaration import FileFormat
from ingestion.connectors.files.storage.base import FileInfo, FileLeftError, FileStorage
from ingestion.formats.signatures import kind_of

HEAD_BYTES = 4 * 1024 * 1024
WHOLE_BYTES = 64 * 1024 * 1024
DEEPEST = 8
GZIP_MAGIC = b"\x1f\x8b"
PROBED_BYTES = 64 * 1024
PROBED_ALIKE = 5
WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")


@dataclass(frozen=True)
class Sample:
    """A file's beginning in a format; all of it, for formats that are read as a whole."""

    content: bytes
    format: FileFormat
    is_whole: bool

    def written_to(self, folder: Path, number: int) -> None:
        """Write what was read, rows that are whole, into a folder."""
        content = self.content
        if not self.is_whole and self.format in (FileFormat.CSV, FileFormat.JSON_LINES):
            content = content[: content.rfind(b"\n") + 1]
        (folder / f"{number:04}").write_bytes(content)


def files_of(storage: FileStorage) -> list[FileInfo]:
    """Return the files that lie in a storage, folders included. Raises EnvironmentFault."""
    patterns = ("/".join("*" * depth) for depth in range(1, DEEPEST + 1))
    return [found for pattern in patterns for found in storage.list(pattern).files]


def probed(
    storage: FileStorage, files: Iterable[FileInfo]
) -> tuple[dict[str, FileFormat], dict[str, str]]:
    """Return the formats of files by name, and what others are that no table can be made of.

    Of files of one folder with the same ending, what some are the others are, too.
    """
    formats: dict[str, FileFormat] = {}
    kinds: dict[str, str] = {}
    alike: dict[tuple[str, str], list[FileFormat]] = defaultdict(list)
    for found in files:
        path = PurePosixPath(found.name)
        known = alike[str(path.parent), path.suffix]
        if len(known) >= PROBED_ALIKE and len(set(known)) == 1:
            formats[found.name] = known[0]
            continue
        try:
            head = _head(storage, found, PROBED_BYTES)
            form = _format(head)
            if form is FileFormat.JSON and b"\n" not in head:
                form = _format(_head(storage, found, HEAD_BYTES))
        except (OSError, EOFError, zlib.error, FileLeftError) as error:
            kinds[found.name] = f"damaged ({error})"
            continue
        kind = None if form is FileFormat.PARQUET else kind_of(head)
        if form is FileFormat.CSV and b"\0" in head and not head.startswith(WIDE_MARKS):
            kind = kind or "no text"
        if kind or not head.strip():
            kinds[found.name] = kind or "empty"
        else:
            formats[found.name] = form
            known.append(form)
    return formats, kinds


def samples_of(
    storage: FileStorage, files: Iterable[FileInfo], form: FileFormat
) -> tuple[list[Sample], dict[str, str]]:
    """Return the beginnings of files in a format, and why others cannot be read."""
    samples: list[Sample] = []
    damaged: dict[str, str] = {}
    for found in files:
        try:
            one = _sample(storage, found, form)
            if form is FileFormat.PARQUET:
                next(pq.ParquetFile(io.BytesIO(one.content)).iter_batches(), None)
        except Exception as error:  # noqa: BLE001 - whatever a library raises costs that file
            damaged[found.name] = str(error).partition("\n")[0] or type(error).__name__
        else:
            samples.append(one)
    return samples, damaged


def _sample(storage: FileStorage, found: FileInfo, form: FileFormat) -> Sample:
    is_read_whole = form in (FileFormat.JSON, FileFormat.PARQUET)
    limit = WHOLE_BYTES if is_read_whole else HEAD_BYTES
    content = _head(storage, found, limit + 1)
    return Sample(content[:limit], form, len(content) <= limit)


def _head(storage: FileStorage, found: FileInfo, count: int) -> bytes:
    """Return the first bytes of a file, unpacked if it is packed."""
    with storage.open(found) as opened:
        is_packed = opened.stream.read(len(GZIP_MAGIC)) == GZIP_MAGIC
        opened.stream.seek(0)
        stream = opened.stream
        if is_packed:
            stream = cast("BinaryIO", gzip.GzipFile(fileobj=stream, mode="rb"))
        return stream.read(count)


def _format(head: bytes) -> FileFormat:
    if head.startswith(b"PAR1"):
        return FileFormat.PARQUET
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text.startswith(b"["):
        return FileFormat.JSON
    if not text.startswith(b"{"):
        return FileFormat.CSV
    first = text.partition(b"\n")[0]
    try:
        json.JSONDecoder().raw_decode(first.decode("utf-8", "replace"))
    except ValueError:
        return FileFormat.JSON
    return FileFormat.JSON_LINES
