"""CSV that a spreadsheet opens safely: an Arrow table -> UTF-8 text with a header."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from operations.exports.formats.formulas import escaped

if TYPE_CHECKING:
    import pyarrow as pa


def to_csv(table: pa.Table) -> bytes:
    """Return the table as CSV; texts that a spreadsheet would run get an apostrophe in front."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([_safe(name) for name in table.column_names])
    writer.writerows([_safe(value) for value in row.values()] for row in table.to_pylist())
    return text.getvalue().encode()


def _safe(value: Any) -> Any:  # noqa: ANN401 - a value of any column
    return escaped(value) if isinstance(value, str) else value
