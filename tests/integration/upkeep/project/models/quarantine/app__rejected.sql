-- One row per row version that broke a rule, and rule.
{{ union_rejected('app', ['items']) }}
