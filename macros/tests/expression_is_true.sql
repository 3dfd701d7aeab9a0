{#-
    An expression over columns of one row is true in every row. Stands under a model, or under the
    column it is about. Unlike the test of this name in dbt_utils it is the whole expression in both
    places, and null is not true. Returns the rows in which it is not true.

        data_tests:
          - expression_is_true:
              arguments:
                expression: net_revenue_amount = gmv_amount - discount_amount - refund_amount
-#}
{% test expression_is_true(model, expression, column_name=none) %}
select *
from {{ model }}
where not coalesce({{ expression }}, false)
{% endtest %}
