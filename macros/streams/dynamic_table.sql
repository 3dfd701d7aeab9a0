{#-
    A model that `firn refresh` keeps within its target lag, by the keys that dbt-snowflake has for dynamic tables. It is
    built as an incremental model of strategy `recompute`, whatever strategy its folder has.

        {{ config(materialized='dynamic_table', target_lag='1 minute', unique_key='order_id') }}
-#}
{% materialization dynamic_table, adapter='spark' %}
    {{ return(_build_incrementally('recompute')) }}
{% endmaterialization %}
