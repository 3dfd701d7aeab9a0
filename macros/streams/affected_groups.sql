{#-
    Marks the query that names the groups a `recompute` model has to make again.

        {% call affected_groups() %}
        select placed_date from {{ changes.fct_order_items }}
        {% endcall %}

    Its columns are the group columns, named as in the model's output. The query must stand by
    itself (no CTE of the model, no ephemeral model), because the materialization runs it too, to find
    rows of affected groups that the model no longer makes and to delete them in the same commit.
-#}
{% macro affected_groups() -%}
    /* firn:affected */
    {{ caller() }}
    /* firn:end */
{%- endmacro %}
