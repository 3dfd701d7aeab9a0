{#-
    What a model consumed last, as its own commits say it, so that an offset is exactly as old as
    the data:

        definition          a hash of what the model was made by
        streams             {stream name: {snapshot, sequence}}
        empty               names of streams of tables that had no snapshot yet

    An empty dict for a table that is not there or whose commits say nothing.
-#}
{% macro _stream_offsets_of(reader) %}
    {{ return(adapter.firn_stream_offsets(_stream_name(reader))) }}
{% endmacro %}


{#-
    The snapshot property that carries them. It names its model, because a Spark session is shared by all
    of dbt's threads; existing lakes have it by this name.
-#}
{%- macro _stream_offsets_property(reader) -%}
    {{ return('firn.positions.' ~ _stream_name(reader)) }}
{%- endmacro -%}


{%- macro _stream_name(relation) -%}
    {{ return(relation.schema ~ '.' ~ relation.identifier) }}
{%- endmacro -%}
