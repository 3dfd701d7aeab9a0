"""Incremental refresh derived from plain SQL: a query + what changed -> affected keys, their rows.

    SQL ─ parsing ─▶ plan ─ worlds ─▶ old and new plan ─ surplus ─▶ affected keys
                              └────── restriction ─▶ new rows of these keys ─ rendering ─▶ SQL

A plan is a tree of small steps (`plan.py`). Nothing here reads a table or knows an engine.
"""

from operations.derivation.contract import Derivation, NamedQuery, Upstream
from operations.derivation.deriving import derive, tables_of
from operations.derivation.refusals import NotDerivableError

__all__ = ["Derivation", "NamedQuery", "NotDerivableError", "Upstream", "derive", "tables_of"]
