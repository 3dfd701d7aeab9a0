{#-
    No two rows agree in all of these columns. Returns each combination that comes more than once.

        data_tests:
          - unique_combination_of_columns:
              arguments:
                combination_of_columns: [product_id, warehouse_id, stock_date]
-#}
{% test unique_combination_of_columns(model, combination_of_columns) %}
select
    {{ combination_of_columns | join(', ') }},
    count(*) as copies_count
from {{ model }}
group by {{ combination_of_columns | join(', ') }}
having count(*) > 1
{% endtest %}
