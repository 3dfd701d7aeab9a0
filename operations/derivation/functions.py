"""Which functions a query may call: all that are known to give the same value for the same row.

An unknown one could be an aggregate, or could give another value each time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from operations.derivation.names import words
from operations.derivation.refusals import NotDerivableError, refuse

if TYPE_CHECKING:
    from sqlglot import exp

# Of the names that sqlglot does not know, those of Spark's scalar functions.
SCALARS = words(
    """add_months aggregate array array_append array_compact array_contains array_distinct
    array_except array_intersect array_join array_max array_min array_position array_prepend
    array_remove array_repeat array_sort array_union arrays_overlap arrays_zip bin bit_count bit_get
    bround btrim cardinality char char_length character_length charindex conv convert_timezone
    crc32 date_from_unix_date date_part datepart dateadd dayname day element_at elt equal_null
    find_in_set forall format_number format_string get get_json_object hash hypot ifnull
    initcap instr isnan isnotnull isnull json_array_length json_object_keys locate make_date
    make_dt_interval make_interval make_timestamp make_ym_interval map_concat map_contains_key
    map_entries map_filter map_from_arrays map_zip_with mask monthname nanvl negative nvl nvl2
    overlay parse_url pmod positive printf regexp_count regexp_instr regexp_substr replace rint
    schema_of_json sequence shiftleft shiftright shiftrightunsigned signum slice split_part
    substr substring_index timestamp_micros timestamp_millis timestamp_seconds to_char
    to_timestamp_ltz to_timestamp_ntz to_unix_timestamp to_utc_timestamp transform_keys
    transform_values try_add try_divide try_element_at try_multiply try_subtract try_to_number
    try_to_timestamp unbase64 unix_date unix_micros unix_millis unix_seconds url_decode
    url_encode weekday width_bucket xxhash64 zip_with"""
)
# Names that sqlglot does not know and that are refused for what they are, not as unknown ones.
UNSTABLE_NAMES = words(
    """now curdate current_timezone input_file_name input_file_block_start
    input_file_block_length monotonically_increasing_id spark_partition_id random current_catalog
    getdate"""
)
UNSTABLE = words(
    """Rand Randn Randstr Uuid Uniform Normal Zipf Shuffle Seq1 Seq2 Seq4 Seq8 NextValueFor
    Localtime Localtimestamp SessionUser Systimestamp UtcDate UtcTime UtcTimestamp Generator"""
)
ODD = (
    *("AI", "ML", "Generate", "GapFill", "Read", "Current", "XMLTable", "JSONTable", "OpenJSON"),
    *("Features", "Predict", "Vector", "Search", "Secret", "Apply", "Columns", "Dynamic"),
    *("NetFunc", "SafeFunc", "Anonymous", "Combined", "Parameterized"),
    *("ApproxTopK", "ApproxPercentileC", "ApproxPercentileA"),
)
GENERATORS = frozenset(
    ["Explode", "_ExplodeOuter", "Inline", "Posexplode", "PosexplodeOuter", "Stack", "Unnest"]
)
UNSORTED = frozenset(["AnyValue", "First", "FirstValue", "Last", "LastValue"])


def check_functions(node: exp.Expr) -> None:
    """Raise NotDerivableError if an expression calls a function that is not known to be stable."""
    from sqlglot import exp

    for each in node.walk():
        if isinstance(each, exp.Func):
            fault = _fault(each)
            if fault:
                raise fault


def _fault(node: exp.Func) -> NotDerivableError | None:
    from sqlglot import exp

    kind = type(node).__name__
    if type(node) is exp.Anonymous:
        name = node.name.lower()
        if name in SCALARS:
            return None
        if name not in UNSTABLE_NAMES:
            return refuse(f"function {name}", node, "use functions of Spark, or rebuild the model")
    elif kind == "GenerateSeries" or (kind not in UNSTABLE and not kind.startswith(ODD)):
        return None
    shown = node.name if type(node) is exp.Anonymous else node.sql_name()
    return refuse(
        f"function {shown.lower()}", node, "give it as a column of a table or a var of the run"
    )


def is_generator(node: exp.Expr) -> bool:
    """Whether a node makes several rows of one."""
    return type(node).__name__ in GENERATORS


def warning_of(node: exp.Expr) -> str | None:
    """Return what may differ between two runs of a query, None for nothing."""
    from sqlglot import exp

    if type(node).__name__ in UNSORTED:
        return f"{type(node).__name__.lower()} takes whichever row comes first"
    if isinstance(node, exp.ArrayAgg | exp.ArrayUniqueAgg) and not _is_sorted(node):
        return "a collected list is in no order; wrap it in sort_array()"
    return None


def _is_sorted(node: exp.Expr) -> bool:
    from sqlglot import exp

    above = node.parent
    while isinstance(above, exp.Filter | exp.Distinct):
        above = above.parent
    return isinstance(above, exp.ArraySort) or node.find(exp.Order) is not None
