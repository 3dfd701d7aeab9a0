-- One row per message that broke a rule, and rule. Nothing leaves the way to silver unseen.
-- Trap: a message that broke two rules is here twice, and its event may be in silver all the same,
-- by another message. What does not even fit its type is in quarantine.clickstream.

{{
    union_rejected('clickstream', [
        'events',
    ])
}}
