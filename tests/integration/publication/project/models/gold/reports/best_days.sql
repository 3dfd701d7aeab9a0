-- One row per day with a sale.
select
    sold_date,
    sum(amount) as amount
from {{ ref('facts') }}
group by sold_date
