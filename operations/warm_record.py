"""What is remembered of a warm Spark: process, port, settings <-> a file only its owner reads."""

import re
from collections.abc import Mapping
from pathlib import Path

import psutil
from pydantic import BaseModel, ValidationError

_SECRET = re.compile(r"(?i)secret|password|token|credential|access[.-]?key")


class WarmRecord(BaseModel):
    """The process of a warm Spark, known by its id and its start, and what it was started with."""

    pid: int
    created: float
    port: int
    parameters: dict[str, str]

    @classmethod
    def load(cls, file: Path) -> "WarmRecord | None":
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


def changed_settings(record: WarmRecord, parameters: Mapping[str, str], port: int) -> list[str]:
    """Return in words each setting that is another one now than when the process was started."""
    before = record.parameters | {"port": str(record.port)}
    now = {**parameters, "port": str(port)}
    return [
        f"{name} was {_shown(name, before)}, is {_shown(name, now)}"
        for name in sorted(before.keys() | now.keys())
        if before.get(name) != now.get(name)
    ]


def _shown(name: str, settings: Mapping[str, str]) -> str:
    if name not in settings:
        return "not set"
    return "another" if _SECRET.search(name) else repr(settings[name])
