"""Which files are one table: names and formats -> groups, each with the pattern of its names."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from ingestion.connectors.files.declaration import FileFormat
from ingestion.connectors.files.storage.base import matches

# What tells the files of one table apart: dates, numbers, hashes, from the first digit on.
_VARYING = re.compile(r"[-_. ]*(?:\d|[0-9a-f]{8}-).*$")
_OWN_PART = re.compile(r"^[^=*?\[\]]+$")


@dataclass(frozen=True)
class FileGroup:
    """Files that look like one table: its name, the pattern that finds them and no others."""

    name: str
    pattern: str
    format: FileFormat
    files: tuple[str, ...]


def file_groups(formats: Mapping[str, FileFormat]) -> tuple[list[FileGroup], list[str]]:
    """Return the tables that files of known formats make, and the names that make none.

    Files of a folder are one table where their names differ in dates and numbers alone; those of
    folders below it (of days, say) belong to them.
    """
    places: dict[tuple[str, int, str, FileFormat, str], list[str]] = defaultdict(list)
    stems: dict[str, set[str]] = defaultdict(set)
    for name in formats:
        stems[name.partition("/")[0]].add(_stem(name).lower())
    for name, kind in sorted(formats.items()):
        parts = name.split("/")
        is_one_name = len(parts) > 1 and len(stems[parts[0]]) == 1
        own, ending = "" if is_one_name else _stem(name), _split(parts[-1])[1]
        places[parts[0] if len(parts) > 1 else "", len(parts), own, kind, ending].append(name)
    groups, left = [], []
    for (folder, depth, stem, kind, _), names in places.items():
        pattern = next(
            (p for p in _patterns(folder, depth, stem, names) if _finds(p, formats) == set(names)),
            None,
        )
        if pattern is None:
            left += names
            continue
        named = "_".join(part for part in (folder, stem) if part) or "files"
        groups.append(FileGroup(named, pattern, kind, tuple(names)))
    return groups, left


def _stem(name: str) -> str:
    """Return a file's own name without its endings and what varies."""
    return _VARYING.sub("", _split(name.rpartition("/")[2])[0])


def _patterns(folder: str, depth: int, stem: str, names: list[str]) -> Iterator[str]:
    """Yield patterns of names, the widest first."""
    between = ["*"] * max(depth - 2, 0)
    head = [folder] if folder else []
    if head and not _OWN_PART.match(folder):
        head = ["*"]
    endings = {_split(PurePosixPath(name).name)[1] for name in names}
    ending = endings.pop() if len(endings) == 1 else ""
    starts = [stem] if stem else [""]
    rests = {_split(PurePosixPath(name).name)[0][len(stem) :] for name in names}
    starts += [stem + mark for mark in {rest[:1] for rest in rests} if len(rests) > 1 and mark]
    for start in starts:
        for last in dict.fromkeys((f"{start}*", f"{start}*{ending}", f"{start}?*{ending}")):
            yield "/".join([*head, *between, last])
    if len(names) == 1 and not re.search(r"[*?\[\]]", names[0]):
        yield names[0]


def _finds(pattern: str, names: Collection[str]) -> set[str]:
    return {name for name in names if matches(name, pattern)}


def _split(file: str) -> tuple[str, str]:
    """Part a file's name from its endings: `a.csv.gz` is `a` and `.csv.gz`."""
    stem, mark, ending = file.partition(".")
    while ending and not re.fullmatch(r"[A-Za-z][A-Za-z0-9]*(?:\.[A-Za-z0-9]+)?", ending):
        more, mark, ending = ending.partition(".")
        stem = f"{stem}.{more}"
    return stem, f".{ending}" if mark and ending else ""
