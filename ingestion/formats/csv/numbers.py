"""Numbers with separators, such as 1.234,50: texts -> numbers, none of them guessed."""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.values.decimals import from_texts

SPACES = " \u00a0\u202f"  # whoever declares one of them means all


class SeparatedNumbers:
    """Reads numbers whose digits are parted as declared.

    A separator of thousands counts only where it parts groups of three, from the first digits to
    the decimal separator: 1.234 is one thousand and more, 1.23 and 0.123 are none.
    """

    def __init__(self, decimal: str, thousands: str) -> None:
        """Read numbers with these separators."""
        self._decimal = decimal
        self._thousands = f"[{re.escape(SPACES if thousands in SPACES else thousands)}]"
        grouped = rf"[1-9]\d{{0,2}}(?:{self._thousands}\d{{3}})+"
        whole = rf"^[+-]?(?:{grouped}|\d+)"
        fraction = rf"(?:{re.escape(decimal)}\d+)?(?:[eE][+-]?\d+)?$"
        self._patterns = {True: f"{whole}$", False: whole + fraction}

    def numbers(self, texts: pa.Array, declared: pa.DataType) -> pa.Array:
        """Return the numbers in the declared type. Raises ArrowInvalid where one does not fit."""
        fits, plain = self.without_separators(texts, declared)
        if pc.all(fits).as_py() not in (True, None):
            wrong = texts.filter(pc.invert(fits))[0].as_py().strip()
            raise pa.ArrowInvalid(f"{wrong!r} is no number with the separators declared")
        if pa.types.is_decimal(declared):
            return from_texts(plain, declared)
        return plain.cast(declared)

    def without_separators(
        self, texts: pa.Array, declared: pa.DataType
    ) -> tuple[pa.BooleanArray, pa.StringArray]:
        """Return which texts are parted as declared, and all of them in digits with a point."""
        texts = pc.ascii_trim_whitespace(texts)
        fits = pc.match_substring_regex(texts, self._patterns[pa.types.is_integer(declared)])
        texts = pc.replace_substring_regex(texts, self._thousands, "")
        texts = pc.replace_substring(texts, self._decimal, ".")
        return fits, pc.replace_substring_regex(texts, r"^\+", "")
