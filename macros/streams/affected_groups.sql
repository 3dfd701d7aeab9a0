{#-
    Marks the query that names the groups a `recompute` model has to make again.

        {% call affected_groups() %}
        select placed_date from {{ changes.fct_order_items }}
        {% endcall %}

    Its columns are the group columns, named as in the model's output. The query must stand by
    itself (no CTE of the model, no ephemeral model): before an update it is run alone, and the model reads its result in
    its place; so does the MERGE, to find rows of affected groups that the model no longer makes.
-#}
{% macro affected_groups() -%}
    /* firn:affected */
    {{ caller() }}
    /* firn:end */
{%- endmacro %}
