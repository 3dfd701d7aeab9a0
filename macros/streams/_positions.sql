{#-
    What a model consumed last, as its own commits say it, so that a position is exactly as old as
    the data:

        definition          a hash of what the model was made by
        streams             {stream name: {snapshot, sequence}}

    An empty dict for a table that is not there or whose commits say nothing.
-#}
{% macro _positions_of(reader) %}
    {{ return(adapter.firn_positions(_stream_name(reader))) }}
{% endmacro %}


{#- The snapshot property names its model, because a Spark session is shared by all of dbt's threads. -#}
{%- macro _positions_property(reader) -%}
    {{ return('firn.positions.' ~ _stream_name(reader)) }}
{%- endmacro -%}


{%- macro _stream_name(relation) -%}
    {{ return(relation.schema ~ '.' ~ relation.identifier) }}
{%- endmacro -%}
