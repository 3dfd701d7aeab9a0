-- One row per landed row that broke a rule, and rule. Nothing leaves the way to silver unseen.
-- Trap: a row that broke two rules is here twice, and its key may be in silver all the same, by
-- another row that broke none. What does not even fit its type is in quarantine.bakery.

{{
    union_rejected('bakery', [
        'sales_events',
        'inventory_updates',
        'customer_feedback',
        'equipment_metrics',
    ])
}}
