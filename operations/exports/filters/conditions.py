"""What a filter is made of: comparisons of columns with literals, and, or, not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a literal is in the text of a filter."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    TIMESTAMP = "timestamp"


class Operator(StrEnum):
    """A comparison, as SQL writes it."""

    EQ = "="
    NE = "<>"
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="


@dataclass(frozen=True)
class Literal:
    """A value that stands in the filter: its text, without quotes."""

    kind: Kind
    text: str


@dataclass(frozen=True)
class Comparison:
    """A column compared with a literal."""

    column: str
    operator: Operator
    literal: Literal


@dataclass(frozen=True)
class OneOf:
    """A column that has one of some values."""

    column: str
    literals: tuple[Literal, ...]


@dataclass(frozen=True)
class Like:
    """A text that matches a pattern of % and _."""

    column: str
    pattern: str


@dataclass(frozen=True)
class IsNull:
    """A column without a value."""

    column: str


@dataclass(frozen=True)
class Not:
    """What a condition is false for."""

    part: Condition


@dataclass(frozen=True)
class Both:
    """Two conditions at once."""

    left: Condition
    right: Condition


@dataclass(frozen=True)
class Either:
    """One of two conditions, or both."""

    left: Condition
    right: Condition


Condition = Comparison | OneOf | Like | IsNull | Not | Both | Either
