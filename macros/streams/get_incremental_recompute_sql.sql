{#-
    Strategy `recompute`: replace the affected groups. Rows the model made are inserted, or updated where a
    value differs; rows of affected groups that it no longer makes are deleted. One commit, and rows
    that stay the same are not written again, so that models downstream see true changes only.

        {{ config(incremental_strategy='recompute', unique_key='order_id') }}
-#}
{% macro get_incremental_recompute_sql(arguments) %}
    {%- set target = arguments.target_relation -%}
    {%- set keys = _key_columns(config.require('unique_key')) -%}
    {%- set columns = arguments.dest_columns | map(attribute='name') | list -%}
    {%- set values = columns | reject('in', keys) | list -%}
    merge into {{ target }} as target
    using (
        select
            {%- for key in keys %}
            coalesce(made.{{ key }}, present.{{ key }}) as {{ key }},
            {%- endfor %}
            {%- for column in values %}
            made.{{ column }},
            {%- endfor %}
            made._firn_is_made is null as _firn_is_gone
        from (
            select *, true as _firn_is_made from (
                {{ _rows_with_one_per_key(target, arguments.temp_relation, keys) }}
            )
        ) as made
        full outer join (
            select {{ keys | join(', ') }}
            from {{ target }} as present
            where {{ _is_affected('present') }}
        ) as present
            on {{ _same_key(keys, 'made', 'present') }}
    ) as source
        on {{ _same_key(keys, 'target', 'source') }}
    when matched and source._firn_is_gone then delete
    {%- if values %}
    when matched and not ({{ _same_key(values, 'target', 'source') }})
        then update set {{ _assignments(values, 'target', 'source') }}
    {%- endif %}
    when not matched and not source._firn_is_gone
        then insert ({{ columns | join(', ') }})
        values ({{ _prefixed(columns, 'source') | join(', ') }})
{% endmacro %}


{#- Joins on the group columns, which are those of the view. -#}
{%- macro _is_affected(alias) -%}
    {%- set affected = _affected_view(this) -%}
    {%- set groups = adapter.get_columns_in_relation(affected) | map(attribute='name') | list -%}
    exists (
                select 1 from {{ affected }} as affected
                where {{ _same_key(groups, 'affected', alias) }}
            )
{%- endmacro -%}
