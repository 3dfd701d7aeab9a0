{#-
    MERGE that keeps one row per key and survives a column that the model no longer has.

    Defects: `=` never matches a NULL key, which is inserted again at each run, and of two new rows with one key
    both are inserted (P8); `insert *` and `update set *` fail with UNRESOLVED_COLUMN once the table has a column
    that the model has not (P5).
    Upstream: dbt-adapters#159 for NULL (closed as stale), fixed in dbt-databricks#590; the others were not found there.
    Repair: null-safe match, an error that names the key which comes twice, and columns by name.

    `config.meta.version` lists the columns whose tuple orders the versions of a row: a matched row
    changes only for a greater one, so that any order and any batching of the same input gives the
    same table. With `config.meta.keep: first` it changes only for a smaller one. Without `version`
    every matched row changes, as in dbt-spark.
    `incremental_predicates` may name `DBT_INTERNAL_SOURCE` and `DBT_INTERNAL_DEST`.

        {{ config(unique_key='order_id', meta={'version': ['updated_at', '_ingested_at']}) }}
-#}
{% macro spark__get_merge_sql(target, source, unique_key, dest_columns, incremental_predicates) %}
    {%- set keys = _key_columns(unique_key) if unique_key else [] -%}
    {%- set shared = dest_columns or _shared_columns(
        adapter.get_columns_in_relation(target), adapter.get_columns_in_relation(source)
    ) -%}
    {%- set columns = shared | map(attribute='quoted') | list -%}
    {%- set updated = get_merge_update_columns(
        config.get('merge_update_columns'), config.get('merge_exclude_columns'), shared
    ) or columns -%}
    {%- set matches = [_same_key(keys, 'DBT_INTERNAL_SOURCE', 'DBT_INTERNAL_DEST') if keys else 'false'] -%}
    {%- set meta = config.get('meta', {}) -%}
    merge into {{ target }} as DBT_INTERNAL_DEST
    using (
        {{ _rows_with_one_per_key(target, source, keys) if keys else 'select * from ' ~ source }}
    ) as DBT_INTERNAL_SOURCE
        on {{ (matches + (incremental_predicates or [])) | join(' and ') }}
    when matched
        {%- if meta.get('version') %} and {{ _takes_its_place(meta, 'DBT_INTERNAL_SOURCE', 'DBT_INTERNAL_DEST') }}{% endif %}
        then update set {{ _assignments(updated, 'DBT_INTERNAL_DEST', 'DBT_INTERNAL_SOURCE') }}
    when not matched then insert ({{ columns | join(', ') }})
        values ({{ _prefixed(columns, 'DBT_INTERNAL_SOURCE') | join(', ') }})
{% endmacro %}


{%- macro _takes_its_place(meta, new, present) -%}
    struct({{ _prefixed(meta.version, new) | join(', ') }})
        {{- ' < ' if _keeps_first(meta) else ' > ' -}}
        struct({{ _prefixed(meta.version, present) | join(', ') }})
{%- endmacro -%}


{#- Whether the first version of a row holds, not the latest, by the `meta` of its model. -#}
{%- macro _keeps_first(meta) -%}
    {%- set keep = meta.get('keep', 'latest') -%}
    {%- if keep not in ['first', 'latest'] -%}
        {%- do exceptions.raise_compiler_error("meta.keep is '" ~ keep ~ "'; it can be 'first' or 'latest'.") -%}
    {%- endif -%}
    {{ return(keep == 'first') }}
{%- endmacro -%}
