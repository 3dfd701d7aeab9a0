{#-
    What a quarantine model holds: one row per landed row of these raw tables that broke a rule, and rule,
    each once. Reads what is new in the tables since the model's own last commit (see `streams`), so it
    stands in a model, and there once.

        {{ union_rejected('shop', ['customers', 'orders']) }}

    The rules are those of the tables' silver models (see `rejected_rows`).
-#}
{% macro union_rejected(source_name, table_names) -%}
    {%- set landed = [] -%}
    {%- for table_name in table_names -%}
        {%- do landed.append(source(source_name, table_name)) -%}
    {%- endfor -%}
    {%- set new_rows = streams(landed) -%}
    select distinct
        -- ids
        rejection_id,

        -- texts
        table_name,
        row_key,
        rule_name,
        reason,
        row_json,
        _load_id,

        -- times
        _ingested_at
    from (
        {%- for table_name in table_names %}
        {{ rejected_rows(source_name, table_name, new_rows[loop.index0]) }}
        {%- if not loop.last %}
        union all
        {%- endif %}
        {%- endfor %}
    )
{%- endmacro %}
