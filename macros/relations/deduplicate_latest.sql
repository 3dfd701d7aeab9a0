{#-
    The newest version of each row of a relation, as a query: one row per key, the greatest by the
    version columns, compared from left to right. A null version column sorts before every value,
    and rows whose other columns are null count like any other.

        {{ deduplicate_latest('usable', 'order_id', ['updated_at', '_ingested_at']) }}
-#}
{% macro deduplicate_latest(relation, key, version) -%}
    select * except (_versions_after)
    from (
        select
            *,
            row_number() over (
                partition by {{ key }}
                order by {{ version | join(' desc, ') }} desc
            ) - 1 as _versions_after
        from {{ relation }}
    )
    where _versions_after = 0
{%- endmacro %}
