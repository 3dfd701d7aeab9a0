"""A drafted column as dbt writes it, and what to review of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ingestion.declarations.draft import UNDESCRIBED, looks_personal
from ingestion.formats.drafting.inference import TEXT, Guess


def drafted_column(
    name: str, origin: tuple[str, ...], guess: Guess, *, is_key: bool, remark: Callable[..., None]
) -> dict[str, Any]:
    """Return a column, whose values stand at `origin`; `remark` is told what to review of it."""
    declared: dict[str, Any] = {
        "name": name,
        "description": UNDESCRIBED,
        "data_type": guess.data_type,
    }
    meta = _meta(name, origin, guess)
    if is_key:
        declared["data_tests"] = ["not_null"]
    elif looks_personal(name) and guess == TEXT:
        meta["personal_data"] = "token"
        remark("looks personal: token, drop, or neither?", name)
    if meta:
        declared["config"] = {"meta": meta}
    return declared


def misfits(reasons: Sequence[str], origins: Mapping[str, str]) -> set[str]:
    """Return the columns that reasons begin with, by name, or by what `origins` say of it."""
    found = set()
    for name, origin in origins.items():
        heads = tuple(f"{head}{mark}" for head in {name, origin} for mark in (":", " "))
        if any(reason.startswith(heads) or f"({origin})" in reason for reason in reasons):
            found.add(name)
    return found


def _meta(name: str, origin: tuple[str, ...], guess: Guess) -> dict[str, Any]:
    meta: dict[str, Any] = {}
    if origin != (name,):
        has_dots = any("." in part for part in origin)
        meta["path"] = list(origin) if has_dots else ".".join(origin)
    if guess.as_json:
        meta["as"] = "json"
    if guess.truncate:
        meta["truncate"] = True
    return meta
