"""Texts that a spreadsheet would run as formulas: their first character -> an apostrophe before.

The characters are those that OWASP lists for CSV injection. A text that has apostrophes before one
of them gets one more, so that taking one away always gives the text itself.
"""

import re

# NUL, tab, line feed and carriage return, which spreadsheets pass over; = + - @, their wide forms.
STARTS = "=+@\\x00\\t\\n\\r\uff1d\uff0b\uff0d\uff20-"
PATTERN = f"^'*[{STARTS}]"
_FORMULA = re.compile(PATTERN)


def is_formula(text: str) -> bool:
    """Whether a spreadsheet may take the text for a formula, or for one that is escaped."""
    return _FORMULA.match(text) is not None


def escaped(text: str) -> str:
    """Return the text as a cell of CSV may hold it."""
    return f"'{text}" if is_formula(text) else text


def escaped_sql(text: str) -> str:
    """Return the SQL of `escaped`, for the SQL of a text."""
    pattern = PATTERN.replace("'", "''")
    return f"case when regexp_matches({text}, '{pattern}') then '''' || {text} else {text} end"
