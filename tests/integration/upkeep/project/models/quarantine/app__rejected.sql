-- One row per row version that broke a rule, and rule.
select distinct
    rejection_id,
    table_name,
    row_key,
    rule_name,
    reason,
    row_json,
    _load_id,
    _ingested_at
from (
    {{ rejected_rows('app', 'items', stream(source('app', 'items'))) }}
)
