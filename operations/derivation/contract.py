"""What goes in and out of a derivation: upstream tables -> texts of SQL."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Upstream:
    """A table the query reads. The four texts stand in FROM: `gold.x version as of 12`, `v_ins`.

    `inserted` and `deleted` may hold more than what changed, never less; None where no row did.
    Without `old`, the table has not changed.
    """

    columns: tuple[str, ...]
    now: str
    old: str | None = None
    inserted: str | None = None
    deleted: str | None = None

    @property
    def is_changed(self) -> bool:
        """Whether it may hold other rows than at the last refresh."""
        return self.old is not None


@dataclass(frozen=True)
class NamedQuery:
    """A part of a query that others read by its name; with `has_few_rows` only what changed."""

    name: str
    sql: str
    has_few_rows: bool = False


@dataclass(frozen=True)
class Script:
    """A query in parts: `views` in order, each reading only those before it, then the `query`."""

    views: tuple[NamedQuery, ...]
    query: str


@dataclass(frozen=True)
class Derivation:
    """Queries of one refresh. All rows of the table whose key is affected are replaced.

    `key`: output columns by which rows are replaced, of the unique key. `affected`: the keys that a
    change can reach. `restricted`: the new rows whose key is in the affected relation. `full`: all
    new rows. `warnings`: what may differ between two runs of the same query. The same in parts for
    an engine that does better with small queries: `affected_script`, then `restricted_script`,
    which reads views of the first, too; names of views begin with that of the affected relation.
    """

    key: tuple[str, ...]
    affected: str
    restricted: str
    full: str
    affected_script: Script
    restricted_script: Script
    warnings: tuple[str, ...] = ()
