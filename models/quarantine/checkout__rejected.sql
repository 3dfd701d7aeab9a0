-- One row per row version that broke a rule, and rule. Nothing leaves the way to silver unseen.
-- Trap: a version that broke two rules is here twice, and its key may be in silver all the same,
-- by an earlier or a later version that broke none.

{{
    union_rejected('checkout', [
        'orders',
        'order_items',
    ])
}}
