"""The shop's figures: sales, customers, stock and delivery -> rows of charts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.queries.sql import query

if TYPE_CHECKING:
    import pyarrow as pa

GRAINS = ("day", "week", "month")
_SUMS = """
    sum(net_revenue_amount) as net_revenue_amount,
    sum(gmv_amount) as gmv_amount,
    sum(discount_amount) as discount_amount,
    sum(refund_amount) as refund_amount,
    sum(units_count)::bigint as units_count"""


def revenue_over_time(sales: pa.Table, grain: str) -> pa.Table:
    """Return sums of `sales_daily` for each day, week (by its Monday) or month, oldest first."""
    return query(
        f"select date_trunc($grain, placed_date)::date as placed_date, {_SUMS} from sales"
        " group by all order by placed_date",
        {"grain": grain},
        sales=sales,
    )


def revenue_by(sales: pa.Table, column: str) -> pa.Table:
    """Return sums of `sales_daily` for each value of a column, greatest net revenue first."""
    return query(
        f"select {column}, {_SUMS} from sales group by all order by net_revenue_amount desc, 1",
        sales=sales,
    )


def segments(customers: pa.Table) -> pa.Table:
    """Return how many customers each segment of `customer_360` has, and what they are worth."""
    return query(
        """
        select
            segment,
            count(*) as customers_count,
            sum(lifetime_value_amount) as lifetime_value_amount,
            (sum(lifetime_value_amount) / count(*))::decimal(18, 2)
                as average_lifetime_value_amount
        from customers
        group by all
        order by lifetime_value_amount desc, segment
        """,
        customers=customers,
    )


def churn_risks(customers: pa.Table) -> pa.Table:
    """Return how many buyers of each segment have which risk of churn; prospects have none."""
    return query(
        """
        select segment, churn_risk, count(*) as customers_count
        from customers
        where churn_risk is not null
        group by segment, churn_risk
        order by segment, array_position(['low', 'medium', 'high'], churn_risk)
        """,
        customers=customers,
    )


def retention(cohorts: pa.Table) -> pa.Table:
    """Return the share of each monthly cohort that ordered, by months since its first order."""
    return query(
        """
        select cohort_month, month_number, cohort_size_count, active_count, retention_rate
        from cohorts
        order by cohort_month, month_number
        """,
        cohorts=cohorts,
    )


def shortages(stock: pa.Table) -> pa.Table:
    """Return units missing and out-of-stock incidents of `inventory_health`, by day."""
    return query(
        """
        select
            stock_date,
            sum(shortage_quantity)::bigint as shortage_quantity,
            sum(out_of_stock_incidents_count)::bigint as out_of_stock_incidents_count
        from stock
        group by all
        order by stock_date
        """,
        stock=stock,
    )


def running_out(stock: pa.Table, products: pa.Table, limit: int = 20) -> pa.Table:
    """Return what lasts the fewest days, by the newest day of `inventory_health`.

    Products that were not sold in 90 days have no such figure and are left out.
    """
    return query(
        """
        select
            coalesce(product_name, product_id::varchar) || ', warehouse ' || warehouse_id
                as product,
            on_hand_quantity,
            round(days_on_hand, 1)::decimal(18, 1) as days_on_hand
        from stock
        left join products using (product_id)
        where stock_date = (select max(stock_date) from stock) and days_on_hand is not null
        order by stock.days_on_hand, product
        limit $limit
        """,
        {"limit": limit},
        stock=stock,
        products=products,
    )


def delivery_over_time(parcels: pa.Table, grain: str) -> pa.Table:
    """Return the share of delivered parcels that was on time, by day, week or month of shipping.

    Rates of single rows are weighted by their delivered parcels.
    """
    return query(
        """
        select
            date_trunc($grain, ship_date)::date as ship_date,
            sum(delivered_count)::bigint as delivered_count,
            round(sum(on_time_rate * delivered_count) / sum(delivered_count), 4) as on_time_rate
        from parcels
        group by all
        having sum(delivered_count) > 0
        order by ship_date
        """,
        {"grain": grain},
        parcels=parcels,
    )


def carriers(parcels: pa.Table) -> pa.Table:
    """Return parcels, share on time and mean hours to delivery of each carrier, slowest first.

    Rates and means of single rows are weighted by their delivered parcels.
    """
    return query(
        """
        with sums as (
            select
                carrier,
                sum(shipments_count)::bigint as shipments_count,
                sum(delivered_count)::bigint as delivered_count,
                sum(on_time_rate * delivered_count) as on_time,
                sum(average_placed_to_delivered_hours * delivered_count) as hours
            from parcels
            group by all
        )

        select
            carrier,
            shipments_count,
            delivered_count,
            round(on_time / nullif(delivered_count, 0), 4) as on_time_rate,
            round(hours / nullif(delivered_count, 0), 1) as average_placed_to_delivered_hours
        from sums
        order by average_placed_to_delivered_hours desc nulls last, carrier
        """,
        parcels=parcels,
    )
