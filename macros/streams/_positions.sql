{#-
    What a model consumed last, as its own commits say it, so that a position is exactly as old as
    the data:

        definition          a hash of what the model was made by
        streams             {stream name: {snapshot, sequence}}

    The newest snapshot carries them; only where maintenance committed last, its ancestors are
    looked through. An empty dict for a table that is not there or whose commits say nothing.
-#}
{% macro _positions_of(reader) %}
    {%- if load_relation(reader) is none -%}
        {{ return({}) }}
    {%- endif -%}
    {%- set property = _positions_property(reader) -%}
    {%- set at_head -%}
        select summary['{{ property }}'] as positions
        from {{ reader }}.snapshots
        where snapshot_id in (select snapshot_id from {{ reader }}.refs where name = 'main')
    {%- endset -%}
    {%- set newest = run_query(at_head).rows -%}
    {%- if newest and not newest[0]['positions'] -%}
        {%- set among_ancestors -%}
            select max_by(snapshots.summary['{{ property }}'], history.made_current_at) as positions
            from {{ reader }}.history as history
            inner join {{ reader }}.snapshots as snapshots
                on history.snapshot_id = snapshots.snapshot_id
            where
                history.is_current_ancestor
                and snapshots.summary['{{ property }}'] is not null
        {%- endset -%}
        {%- set newest = run_query(among_ancestors).rows -%}
    {%- endif -%}
    {{ return(fromjson(newest[0]['positions'] or '{}') if newest else {}) }}
{% endmacro %}


{#- The snapshot property names its model, because a Spark session is shared by all of dbt's threads. -#}
{%- macro _positions_property(reader) -%}
    {{ return('firn.positions.' ~ _stream_name(reader)) }}
{%- endmacro -%}


{%- macro _stream_name(relation) -%}
    {{ return(relation.schema ~ '.' ~ relation.identifier) }}
{%- endmacro -%}
