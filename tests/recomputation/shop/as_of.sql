-- One row: the as-of date, the UTC date of the newest order, cancelled or not.
select (max(orders.placed_at) at time zone 'UTC')::date as as_of_date
from shop.orders
