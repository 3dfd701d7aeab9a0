{#-
    A raw table as a model that streams it has read it: as of the snapshot that the model's own
    commits name. For tests that compare the two while ingestion goes on. The whole table where
    the model has no offset.

        select * from {{ as_read_by(ref('shop__orders'), source('shop', 'orders')) }}
-#}
{% macro as_read_by(reader, landed, offsets=none) %}
    {%- if not execute -%}
        {{ return(landed) }}
    {%- endif -%}
    {%- set offset = (offsets or _stream_offsets_of(reader)).get('streams', {}).get(_stream_name(landed)) -%}
    {{ return(landed ~ (' version as of ' ~ offset.snapshot if offset else '')) }}
{% endmacro %}
