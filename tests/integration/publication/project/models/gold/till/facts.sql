-- One row per sale.
select
    sale_id,
    sold_date,
    cast(amount as bigint) as amount
from {{ ref('till__sales') }}
