"""What a format has to know of a raw table: its columns, how CSV is written, the longest row."""

from typing import Annotated

from pydantic import ByteSize, Field

from ingestion.declarations.model import TableDeclaration
from ingestion.formats.csv_options import CsvOptions

# Of CSV and JSON. The greatest one still fits the 32-bit offsets of what is read at once.
DEFAULT_ROW_SIZE = ByteSize(16 * 1024 * 1024)
RowSize = Annotated[ByteSize, Field(ge=1024, le=1024 * 1024 * 1024)]


class FormattedTable(TableDeclaration):
    """A raw table whose rows are written in one of the formats."""

    csv: CsvOptions = CsvOptions()
    max_row_size: ByteSize = DEFAULT_ROW_SIZE
