-- One row per row version that broke a rule, and rule. Nothing leaves the way to silver unseen.
-- Trap: a version that broke two rules is here twice, and its key may be in silver all the same,
-- by an earlier or a later version that broke none.

{%- set tables = [
    'customers',
    'categories',
    'products',
    'warehouses',
    'orders',
    'order_items',
    'payments',
    'shipments',
    'returns',
    'stock_movements',
] %}

with

{% for table in tables -%}
{{ table }} as (
    {{ rejected_rows('shop', table, stream(source('shop', table))) }}
),

{% endfor -%}
rejected as (
    {% for table in tables -%}
    select distinct * from {{ table }}
    {%- if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
)

select * from rejected
