{#-
    The first version of each row of a relation, as a query: one row per key, the least by the
    version columns, compared from left to right. A null version column sorts before every value,
    and rows whose other columns are null count like any other.

        {{ deduplicate_first('usable', 'event_id', ['_kafka_offset', '_kafka_partition']) }}

    For a model with `meta.keep: first` (see `spark__get_merge_sql`).
-#}
{% macro deduplicate_first(relation, key, version) -%}
    select * except (_versions_before)
    from (
        select
            *,
            row_number() over (
                partition by {{ key }}
                order by {{ version | join(' asc, ') }} asc
            ) - 1 as _versions_before
        from {{ relation }}
    )
    where _versions_before = 0
{%- endmacro %}
