"""A first declaration for people to review: what a connector found -> YAML for models/raw/."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from ingestion.declarations.model import IDENTIFIER
from lake.errors import ConfigurationError

UNDESCRIBED = "To be described."
JINJA_NAME = "its name is Jinja to dbt"
PERSONAL_WORDS = {
    "email",
    "mail",
    "phone",
    "mobile",
    "fax",
    "surname",
    "lastname",
    "firstname",
    "birthday",
    "birthdate",
    "iban",
    "ssn",
    "passport",
    "street",
    "ip",
}
PERSONAL_NAMES = {"full_name", "first_name", "last_name", "birth_date", "date_of_birth", "address"}
_JINJA = re.compile(r"\{[{%#]")


@dataclass(frozen=True)
class Draft:
    """What a connector found: its own block of the source, tables as dbt writes them, remarks.

    Remarks say what to review.
    """

    ingestion: dict[str, Any]
    tables: list[dict[str, Any]]
    remarks: Sequence[str] = ()


def as_yaml(name: str, draft: Draft) -> str:
    """Return the text of models/raw/`name`.yml, the remarks as comments at its top."""
    source = {
        "name": name,
        "description": UNDESCRIBED,
        "schema": f"raw_{name}",
        "config": {
            "loaded_at_field": "_ingested_at",
            "freshness": {"warn_after": {"count": 1, "period": "day"}},
            "meta": {"ingestion": {**draft.ingestion, "new_columns": "rescue"}},
        },
        "tables": draft.tables,
    }
    header = ["A draft. Review keys, cursors and personal data.", *draft.remarks]
    comment = "".join(f"# {_in_one_line(line)}\n" for line in header)
    return comment + yaml.dump(
        {"sources": [source]},
        Dumper=_IndentedDumper,
        sort_keys=False,
        allow_unicode=True,
        width=100,
    )


def _in_one_line(text: str) -> str:
    words = " ".join(text.split())
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in words)


def has_jinja(text: str) -> bool:
    """Whether dbt would read a part of the text as Jinja."""
    return _JINJA.search(text) is not None


def looks_personal(name: str) -> bool:
    """Whether a column of this name is likely to hold personal data."""
    return name in PERSONAL_NAMES or bool(PERSONAL_WORDS & set(name.split("_")))


def description(text: str | None) -> str:
    """Return a comment of the database as a description that dbt shows as it is."""
    return _JINJA.sub(lambda found: f"{{{{ '{found[0]}' }}}}", text) if text else UNDESCRIBED


def require_identifier(text: str) -> str:
    """Return `text`. Raises ConfigurationError when it is no identifier."""
    if not IDENTIFIER.fullmatch(text):
        raise ConfigurationError(
            f"{text!r} is not an identifier", "use a name such as crm: [a-z_][a-z0-9_]*"
        )
    return text


class _IndentedDumper(yaml.SafeDumper):
    """Indents lists below their key."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, False)
