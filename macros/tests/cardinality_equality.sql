{#-
    Each value of the column occurs as often as in a column of another model: for a key, nothing was lost on
    the way and nothing invented. Null equals nothing, so a row with a null fails too. Returns the
    values that occur more often in one of the two.

        - name: order_id
          data_tests:
            - cardinality_equality:
                arguments:
                  to: ref('shop__orders')
                  field: order_id
-#}
{% test cardinality_equality(model, column_name, to, field) %}
select
    coalesce(here.value, there.value) as {{ column_name }},
    coalesce(here.rows_count, 0) as rows_count,
    coalesce(there.rows_count, 0) as expected_count
from (
    select
        {{ column_name }} as value,
        count(*) as rows_count
    from {{ model }}
    group by {{ column_name }}
) as here
full outer join (
    select
        {{ field }} as value,
        count(*) as rows_count
    from {{ to }}
    group by {{ field }}
) as there
    on here.value = there.value
where not coalesce(here.rows_count = there.rows_count, false)
{% endtest %}
