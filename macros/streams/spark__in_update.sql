{#-
    Finds the affected groups of a `recompute` model once, before its update: they are looked for in several versions of
    several tables, and both the model and the MERGE ask for them. The model's block is replaced by a computed view. Of a
    model of plain SQL they are found already (`spark__planned_sql`), and its affected rows are computed here: a MERGE of
    the whole query took several times as long as the query itself.

        {% call(query) adapter.dispatch('in_update')('recompute', sql) %}
            create or replace temporary view new_rows as {{ query }}
        {% endcall %}
-#}
{% macro spark__in_update(strategy, compiled) %}
    {%- if strategy != 'recompute' -%}
        {{ caller(compiled) }}
    {%- else -%}
        {%- set affected = _affected_view(this) -%}
        {%- set blocks = _affected_queries(compiled) -%}
        {%- if blocks -%}
            {%- set keys = adapter.firn_compute_view(affected | string, _affected_query(blocks)) -%}
            {%- do adapter.firn_note_refresh(_stream_name(this), 'incremental', '', keys) -%}
            {{ caller(compiled | replace(blocks[0], 'select * from ' ~ affected)) }}
        {%- else -%}
            {%- set rows = make_temp_relation(this, '__affected_rows') -%}
            {%- do adapter.firn_compute_view(rows | string, compiled) -%}
            {{ caller('select * from ' ~ rows) }}
            {%- do run_query('drop view if exists ' ~ rows) -%}
        {%- endif -%}
        {%- do adapter.firn_drop_views(affected | string) -%}
    {%- endif -%}
{% endmacro %}


{%- macro _affected_view(model) -%}
    {{ return(make_temp_relation(model, '__affected')) }}
{%- endmacro -%}


{%- macro _affected_query(blocks) -%}
    {%- if blocks | length != 1 -%}
        {%- do exceptions.raise_compiler_error(
            this ~ ": strategy recompute needs exactly one affected_groups() block, found "
            ~ blocks | length ~ "."
        ) -%}
    {%- endif -%}
    {{ return(blocks[0]) }}
{%- endmacro -%}


{%- macro _affected_queries(compiled) -%}
    {{ return(modules.re.findall('(?s)/\* firn:affected \*/(.*?)/\* firn:end \*/', compiled)) }}
{%- endmacro -%}
