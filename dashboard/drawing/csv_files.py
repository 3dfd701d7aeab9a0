"""CSV that a spreadsheet opens safely: an Arrow table -> UTF-8 text with a header."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

# A spreadsheet takes a text that begins so for a formula, and may run it.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def to_csv(table: pa.Table) -> bytes:
    """Return the table as CSV; texts that a spreadsheet would run get an apostrophe in front."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([_safe(name) for name in table.column_names])
    writer.writerows([_safe(value) for value in row.values()] for row in table.to_pylist())
    return text.getvalue().encode()


def _safe(value: Any) -> Any:  # noqa: ANN401 - a value of any column
    is_formula = isinstance(value, str) and value.startswith(FORMULA_STARTS)
    return f"'{value}" if is_formula else value
