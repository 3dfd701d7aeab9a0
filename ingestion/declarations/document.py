"""A YAML file with its line numbers: text -> tree of located values, or all syntax mistakes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True, order=True)
class Mistake:
    """One thing wrong in a declaration, at a line (from 1) of a file."""

    file: Path
    line: int
    message: str

    def __str__(self) -> str:
        """Return `file:line: message`."""
        return f"{self.file}:{self.line}: {self.message}"


@dataclass(frozen=True)
class Located:
    """A YAML value (scalar, list or mapping of Located) and the line it starts at."""

    value: Any
    line: int

    def get(self, *path: str) -> Located | None:
        """Return what lies at `path` below a mapping, or None when a part of it is missing."""
        here: Located | None = self
        for key in path:
            if here is None or not isinstance(here.value, dict):
                return None
            here = here.value.get(key)
        return here

    def items(self) -> list[Located]:
        """Return the items of a list; none for anything else."""
        return self.value if isinstance(self.value, list) else []

    def text(self, key: str) -> str:
        """Return the scalar at `key` as text, empty when it is missing."""
        found = self.get(key)
        return "" if found is None or found.value is None else str(found.value)

    def plain(self) -> object:
        """Return the value without lines, as YAML's own types."""
        if isinstance(self.value, dict):
            return {key: item.plain() for key, item in self.value.items()}
        if isinstance(self.value, list):
            return [item.plain() for item in self.value]
        return self.value

    def line_of(self, path: tuple[int | str, ...]) -> int:
        """Return the line of what lies at `path`, or of the last part of it that exists."""
        line, here = self.line, self.value
        for part in path:
            try:
                found = here[part]
            except (KeyError, IndexError, TypeError):
                break
            line, here = found.line, found.value
        return line


def read_document(file: Path) -> tuple[Located | None, list[Mistake]]:
    """Parse `file`; return its content (None if it is no YAML at all) and what is wrong with it."""
    loader = yaml.CSafeLoader(file.read_bytes())
    mistakes: list[Mistake] = []
    try:
        node = loader.get_single_node()
        if node is None:
            return None, [Mistake(file, 1, "the file is empty")]
        return _Locator(file, loader, mistakes).locate(node), mistakes
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        return None, [Mistake(file, line, f"no valid YAML: {error.problem}")]
    except yaml.YAMLError as error:
        return None, [Mistake(file, 1, f"no valid YAML: {error}")]
    finally:
        loader.dispose()


class _Locator:
    """Turns PyYAML's nodes into Located values and notes every key that stands twice."""

    def __init__(self, file: Path, loader: yaml.CSafeLoader, mistakes: list[Mistake]) -> None:
        self._file = file
        self._loader = loader
        self._mistakes = mistakes

    def locate(self, node: yaml.Node) -> Located:
        line = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            return Located(dict(self._entries(node)), line)
        if isinstance(node, yaml.SequenceNode):
            return Located([self.locate(item) for item in node.value], line)
        return Located(self._loader.construct_object(node), line)

    def _entries(self, node: yaml.MappingNode) -> Iterator[tuple[str, Located]]:
        seen: set[str] = set()
        for key, _ in node.value:
            if str(key.value) in seen:
                line = key.start_mark.line + 1
                self._mistakes.append(Mistake(self._file, line, f"{key.value!r} stands twice"))
            seen.add(str(key.value))
        self._loader.flatten_mapping(node)
        for key, value in node.value:
            located = self.locate(value)
            yield str(key.value), Located(located.value, key.start_mark.line + 1)
