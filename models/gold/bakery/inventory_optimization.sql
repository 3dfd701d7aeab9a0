-- One row per store and product that ever moved there.
-- Trap: the 28 days end before the day, by the store's own clock, of the chain's newest update,
-- which is not over yet; the first update of a day moves them for every shelf.
{{
    config(
        unique_key=['store_id', 'product_id'],
    )
}}

{%- set cover_days = 7 %}

with

stock_use as (
    select * from {{ ref('bakery__stock_use') }}
),

bakery_products as (
    select * from {{ ref('bakery_products') }}
),

-- Everything from here on is made of the safety stock as it is shown, so that it adds up.
stocked as (
    select
        stock_use.*,
        bakery_products.lead_time_days,
        cast(
            cast(1.65 as double) * stock_use.deviation
            * sqrt(cast(bakery_products.lead_time_days as double))
            as decimal(18, 2)
        ) as safety_stock_quantity
    from stock_use
    left join bakery_products
        on stock_use.product_id = bakery_products.product_id
),

-- In `days_count` times the quantity, because the average itself is a fraction.
planned as (
    select
        *,
        cast(
            used_quantity * lead_time_days + days_count * safety_stock_quantity as decimal(24, 2)
        ) as reorder_point_parts,
        cast(
            used_quantity * (lead_time_days + {{ cover_days }})
            + days_count * (safety_stock_quantity - on_hand_quantity)
            as decimal(24, 2)
        ) as missing_parts
    from stocked
),

described as (
    select
        -- store, product
        store_id,
        product_id,
        unit,

        -- now
        on_hand_quantity,
        as_of_date,
        lead_time_days,

        -- the last 28 full days
        {{ ratio('used_quantity', 'days_count') }} as average_daily_use_quantity,
        cast(deviation as decimal(18, 6)) as deviation_of_daily_use_quantity,
        {{ ratio('wasted_quantity', 'used_quantity + wasted_quantity') }} as waste_rate,

        -- what follows
        safety_stock_quantity,
        {{ ratio('reorder_point_parts', 'days_count', 2) }} as reorder_point_quantity,
        {{ ratio('on_hand_quantity * days_count', 'used_quantity', 2) }} as days_of_cover,
        cast(ceil(if(missing_parts < 0, 0, missing_parts) / days_count) as bigint)
            as recommended_order_quantity,
        case
            when missing_parts <= 0 then 'fine'
            when on_hand_quantity * days_count <= reorder_point_parts then 'order_now'
            when missing_parts > 0 then 'watch'
        end as status
    from planned
)

select * from described
