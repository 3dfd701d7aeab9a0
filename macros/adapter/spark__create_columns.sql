{#-
    Columns of a snapshot's query that its table has not yet, and no others.

    Defect: dbt-spark leaves its helper column `dbt_unique_key` out, but not those of a `unique_key` of several columns:
    `dbt_unique_key_1`, `dbt_unique_key_2` and so on become columns of the table, and the next run stops with
    AMBIGUOUS_REFERENCE.
    Upstream: dbt-adapters#2101 (open). Repair: leave them out too. A table that has them already needs
    `alter table … drop columns (dbt_unique_key_1, dbt_unique_key_2)` once.

        {{ config(unique_key=['id', 'grp'], strategy='check', check_cols='all') }}
-#}
{% macro spark__create_columns(relation, columns) %}
    {%- set added = [] -%}
    {%- for column in columns if not _is_snapshot_helper(column.name) -%}
        {%- do added.append(adapter.quote(column.name) ~ ' ' ~ column.data_type) -%}
    {%- endfor -%}
    {%- if added -%}
        {%- do run_query('alter table ' ~ relation.render() ~ ' add columns (' ~ added | join(', ') ~ ')') -%}
    {%- endif -%}
{% endmacro %}


{%- macro _is_snapshot_helper(name) -%}
    {{ return(modules.re.fullmatch('dbt_(unique_key_\\d+|deleted_at)', name | lower) is not none) }}
{%- endmacro -%}
