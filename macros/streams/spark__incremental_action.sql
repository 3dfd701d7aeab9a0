{#-
    What a model of streams does: 'skip' when nothing is new, 'create' when it was edited or when its strategy
    cannot work with the rows it was given, else 'update' by its strategy. With `--empty`, which makes what is
    missing, nothing to a table that is there.

        {% set action = adapter.dispatch('incremental_action')('recompute', sql) %}
-#}
{% macro spark__incremental_action(strategy, compiled) %}
    {%- set action = _action(strategy, compiled) -%}
    {%- set modes = {'skip': 'skipped', 'create': 'full', 'update': 'incremental'} -%}
    {%- do adapter.firn_note_refresh(_stream_name(this), modes[action], '') -%}
    {{ return(action) }}
{% endmacro %}


{%- macro _action(strategy, compiled) -%}
    {%- set modes = _streams_in(compiled) | map(attribute='mode') | unique | list -%}
    {%- if flags.EMPTY -%}
        {{ return('skip') }}
    {%- elif 'rebuild' in modes -%}
        {{ return('create') }}
    {%- elif modes == ['unchanged'] -%}
        {{ return('skip') }}
    {%- elif strategy == 'recompute' and (not modes or 'full' in modes) -%}
        {{ return('create') }}
    {%- endif -%}
    {{ return('update') }}
{%- endmacro -%}
