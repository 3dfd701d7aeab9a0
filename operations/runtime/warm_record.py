"""What is remembered of a warm Spark: its process, its port and what it was started with."""

import re
from collections.abc import Mapping

from lake.process_record import ProcessRecord

_SECRET = re.compile(r"(?i)secret|password|token|credential|access[.-]?key")


class WarmRecord(ProcessRecord):
    """The process of a warm Spark, and what it was started with."""

    port: int
    parameters: dict[str, str]


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
