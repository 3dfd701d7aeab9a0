"""What a format has to know of a raw table: its columns, how CSV is written, the longest row."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import ByteSize, Field

from ingestion.declarations.model import Finding, PersonalData, TableDeclaration
from ingestion.formats.csv_options import CsvOptions

# Of CSV and JSON. The greatest one still fits the 32-bit offsets of what is read at once.
DEFAULT_ROW_SIZE = ByteSize(16 * 1024 * 1024)
RowSize = Annotated[ByteSize, Field(ge=1024, le=1024 * 1024 * 1024)]

# What is packed normally grows some twenty times; gzip can make a thousand times of it.
DEFAULT_EXPANSION = 200
Expansion = Annotated[int, Field(ge=1)]


class FormattedTable(TableDeclaration):
    """A raw table whose rows are written in one of the formats."""

    csv: CsvOptions = CsvOptions()
    max_row_size: ByteSize = DEFAULT_ROW_SIZE
    max_expansion: Expansion = DEFAULT_EXPANSION


def check_columns(table: FormattedTable) -> Iterator[Finding]:
    """Yield what contradicts itself: two columns of one place, or within another; policies."""
    origins = {column.origin: column.name for column in reversed(table.columns)}
    for column in table.columns:
        wider = (column.origin[:length] for length in range(1, len(column.origin) + 1))
        for place in wider:
            other = origins.get(place, column.name)
            if other != column.name:
                yield (), f"columns {other} and {column.name} are both read from {'.'.join(place)}"
        if column.truncate and column.data_type.name not in ("timestamp", "timestamp_ntz"):
            yield (), f"column {column.name}: truncate is of times, declared {column.data_type}"
        if column.infinity:
            yield (
                (),
                f"column {column.name}: infinity is of a database's times",
            )
        if column.personal_data is PersonalData.TOKEN and column.data_type.name != "string":
            yield (), f"column {column.name}: a token is a string, declared {column.data_type}"
