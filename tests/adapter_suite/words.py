"""PostgreSQL's words in the suite's fixtures -> Spark's, and nothing else of them changed."""

import re

TYPES = {
    "timestamp without time zone": "timestamp",
    "timestamptz": "timestamp",
    "double precision": "double",
    r"varchar\(\d+\)": "string",
    "varchar": "string",
    "text": "string",
    "real": "float",
    "serial": "int",
}
CAST = re.compile(r"('[^']*'|[\w.]+)::([a-z_]+(?: precision)?(?:\(\d+\))?)", re.IGNORECASE)
DATABASE = re.compile(r"(?:\{\{ *target\.database *\}\}|\{database\}|\bNone)\.")
PHRASES = (
    (re.compile(r"set session time zone 'Asia/Kolkata'"), "set time zone 'UTC'"),
    (re.compile(r"current_setting\('timezone'\)"), "current_timezone()"),
    (re.compile(r"'(\d\d)/(\d\d)/(\d{4})'"), r"'\3-\1-\2'"),  # days in the order of month, day
    (re.compile(r"(\d\d:\d\d:\d\d)-0'"), r"\1'"),  # UTC
    (re.compile(r"\bvacuum\b"), "refresh table"),
    (re.compile(r"(add column \w+ \w+(?:\(\d+\))?) default (?:null|'[^']*')"), r"\1"),
)  # fmt: skip
TIME = re.compile(r"(?<!TIMESTAMP )'(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)'")
DATE = re.compile(r"'(\d{4}-\d\d-\d\d)'")
QUOTED = re.compile(r'"(\w+)"')
STATEMENT_END = re.compile(r";[ \t]*(?:\n|$)")


def in_spark_words(text: str) -> str:
    """Return SQL or YAML of a fixture with casts, types and names of databases as in Spark."""
    text = CAST.sub(r"cast(\1 as \2)", DATABASE.sub("", text))
    for pattern, phrase in PHRASES:
        text = pattern.sub(phrase, text)
    for name, type_ in TYPES.items():
        text = re.sub(rf"(?<![\w-]){name}(?![\w-])", type_, text, flags=re.IGNORECASE)
    return text


def statements(sql: str) -> list[str]:
    """Return the statements of a script, in Spark's words; names are quoted by backticks.

    Times among the rows of an INSERT have a type: PostgreSQL takes that of the column.
    """
    text = QUOTED.sub(r"`\1`", in_spark_words(sql))
    if re.search(r"^\s*insert into", text, re.IGNORECASE | re.MULTILINE):
        text = TIME.sub(r"timestamp '\1'", DATE.sub(r"date '\1'", text))
    found = STATEMENT_END.split(text)
    return [statement for statement in found if re.sub(r"--.*", "", statement).strip()]
