-- One row per product, deleted ones included, with the names of its category and of the parent.
-- Trap: a category's new name or new parent touches the products of its child categories too.
{{
    config(
        unique_key='product_id',
    )
}}

{%- set changes = changes_of(
    shop__products=['product_id'],
    shop__categories=['category_id'],
) %}

with

affected as (
    {% call affected_groups() %}
    select product_id from {{ changes.shop__products }} as changed
    union
    select products.product_id
    from {{ ref('shop__products') }} as products
    inner join {{ ref('shop__categories') }} as categories
        on products.category_id = categories.category_id
    left semi join {{ changes.shop__categories }} as changed
        on changed.category_id in (categories.category_id, categories.parent_category_id)
    {% endcall %}
),

products as (
    select *
    from {{ ref('shop__products') }}
    where product_id in (select affected.product_id from affected)
),

categories as (
    select * from {{ ref('shop__categories') }}
),

described as (
    select
        -- ids
        products.product_id,
        products.sku,
        products.category_id,
        categories.parent_category_id,

        -- texts
        products.name as product_name,
        coalesce(categories.name, 'unknown') as category_name,
        parents.name as parent_category_name,

        -- numbers
        products.unit_cost as unit_cost_amount,
        products.list_price as list_price_amount,

        -- flags
        products.is_active,
        products.is_deleted,

        -- times
        products.created_at as listed_at
    from products
    left join categories
        on products.category_id = categories.category_id
    left join categories as parents
        on categories.parent_category_id = parents.category_id
)

select * from described
