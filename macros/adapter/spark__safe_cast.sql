{#-
    A cast that gives NULL for what does not fit.

    Defect: dbt-spark's is a plain cast, an error under ANSI, while dbt promises NULL; without ANSI a number that is
    too large wraps around.
    Upstream: no report found. Repair: try_cast. Fixtures of unit tests, which dbt casts by it too, stay strict
    (see `format_row`).

        {{ dbt.safe_cast("'x'", api.Column.translate_type('int')) }}    -- null
-#}
{% macro spark__safe_cast(field, type) -%}
    try_cast({{ field }} as {{ type }})
{%- endmacro %}
