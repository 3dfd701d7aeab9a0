-- One row per product, warehouse and day on which stock moved.
-- Trap: a movement that arrives late changes every later day of its product and warehouse.
{{
    config(
        unique_key=['product_id', 'warehouse_id', 'stock_date'],
    )
}}

{%- set changes = changes_of(shop__stock_movements=['movement_id']) %}

with

affected as (
    {% call affected_groups() %}
    select
        product_id,
        warehouse_id
    from {{ changes.shop__stock_movements }} as changed
    {% endcall %}
),

stock_movements as (
    select *
    from {{ ref('shop__stock_movements') }}
    where
        not is_deleted
        and (product_id, warehouse_id) in (
            select
                affected.product_id,
                affected.warehouse_id
            from affected
        )
),

levels as (
    select
        product_id,
        warehouse_id,
        cast(moved_at as date) as stock_date,
        kind,
        cast(quantity as bigint) as quantity,
        sum(quantity) over (
            partition by product_id, warehouse_id
            order by moved_at, movement_id
            rows between unbounded preceding and current row
        ) as level_after,
        level_after - quantity as level_before
    from stock_movements
),

movements_by_day as (
    select
        product_id,
        warehouse_id,
        stock_date,
        count(*) as movements_count,
        sum(quantity) as moved_quantity,
        sum(if(kind = 'receipt', quantity, 0)) as received_quantity,
        -sum(if(kind = 'sale', quantity, 0)) as sold_quantity,
        sum(if(kind = 'return', quantity, 0)) as returned_quantity,
        sum(if(kind in ('receipt', 'sale', 'return'), 0, quantity)) as adjusted_quantity,
        min(level_after) as lowest_level_after,
        count_if(level_before > 0 and level_after <= 0) as out_of_stock_incidents_count
    from levels
    group by
        product_id,
        warehouse_id,
        stock_date
),

balanced as (
    select
        *,
        sum(moved_quantity) over (
            partition by product_id, warehouse_id
            order by stock_date
            rows between unbounded preceding and current row
        ) as on_hand_quantity,
        on_hand_quantity - moved_quantity as opening_quantity
    from movements_by_day
),

described as (
    select
        -- ids
        product_id,
        warehouse_id,

        -- numbers
        opening_quantity,
        received_quantity,
        sold_quantity,
        returned_quantity,
        adjusted_quantity,
        on_hand_quantity,
        least(opening_quantity, lowest_level_after) as lowest_quantity,
        out_of_stock_incidents_count,
        movements_count,

        -- times
        stock_date
    from balanced
)

select * from described
