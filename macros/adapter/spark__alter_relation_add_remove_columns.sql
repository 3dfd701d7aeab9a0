{#-
    Columns added and, on Iceberg, dropped.

    Defect: `on_schema_change: sync_all_columns` stops with "Iceberg does not support dropping columns from tables",
    which Iceberg does (P5).
    Upstream: dbt-adapters#467 (open).
    Repair: DROP COLUMNS; other formats as dbt-spark has it.

        {{ config(on_schema_change='sync_all_columns') }}
-#}
{% macro spark__alter_relation_add_remove_columns(relation, add_columns, remove_columns) %}
    {%- if remove_columns and config.get('file_format') != 'iceberg' -%}
        {%- do exceptions.raise_compiler_error(relation.render() ~ ': only columns of Iceberg tables can be dropped.') -%}
    {%- endif -%}
    {%- if add_columns -%}
        {%- set added = [] -%}
        {%- for column in add_columns -%}
            {%- do added.append(column.quoted ~ ' ' ~ column.data_type) -%}
        {%- endfor -%}
        {%- do run_query('alter ' ~ (relation.type or 'table') ~ ' ' ~ relation.render() ~ ' add columns ' ~ added | join(', ')) -%}
    {%- endif -%}
    {%- if remove_columns -%}
        {%- do run_query(
            'alter table ' ~ relation.render() ~ ' drop columns ' ~ remove_columns | map(attribute='quoted') | join(', ')
        ) -%}
    {%- endif -%}
{% endmacro %}
