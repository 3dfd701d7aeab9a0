{#-
    What a model of streams does: nothing when nothing is new, anew when it was edited or when its strategy
    cannot do with the rows it was given, else its strategy. With `--empty`, which makes what is missing,
    nothing to a table that is there.
-#}
{% macro spark__incremental_action(strategy, compiled) %}
    {%- set modes = _streams_in(compiled) | map(attribute='mode') | unique | list -%}
    {%- if flags.EMPTY -%}
        {{ return('skip') }}
    {%- elif 'rebuild' in modes -%}
        {{ return('create') }}
    {%- elif modes == ['unchanged'] -%}
        {{ return('skip') }}
    {%- elif strategy == 'rebuild' -%}
        {{ return('create') }}
    {%- elif strategy == 'recompute' and (not modes or 'full' in modes) -%}
        {{ return('create') }}
    {%- endif -%}
    {{ return('update') }}
{% endmacro %}


{#- The streams a compiled model consumes, from the markers in its SQL. -#}
{%- macro _streams_in(compiled) -%}
    {%- set streams = [] -%}
    {%- for name, mode, snapshot, sequence in modules.re.findall(
        '/\* firn:stream (\S+) (\S+) (\S+):(\S+) \*/', compiled
    ) -%}
        {%- do streams.append({'name': name, 'mode': mode, 'snapshot': snapshot, 'sequence': sequence}) -%}
    {%- endfor -%}
    {{ return(streams) }}
{%- endmacro -%}
