{#-
    The columns of a contract, and none of them NULL that must not be.

    Defect: dbt-spark declares the `not_null` of a contract as not enforced, and an Iceberg table keeps the NULL (P7).
    Upstream: dbt-spark#656 made it so.
    Repair: a guard inside the query: the statement fails, with the column's name, before anything is replaced.

        columns:
          - name: order_id
            data_type: bigint
            constraints: [{type: not_null}]
-#}
{% macro spark__get_select_subquery(sql) %}
    {%- set guards = [] -%}
    {%- for name in _not_null_columns() -%}
        {%- do guards.append(
            'if(' ~ name ~ " is null, raise_error('" ~ this ~ '.' ~ name | replace('`', '')
            ~ " is null, which its contract forbids (not_null)'), true)"
        ) -%}
    {%- endfor -%}
    select {{ adapter.dispatch('get_column_names', 'dbt')() }}
    from (
        {{ sql }}
    ) as model_subq
    {%- if guards %}
    where
        {{ guards | join('\n        and ') }}
    {%- endif -%}
{% endmacro %}


{#- Columns that say `not_null` themselves, or that the model's own constraints name. -#}
{%- macro _not_null_columns() -%}
    {%- set names = [] -%}
    {%- for column in model.columns.values() -%}
        {%- if 'not_null' in column.constraints | map(attribute='type') | map('string') -%}
            {%- do names.append(adapter.quote(column.name) if column.quote else column.name) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for constraint in model.constraints if constraint.type == 'not_null' -%}
        {%- do names.extend(constraint.columns) -%}
    {%- endfor -%}
    {{ return(names | unique | list) }}
{%- endmacro -%}
