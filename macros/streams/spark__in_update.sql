{#-
    Finds the affected groups of a `recompute` model once, before its update: they are looked for in several versions of
    several tables, and both the model and the MERGE ask for them. The model's block is replaced by a cached view.

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
            {%- set keys = _find_affected(affected, _affected_query(blocks)) -%}
            {%- do adapter.firn_note_refresh(_stream_name(this), 'incremental', '', keys) -%}
            {{ caller(compiled | replace(blocks[0], 'select * from ' ~ affected)) }}
        {%- else -%}
            {{ caller(compiled | replace('_firn_affected', affected | string)) }}
        {%- endif -%}
        {%- call statement('drop_affected_groups') -%}
            drop view if exists {{ affected }}
        {%- endcall -%}
    {%- endif -%}
{% endmacro %}


{#- Makes the cached view of the affected groups, and returns how many there are. -#}
{%- macro _find_affected(affected, query) -%}
    {%- call statement('affected_groups') -%}
        {{ create_table_as(True, affected, query) }}
    {%- endcall -%}
    {%- call statement('cache_affected_groups') -%}
        cache table {{ affected }}
    {%- endcall -%}
    {%- set counted = run_query('select count(*) as affected_keys from ' ~ affected) -%}
    {{ return(counted.rows[0]['affected_keys'] | int) }}
{%- endmacro -%}


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
