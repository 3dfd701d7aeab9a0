{#-
    A raw table as a model that streams it has read it: as of the snapshot that the model's own
    commits name. For tests that compare the two while ingestion goes on. The whole table where
    the model has no position.

        select * from {{ as_read_by(ref('shop__orders'), source('shop', 'orders')) }}
-#}
{% macro as_read_by(reader, landed, positions=none) %}
    {%- if not execute -%}
        {{ return(landed) }}
    {%- endif -%}
    {%- set position = (positions or _positions_of(reader)).get('streams', {}).get(_stream_name(landed)) -%}
    {{ return(landed ~ (' version as of ' ~ position.snapshot if position else '')) }}
{% endmacro %}
