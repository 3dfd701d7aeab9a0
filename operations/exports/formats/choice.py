"""Which format `--format` names: its name -> what writes it."""

from operations.exports.formats.base import ExportFormat, FileFormat
from operations.exports.formats.csv import Csv
from operations.exports.formats.json import Json
from operations.exports.formats.parquet import Parquet
from operations.exports.formats.xlsx import Xlsx


def format_of(kind: ExportFormat, *, raw_text: bool = False) -> FileFormat:
    """Return what writes a format; `raw_text` leaves every text in CSV as it is."""
    match kind:
        case ExportFormat.CSV:
            return Csv(is_escaped=not raw_text)
        case ExportFormat.PARQUET:
            return Parquet()
        case ExportFormat.JSON:
            return Json()
        case ExportFormat.XLSX:
            return Xlsx()
