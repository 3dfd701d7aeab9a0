"""What a file is by its first bytes, for the message that refuses it: bytes -> a name, or None."""

from __future__ import annotations

import re

HEAD_BYTES = 512

# No text that could be CSV or JSON begins with any of these.
_SIGNATURES = (
    (rb"PK(?:\x03\x04|\x05\x06|\x07\x08)", "a zip archive (or a workbook or document in one)"),
    (rb"\x1f\x8b", "packed with gzip"),
    (rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)", "packed with bzip2"),
    (rb"\xfd7zXZ\x00", "packed with xz"),
    (rb"\x28\xb5\x2f\xfd", "packed with zstd"),
    (rb"\x04\x22\x4d\x18", "packed with lz4"),
    (rb"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (rb"Rar!\x1a\x07", "a RAR archive"),
    (rb"(?s:.{256})\x00ustar", "a tar archive"),
    (rb"PAR1\x15", "Parquet"),
    (rb"Obj\x01", "Avro"),
    (rb"ORC\n?[\x00-\x08]", "ORC"),
    (rb"ARROW1\x00\x00", "Arrow IPC (Feather)"),
    (rb"SQLite format 3\x00", "a SQLite database"),
    (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document (.xls, .doc)"),
    (rb"%PDF-", "a PDF document"),
    (rb"\{\\rtf", "an RTF document"),
    (rb"\x89PNG\r\n\x1a\n", "a PNG image"),
    (rb"\xff\xd8\xff", "a JPEG image"),
    (rb"GIF8[79]a", "a GIF image"),
    (rb"II\*\x00|MM\x00\*", "a TIFF image"),
    (rb"(?s:RIFF.{4}WEBP)", "a WebP image"),
    (rb"\x00(?s:.{3})ftyp", "a video or a HEIC image"),
    (rb"\x7fELF", "a program"),
    (rb"\s*<\?xml", "XML"),
    (rb"(?i:\s*<(?:!doctype html|html))", "an HTML page"),
)
_KNOWN = tuple((re.compile(pattern), name) for pattern, name in _SIGNATURES)


def kind_of(head: bytes) -> str | None:
    """Return what a file is whose first `HEAD_BYTES` are `head`; None for text and the unknown."""
    return next((name for pattern, name in _KNOWN if pattern.match(head)), None)
