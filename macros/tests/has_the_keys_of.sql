{#-
    The key column holds every key of another model and no other: nothing was lost on the way and
    nothing invented. Returns the keys that only one of the two has.

        - name: order_id
          data_tests:
            - has_the_keys_of:
                arguments:
                  other: ref('shop__orders')
-#}
{% test has_the_keys_of(model, column_name, other) %}
select
    coalesce(here.{{ column_name }}, there.{{ column_name }}) as {{ column_name }},
    there.{{ column_name }} is null as is_invented
from {{ model }} as here
full outer join {{ other }} as there
    on here.{{ column_name }} = there.{{ column_name }}
where
    here.{{ column_name }} is null
    or there.{{ column_name }} is null
{% endtest %}
