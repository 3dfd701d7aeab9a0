-- bakery__inventory only adds a level to the updates: it has each of them as it is, and no other.
{%- set columns %}
    update_id,
    store_id,
    product_id,
    change_type,
    unit,
    quantity,
    unit_cost_amount,
    is_deleted,
    recorded_date,
    recorded_at,
    _ingested_at,
    _file_name,
    _file_row
{%- endset %}
with

updates as (
    select {{ columns }} from {{ ref('bakery__inventory_updates') }}
),

inventory as (
    select {{ columns }} from {{ ref('bakery__inventory') }}
),

missing as (
    select * from updates
    except
    select * from inventory
),

added as (
    select * from inventory
    except
    select * from updates
)

select
    update_id,
    'missing' as difference
from missing
union all
select
    update_id,
    'added' as difference
from added
