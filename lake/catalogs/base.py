"""What Firn asks of a catalog: a table's name -> its metadata pointer, changed if as expected."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from lake.errors import ConflictError

if TYPE_CHECKING:
    from pyiceberg.catalog import Catalog

CATALOG = "lake"
BUSY_TIMEOUT_SECONDS = 60
WAITING_LOG = "firn.waiting"  # the logger of what is waited for, which commands print as notes
Identifier = tuple[str, str]


@dataclass(frozen=True)
class Pointer:
    """A table's row in the catalog: its newest metadata file and the one before; views have none.

    A row can be there without a file: then nobody can open the table, and `fault` is what the
    catalog said of it, if anything. `document` is what the file says, if the catalog tells that.
    """

    metadata: str | None
    previous: str | None = None
    is_view: bool = False
    fault: str | None = field(default=None, compare=False)
    document: dict[str, Any] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class PointerChange:
    """A table that shall have another metadata file: `expected` is the one it was read with.

    `expected=None` adds a table, which must not be there yet.
    """

    identifier: Identifier
    expected: str | None
    metadata: str


@dataclass(frozen=True)
class MetadataChange:
    """What a table's metadata said in the file `expected`, and what it shall say next.

    `written` is the file that says so, empty for a catalog that writes it itself.
    """

    identifier: Identifier
    expected: str
    before: Mapping[str, Any] = field(repr=False)
    after: Mapping[str, Any] = field(repr=False)
    written: str


class PointerConflictError(ConflictError):
    """Tables have another metadata file than expected: `moved` names them, nothing was changed."""

    def __init__(self, catalog: str, moved: Sequence[Identifier]) -> None:
        """Name the tables and the catalog they are in."""
        self.moved = tuple(moved)
        names = ", ".join(".".join(identifier) for identifier in self.moved)
        super().__init__(
            f"{names} in the catalog {catalog} changed since it was read; nothing was committed",
            "run the same command again",
        )


class CatalogBackend(Protocol):
    """The place that holds the metadata pointers of the lake's tables and views.

    Every method but `label` raises EnvironmentFault, naming the catalog by its label, when the
    catalog cannot be reached or read.
    """

    @property
    def label(self) -> str:
        """Where the catalog is, for messages; never a secret."""
        ...

    @property
    def file(self) -> Path | None:
        """The catalog's file, None where it is a server."""
        ...

    def pointers(self) -> dict[Identifier, Pointer]:
        """Return the pointers of all tables and views in one query; none without a catalog yet."""
        ...

    def pointer(self, identifier: Identifier) -> Pointer | None:
        """Return one table's or view's pointer, None when the catalog has no such name."""
        ...

    @property
    def writes_metadata(self) -> bool:
        """Whether the catalog writes metadata files itself, and only takes what changes in them."""
        ...

    def require_writable(self) -> None:
        """Raise EnvironmentFault when it takes no commit, as far as that is known without one."""
        ...

    def require_transactions(self) -> None:
        """Raise EnvironmentFault when it cannot commit several tables at once."""
        ...

    def commit(self, changes: Sequence[MetadataChange]) -> None:
        """Make all changes at once, or none of them.

        Raises PointerConflictError with every table that is not as expected.
        """
        ...

    def repair(self, identifier: Identifier, known: Pointer, metadata: str | None) -> bool:
        """Let a table's row name another metadata file, or take the row away for `metadata=None`.

        Only for a table that cannot be opened, which no engine can change or drop. False when the
        row is not as `known` says any more: another process changed it.
        """
        ...

    @property
    def has_drop_log(self) -> bool:
        """Whether the catalog can keep a log of what is dropped."""
        ...

    def drops(self) -> frozenset[str] | None:
        """Return the newest metadata files of what was dropped, None where no log was begun.

        What one statement took away together is not in it: engines drop table by table.
        """
        ...

    def begin_drop_log(self, kept: Collection[str] = ()) -> None:
        """Let the catalog log every drop from now on, and take these metadata files for dropped."""
        ...

    def register(
        self, identifier: Identifier, known: Pointer | None, metadata: str, *, is_view: bool
    ) -> bool:
        """Let a name stand for a metadata file that is there already.

        `known` is the pointer that the name has, None where it is new. False when that has changed
        meanwhile. Raises ConfigurationError for what the catalog cannot register.
        """
        ...

    def copy_to(self, file: Path) -> bool:
        """Write a copy of the catalog to a file; False where its server has to be backed up.

        It may be written to meanwhile: the copy is of one moment.
        """
        ...

    def open(self, properties: Mapping[str, str]) -> Catalog:
        """Return the pyiceberg catalog, its tables made when missing.

        `properties` are the warehouse and what its files are read with.
        """
        ...
