{#-
    What a model consumed last: {stream name: {snapshot, sequence}}, as its own commits say it, so
    that a position is exactly as old as the data. The newest snapshot carries all of them; only
    where maintenance committed last, its ancestors are looked through.
-#}
{% macro _positions_of(reader) %}
    {%- set prefix = _stream_key_prefix(reader) -%}
    {%- set newest = _positions_in(prefix,
        'select summary, 1 as place from ' ~ reader ~ '.snapshots where snapshot_id in '
        ~ '(select snapshot_id from ' ~ reader ~ ".refs where name = 'main')") -%}
    {%- if newest -%}
        {{ return(newest) }}
    {%- endif -%}
    {{ return(_positions_in(prefix,
        'select snapshots.summary, history.made_current_at as place from ' ~ reader
        ~ '.history as history inner join ' ~ reader ~ '.snapshots as snapshots '
        ~ 'on history.snapshot_id = snapshots.snapshot_id where history.is_current_ancestor')) }}
{% endmacro %}


{%- macro _positions_in(prefix, summaries) -%}
    {%- set query -%}
        select key as stream, max_by(value, place) as position
        from (select place, explode(summary) as (key, value) from ({{ summaries }}))
        where startswith(key, '{{ prefix }}')
        group by key
    {%- endset -%}
    {%- set positions = {} -%}
    {%- for row in run_query(query).rows -%}
        {%- set snapshot, sequence = row['position'].split(':') -%}
        {%- do positions.update({
            row['stream'][prefix | length:]: {'snapshot': snapshot, 'sequence': sequence},
        }) -%}
    {%- endfor -%}
    {{ return(positions) }}
{%- endmacro -%}


{%- macro _stream_name(relation) -%}
    {{ return(relation.schema ~ '.' ~ relation.identifier) }}
{%- endmacro -%}


{#- The key names its model, because a Spark session is shared by all of dbt's threads. -#}
{%- macro _stream_key_prefix(reader) -%}
    {{ return('firn.stream.' ~ _stream_name(reader) ~ '/') }}
{%- endmacro -%}
