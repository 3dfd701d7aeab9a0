{#-
    No two rows agree in all of these columns. Returns each combination that comes more than once.

        data_tests:
          - unique_combination:
              arguments:
                columns: [product_id, warehouse_id, stock_date]
-#}
{% test unique_combination(model, columns) %}
select
    {{ columns | join(', ') }},
    count(*) as copies_count
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}
