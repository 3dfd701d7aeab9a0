"""What is remembered of a process that stays: its id and start <-> a file only its owner reads."""

from pathlib import Path
from typing import Self

import psutil
from pydantic import BaseModel, ValidationError


class ProcessRecord(BaseModel):
    """A process, known by its id and its start (seconds of the system's clock)."""

    pid: int
    created: float

    @classmethod
    def load(cls, file: Path) -> Self | None:
        """Read the record, None when there is none that can be read."""
        try:
            return cls.model_validate_json(file.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValidationError):
            return None

    def save(self, file: Path) -> None:
        """Write the record (mode 0600), whole or not at all."""
        unfinished = file.with_suffix(".new")
        unfinished.touch(mode=0o600)
        unfinished.write_text(self.model_dump_json(indent=2), encoding="utf-8")
        unfinished.replace(file)

    def process(self) -> psutil.Process | None:
        """Return the living process, None when it ended, whoever may have its id now."""
        try:
            process = psutil.Process(self.pid)
            is_it = abs(process.create_time() - self.created) < 1
            return process if is_it and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            return None
