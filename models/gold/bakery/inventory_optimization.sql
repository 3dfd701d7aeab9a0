-- One row per store and product that ever moved there.
-- Trap: the 28 days end before the day, by the store's own clock, of the chain's newest update,
-- which is not over yet; each update moves them, so the table is rebuilt.
{{
    config(
        unique_key=['store_id', 'product_id'],
        incremental_strategy='rebuild',
    )
}}

{{ rebuild_on_change('bakery__inventory') }}

{%- set window_days = 28 %}
{%- set cover_days = 7 %}

with

inventory as (
    select * from {{ ref('bakery__inventory') }}
),

bakery_stores as (
    select * from {{ ref('bakery_stores') }}
),

bakery_products as (
    select * from {{ ref('bakery_products') }}
),

newest as (
    select max(recorded_at) as newest_at
    from inventory
),

levels as (
    select
        store_id,
        product_id,
        max_by(unit, struct(recorded_at, update_id)) as unit,
        max_by(on_hand_quantity, struct(recorded_at, update_id)) as on_hand_quantity
    from inventory
    group by
        store_id,
        product_id
),

places as (
    select
        levels.*,
        cast(
            from_utc_timestamp(newest.newest_at, coalesce(bakery_stores.time_zone, 'UTC')) as date
        ) as as_of_date,
        bakery_products.lead_time_days
    from levels
    cross join newest
    left join bakery_stores
        on levels.store_id = bakery_stores.store_id
    left join bakery_products
        on levels.product_id = bakery_products.product_id
),

used_days as (
    select
        inventory.store_id,
        inventory.product_id,
        cast(
            sum(if(inventory.change_type = 'use', inventory.quantity, 0)) as decimal(18, 2)
        ) as used_quantity,
        sum(if(inventory.change_type = 'waste', inventory.quantity, 0)) as wasted_quantity
    from inventory
    inner join places
        on
            inventory.store_id = places.store_id
            and inventory.product_id = places.product_id
            and inventory.recorded_date >= date_sub(places.as_of_date, {{ window_days }})
            and inventory.recorded_date < places.as_of_date
    group by
        inventory.store_id,
        inventory.product_id,
        inventory.recorded_date
),

used as (
    select
        store_id,
        product_id,
        cast(sum(used_quantity) as decimal(18, 2)) as used_quantity,
        cast(sum(used_quantity * used_quantity) as decimal(28, 4)) as squares,
        cast(sum(wasted_quantity) as decimal(18, 2)) as wasted_quantity
    from used_days
    group by
        store_id,
        product_id
),

-- The deviation is √(days × Σ squares − (Σ use)²) ÷ days: exact below the root.
deviations as (
    select
        places.*,
        coalesce(used.used_quantity, 0) as used_quantity,
        coalesce(used.wasted_quantity, 0) as wasted_quantity,
        sqrt(
            cast(
                coalesce(
                    {{ window_days }} * used.squares - used.used_quantity * used.used_quantity, 0
                ) as double
            )
        ) / {{ window_days }} as deviation
    from places
    left join used
        on
            places.store_id = used.store_id
            and places.product_id = used.product_id
),

-- Everything from here on is made of the safety stock as it is shown, so that it adds up.
stocked as (
    select
        *,
        cast(
            cast(1.65 as double) * deviation * sqrt(cast(lead_time_days as double))
            as decimal(18, 2)
        ) as safety_stock_quantity
    from deviations
),

-- In `window_days` times the quantity, because the average itself is a fraction.
planned as (
    select
        *,
        cast(
            used_quantity * lead_time_days + {{ window_days }} * safety_stock_quantity
            as decimal(24, 2)
        ) as reorder_point_parts,
        cast(
            used_quantity * (lead_time_days + {{ cover_days }})
            + {{ window_days }} * (safety_stock_quantity - on_hand_quantity)
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
        {{ ratio('used_quantity', window_days) }} as average_daily_use_quantity,
        cast(deviation as decimal(18, 6)) as deviation_of_daily_use_quantity,
        {{ ratio('wasted_quantity', 'used_quantity + wasted_quantity') }} as waste_rate,

        -- what follows
        safety_stock_quantity,
        {{ ratio('reorder_point_parts', window_days, 2) }} as reorder_point_quantity,
        {{ ratio('on_hand_quantity * ' ~ window_days, 'used_quantity', 2) }} as days_of_cover,
        cast(ceil(if(missing_parts < 0, 0, missing_parts) / {{ window_days }}) as bigint)
            as recommended_order_quantity,
        case
            when missing_parts <= 0 then 'fine'
            when on_hand_quantity * {{ window_days }} <= reorder_point_parts then 'order_now'
            when missing_parts > 0 then 'watch'
        end as status
    from planned
)

select * from described
