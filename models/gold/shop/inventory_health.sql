-- One row per product, warehouse and day, from its first movement to the as-of date.
-- Trap: days without movements have a row too; what was missing stays missing on them.
{{
    config(
        unique_key=['product_id', 'warehouse_id', 'stock_date'],
    )
}}

with

dim_products as (
    select * from {{ ref('dim_products') }}
),

fct_orders as (
    select * from {{ ref('fct_orders') }}
),

fct_stock_daily as (
    select * from {{ ref('fct_stock_daily') }}
),

as_of as (
    select max(placed_date) as as_of_date
    from fct_orders
    where not is_deleted
),

-- A day with movements and the quiet days up to the next one.
stretches as (
    select
        fct_stock_daily.* except (stock_date),
        fct_stock_daily.stock_date as first_date,
        lead(fct_stock_daily.stock_date, 1, date_add(as_of.as_of_date, 1)) over (
            partition by fct_stock_daily.product_id, fct_stock_daily.warehouse_id
            order by fct_stock_daily.stock_date
        ) as next_date
    from fct_stock_daily
    inner join as_of
        on fct_stock_daily.stock_date <= as_of.as_of_date
),

days as (
    select
        product_id,
        warehouse_id,
        explode(sequence(first_date, date_sub(next_date, 1))) as stock_date,
        on_hand_quantity,
        if(stock_date = first_date, sold_quantity, 0) as sold_quantity,
        if(stock_date = first_date, lowest_quantity, on_hand_quantity) as lowest_quantity,
        if(stock_date = first_date, out_of_stock_incidents_count, 0)
            as out_of_stock_incidents_count
    from stretches
),

-- Spark sums a frame of 90 rows again for each row: the difference of two running sums is cheap.
running_days as (
    select
        *,
        sum(sold_quantity) over days_so_far as sold_so_far_quantity,
        sum(greatest(on_hand_quantity, 0)) over days_so_far as stocked_so_far_quantity
    from days
    window days_so_far as (
        partition by product_id, warehouse_id
        order by stock_date
        rows between unbounded preceding and current row
    )
),

last_90_days as (
    select
        *,
        sold_so_far_quantity - lag(sold_so_far_quantity, 90, 0) over pair_days
            as sold_90_days_quantity,
        stocked_so_far_quantity - lag(stocked_so_far_quantity, 90, 0) over pair_days
            as stocked_90_days_quantity
    from running_days
    window pair_days as (partition by product_id, warehouse_id order by stock_date)
),

valued_days as (
    select
        last_90_days.*,
        last_90_days.sold_90_days_quantity * dim_products.unit_cost_amount
            as cost_of_goods_sold_amount,
        last_90_days.stocked_90_days_quantity * dim_products.unit_cost_amount
            as stock_value_days_amount
    from last_90_days
    left join dim_products
        on last_90_days.product_id = dim_products.product_id
),

-- Cost × 365 ÷ stock value summed over the window's days = (cost ÷ mean value) × (365 ÷ days).
described as (
    select
        -- ids
        product_id,
        warehouse_id,

        -- numbers
        on_hand_quantity,
        sold_quantity,
        greatest(-lowest_quantity, 0) as shortage_quantity,
        out_of_stock_incidents_count,
        {{ ratio('cost_of_goods_sold_amount * 365', 'stock_value_days_amount') }} as turnover_rate,
        {{ ratio(
            'if(stock_value_days_amount = 0, null, stock_value_days_amount)',
            'cost_of_goods_sold_amount',
        ) }} as days_on_hand,

        -- times
        stock_date
    from valued_days
)

select * from described
