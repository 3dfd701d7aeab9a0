-- One row per report that broke a rule, and rule. Nothing leaves the way to silver unseen.
-- Trap: a report that broke two rules is here twice, and its event may be in silver all the same,
-- by an earlier or a later version that broke none.

{{
    union_rejected('telemetry', [
        'events',
    ])
}}
