{#-
    A statement about columns of the same row is true in every row; null is not true.
    Returns the rows in which it is not. Stands under a model, or under the column it is about.

        data_tests:
          - holds:
              arguments:
                expression: net_revenue_amount = gmv_amount - discount_amount - refund_amount
-#}
{% test holds(model, expression, column_name=none) %}
select *
from {{ model }}
where not coalesce({{ expression }}, false)
{% endtest %}
