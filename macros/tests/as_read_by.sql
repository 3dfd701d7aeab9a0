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
    {%- set position = (positions or _positions_of(reader)).get(_stream_name(landed)) -%}
    {{ return(landed ~ (' version as of ' ~ position if position else '')) }}
{% endmacro %}


{#- {raw table: snapshot} as the reader's own commits say it. -#}
{%- macro _positions_of(reader) -%}
    {%- set prefix = 'firn.stream.' ~ _stream_name(reader) ~ '/' -%}
    {%- set query -%}
        select
            substr(key, {{ prefix | length + 1 }}) as raw_table,
            split_part(max_by(value, made_current_at), ':', 1) as snapshot_id
        from (
            select
                history.made_current_at,
                explode(snapshots.summary) as (key, value)
            from {{ reader }}.history as history
            inner join {{ reader }}.snapshots as snapshots
                on history.snapshot_id = snapshots.snapshot_id
            where history.is_current_ancestor
        )
        where startswith(key, '{{ prefix }}')
        group by key
    {%- endset -%}
    {%- set positions = {} -%}
    {%- for row in run_query(query).rows -%}
        {%- do positions.update({row['raw_table']: row['snapshot_id']}) -%}
    {%- endfor -%}
    {{ return(positions) }}
{%- endmacro -%}
