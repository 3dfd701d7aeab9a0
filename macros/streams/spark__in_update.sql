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
        {%- set block = _affected_query(compiled) -%}
        {%- call statement('affected_groups') -%}
            {{ create_table_as(True, affected, block) }}
        {%- endcall -%}
        {%- call statement('cache_affected_groups') -%}
            cache table {{ affected }}
        {%- endcall -%}
        {{ caller(compiled | replace(block, 'select * from ' ~ affected)) }}
        {%- call statement('drop_affected_groups') -%}
            drop view if exists {{ affected }}
        {%- endcall -%}
    {%- endif -%}
{% endmacro %}


{%- macro _affected_view(model) -%}
    {{ return(make_temp_relation(model, '__affected')) }}
{%- endmacro -%}


{%- macro _affected_query(compiled) -%}
    {%- set blocks = modules.re.findall('(?s)/\* firn:affected \*/(.*?)/\* firn:end \*/', compiled) -%}
    {%- if blocks | length != 1 -%}
        {%- do exceptions.raise_compiler_error(
            this ~ ": strategy recompute needs exactly one affected_groups() block, found "
            ~ blocks | length ~ "."
        ) -%}
    {%- endif -%}
    {{ return(blocks[0]) }}
{%- endmacro -%}
