-- One row: what all sales come to.
select
    1 as total_id,
    count(*) as sales_count,
    coalesce(sum(amount), 0) as amount
from {{ ref('facts') }}
