"""PostgreSQL's words in the suite's fixtures -> Spark's; what a test asks stays as it is."""

import re

TYPES = (
    (r"timestamp with(?:out)? time zone|timestamptz", "timestamp"),
    (r"character varying(?:\(\d+\))?|varchar(?!\()|text|json", "string"),
    (r"double precision", "double"),
    (r"integer", "int"),
)
BEFORE_A_TYPE = r"(?:::|\bas |\btype: |\bdata_type: |^\s*[\"\w]+ +|[(,]\s*[\"\w]+ +)"
OTHERS = (
    ("{{ target.database }}.", ""),
    ("{{target.database}}.", ""),
    ("varchar(200) default null", "string"),
    ("vacuum {{", "refresh table {{"),
    ("set session time zone", "set time zone"),
    ("current_setting('timezone')", "current_timezone()"),
    ("interval '1 hour'", "interval 1 hour"),
    ("interval '1 day'", "interval 1 day"),
    ("'09/01/2023'", "'2023-09-01'"),
    ("'09/12/2023'", "'2023-09-12'"),
    ('as "GROUP"', "as `GROUP`"),
)
QUOTED_NAME = re.compile(r'"(\w+)"')
NO_DATABASE = re.compile("`?None`?[.]")
TIME = re.compile(r"'\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d:\d\d(?:\.\d+)?)?'")
END_OF_STATEMENT = re.compile(r";[ \t]*(?:--[^\n]*)?(?:\n|$)")


def translated(text: str) -> str:
    """Return SQL or YAML with PostgreSQL's names of types and functions replaced by Spark's."""
    for name, ours in TYPES:
        place = rf"({BEFORE_A_TYPE})(?:{name})\b"
        text = re.sub(place, rf"\1{ours}", text, flags=re.IGNORECASE | re.MULTILINE)
    for theirs, ours in OTHERS:
        text = text.replace(theirs, ours)
    return text


def statements(sql: str) -> list[str]:
    """Return the statements of a script: Spark takes one at a time, and no text for a time."""
    text = NO_DATABASE.sub("", QUOTED_NAME.sub(r"`\1`", translated(sql)))
    text = TIME.sub(lambda found: ("timestamp" if ":" in found[0] else "date") + found[0], text)
    return [part for part in END_OF_STATEMENT.split(text) if part.strip()]
