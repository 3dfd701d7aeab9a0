"""Small files that are parsed as one: their blocks -> one batch, or None where one is unusual.

To parse a file costs some hundred microseconds whatever is in it. So blocks of the same form are
joined; where anything in them is not as it mostly is, each file is parsed by itself.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

from ingestion.connectors.batches import Batch
from ingestion.connectors.files.new_files import NewFile
from ingestion.connectors.files.rows import FileRows
from ingestion.formats.base import Format
from ingestion.formats.chunks import Block

JOINED_FILES = 500
JOINED_BYTES = 1024 * 1024


@dataclass
class SmallFiles:
    """Files of one or a few rows each, in the order in which they are landed."""

    files: list[NewFile] = field(default_factory=list)
    forms: list[Format[Any]] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    _kind: str = ""
    _bytes: int = 0

    @property
    def is_full(self) -> bool:
        """Whether so much is gathered that more would gain nothing."""
        return len(self.files) >= JOINED_FILES or self._bytes >= JOINED_BYTES

    def take(self, file: NewFile, form: Format[Any], blocks: list[Any]) -> bool:
        """Take a whole file, if its rows can be parsed with those of the others."""
        joinable = form.joinable(blocks[0]) if len(blocks) == 1 else None
        if joinable is None or (self.files and joinable[0] != self._kind):
            return False
        self._kind, count = joinable
        self.files.append(file)
        self.forms.append(form)
        self.blocks.append(blocks[0])
        self.counts.append(count)
        self._bytes += len(blocks[0].data)
        return True

    def parsed(self, rows: FileRows) -> Batch | None:
        """Return the rows of all files, None unless every one of them can be landed."""
        form = copy.copy(self.forms[0])
        try:
            together = form.parse(Block(b"".join([block.data for block in self.blocks])))
        except Exception:  # noqa: BLE001 - each file is parsed by itself then, and pays for itself
            return None
        if together.bad or together.rows.num_rows != sum(self.counts):
            return None
        return rows.batch_of_several(self.files, self.counts, together)
