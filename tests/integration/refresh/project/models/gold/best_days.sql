-- One row per place: the day that sold most.
select
    1 as place,
    max_by(sold_date, amount) as sold_date
from {{ ref('daily_sales') }}
