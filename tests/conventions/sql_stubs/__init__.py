"""What the linter sees of macros that ask the lake: plain relations in their place."""

from collections.abc import Callable


def stream(relation: object) -> object:
    """Stand for the rows added to a relation."""
    return relation


def streams(relations: list[object]) -> list[object]:
    """Stand for the rows added to each of several relations."""
    return relations


def reads_changes_only(new_rows: object) -> bool:
    """Let the linter see what a model adds when it goes on from its own rows."""
    return bool(new_rows)


def changes_of(**models: list[str]) -> dict[str, str]:
    """Stand for the changed rows of each model by the model's own name."""
    return {name: name for name in models}


def affected_groups(caller: Callable[[], str]) -> str:
    """Stand for the query of the affected groups."""
    return caller()


def with_key(rows: object) -> object:
    """Stand for landed rows and the key made of them."""
    return rows


def is_usable() -> str:
    """Stand for the conjunction of a model's rules."""
    return "true"


def rejected_rows(source: str, table: str, rows: object) -> str:
    """Stand for the rejected rows of a table."""
    return f"select * from {rows} where '{source}.{table}' is not null"


def union_rejected(source: str, tables: list[str]) -> str:
    """Stand for the rejected rows of several tables."""
    return f"select * from {source} where '{' '.join(tables)}' is not null"
