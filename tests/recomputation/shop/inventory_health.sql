-- One row per product, warehouse and day, from the pair's first movement to
-- the as-of date; later movements do not show.
with movements as (
    select
        stock_movements.movement_id,
        stock_movements.product_id,
        stock_movements.warehouse_id,
        stock_movements.kind,
        stock_movements.quantity,
        stock_movements.moved_at,
        (stock_movements.moved_at at time zone 'UTC')::date as stock_date
    from shop.stock_movements
),

levels as (
    select
        movements.product_id,
        movements.warehouse_id,
        movements.stock_date,
        movements.kind,
        movements.quantity,
        sum(movements.quantity) over (
            partition by movements.product_id, movements.warehouse_id
            order by movements.moved_at, movements.movement_id
        ) as level_after
    from movements
),

movement_days as (
    select
        product_id,
        warehouse_id,
        stock_date,
        sum(quantity) as net_quantity,
        coalesce(-sum(quantity) filter (where kind = 'sale'), 0) as sold,
        min(level_after) as lowest_after,
        count(*) filter (
            where level_after - quantity > 0 and level_after <= 0
        ) as incidents
    from levels
    group by product_id, warehouse_id, stock_date
),

pairs as (
    select
        product_id,
        warehouse_id,
        min(stock_date) as first_date
    from movement_days
    group by product_id, warehouse_id
),

calendar as (
    select
        pairs.product_id,
        pairs.warehouse_id,
        calendar_days.stock_date::date as stock_date
    from pairs
    cross join as_of
    cross join lateral generate_series(
        pairs.first_date::timestamp,
        as_of.as_of_date::timestamp,
        interval '1 day'
    ) as calendar_days (stock_date)
),

pair_days as (
    select
        calendar.product_id,
        calendar.warehouse_id,
        calendar.stock_date,
        movement_days.lowest_after,
        coalesce(movement_days.net_quantity, 0) as net_quantity,
        coalesce(movement_days.sold, 0) as sold,
        coalesce(movement_days.incidents, 0) as incidents,
        sum(coalesce(movement_days.net_quantity, 0)) over (
            partition by calendar.product_id, calendar.warehouse_id
            order by calendar.stock_date
        ) as on_hand
    from calendar
    left join
        movement_days
        on
            calendar.product_id = movement_days.product_id
            and calendar.warehouse_id = movement_days.warehouse_id
            and calendar.stock_date = movement_days.stock_date
),

-- every day of a pair has a row, so 90 rows are 90 days
windowed as (
    select
        pair_days.product_id,
        pair_days.warehouse_id,
        pair_days.stock_date,
        pair_days.on_hand,
        pair_days.sold,
        pair_days.incidents,
        greatest(
            0,
            -least(pair_days.on_hand - pair_days.net_quantity, pair_days.lowest_after)
        ) as shortage,
        products.unit_cost
        * sum(pair_days.sold) over last_90_days as cost_of_goods,
        products.unit_cost
        * sum(greatest(pair_days.on_hand, 0)) over last_90_days as stock_value
    from pair_days
    inner join
        shop.products
        on pair_days.product_id = products.product_id
    window last_90_days as (
        partition by pair_days.product_id, pair_days.warehouse_id
        order by pair_days.stock_date
        rows between 89 preceding and current row
    )
)

-- turnover = cost ÷ (stock value ÷ days) × 365 ÷ days: the days cancel out
select
    product_id,
    warehouse_id,
    stock_date,
    on_hand::bigint as on_hand_quantity,
    sold::bigint as sold_quantity,
    shortage::bigint as shortage_quantity,
    incidents::bigint as out_of_stock_incidents_count,
    round(365 * cost_of_goods / nullif(stock_value, 0), 6)::numeric(18, 6)
        as turnover_rate,
    case
        when stock_value <> 0
            then round(stock_value / nullif(cost_of_goods, 0), 6)
    end::numeric(18, 6) as days_on_hand
from windowed
