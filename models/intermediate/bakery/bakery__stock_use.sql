-- One row per store and product that ever moved there.
-- Trap: the 28 days end before the day, by the store's own clock, of the chain's newest update,
-- which is not over yet.
{{
    config(
        materialized='ephemeral',
    )
}}

{%- set window_days = 28 %}

with

inventory as (
    select * from {{ ref('bakery__inventory') }}
),

bakery_stores as (
    select * from {{ ref('bakery_stores') }}
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

shelves as (
    select
        levels.*,
        cast(
            from_utc_timestamp(newest.newest_at, coalesce(bakery_stores.time_zone, 'UTC')) as date
        ) as as_of_date
    from levels
    cross join newest
    left join bakery_stores
        on levels.store_id = bakery_stores.store_id
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
    inner join shelves
        on
            inventory.store_id = shelves.store_id
            and inventory.product_id = shelves.product_id
            and inventory.recorded_date >= date_sub(shelves.as_of_date, {{ window_days }})
            and inventory.recorded_date < shelves.as_of_date
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
described as (
    select
        -- store, product
        shelves.store_id,
        shelves.product_id,
        shelves.unit,

        -- now
        shelves.on_hand_quantity,
        shelves.as_of_date,

        -- the last full days
        {{ window_days }} as days_count,
        coalesce(used.used_quantity, 0) as used_quantity,
        coalesce(used.wasted_quantity, 0) as wasted_quantity,
        sqrt(
            cast(
                coalesce(
                    {{ window_days }} * used.squares - used.used_quantity * used.used_quantity, 0
                ) as double
            )
        ) / {{ window_days }} as deviation
    from shelves
    left join used
        on
            shelves.store_id = used.store_id
            and shelves.product_id = used.product_id
)

select * from described
