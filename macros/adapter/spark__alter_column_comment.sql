{#-
    Comments of columns, in one statement and only where they changed.

    Defect: dbt-spark sends one ALTER TABLE per column at each run. On Iceberg each is a commit of its own
    with a new metadata file, so `persist_docs` on a table of twenty columns made twenty versions at
    the first run; and its escaping leaves a backslash before a quote to end the text.
    Upstream: not reported for Iceberg; for Databricks' adapter, as slowness: dbt-databricks#507, #845.
    Repair: compare with DESCRIBE, then one ALTER COLUMN with all that differ.

        {{ config(persist_docs={'relation': true, 'columns': true}) }}
-#}
{% macro spark__alter_column_comment(relation, column_dict) %}
    {%- set present = _column_comments(relation) if execute else {} -%}
    {%- set changes = [] -%}
    {%- for name, column in column_dict.items() if (column.description or '') != present.get(name | lower, '') -%}
        {%- set quoted = adapter.quote(name) if column.quote else name -%}
        {%- do changes.append(quoted ~ ' comment ' ~ _text_literal(column.description or '')) -%}
    {%- endfor -%}
    {%- if changes -%}
        {%- do run_query('alter table ' ~ relation.render() ~ ' alter column ' ~ changes | join(', ')) -%}
    {%- endif -%}
{% endmacro %}


{#- Column name -> comment, from the first part of DESCRIBE, which ends at an empty name or a heading. -#}
{%- macro _column_comments(relation) -%}
    {%- set comments = {} -%}
    {%- set rows = namespace(are_columns=true) -%}
    {%- for row in run_query('describe table ' ~ relation.render()).rows -%}
        {%- if not row['col_name'] or row['col_name'].startswith('#') -%}
            {%- set rows.are_columns = false -%}
        {%- endif -%}
        {%- if rows.are_columns -%}
            {%- do comments.update({row['col_name'] | lower: row['comment'] or ''}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(comments) }}
{%- endmacro -%}
