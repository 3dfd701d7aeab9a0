{#-
    None of these columns is null in any row; one scan, however many columns. For measures and flags:
    keys have a test `not_null` of their own. Returns the rows with a null.

        data_tests:
          - not_null_columns:
              arguments:
                columns: [units_count, is_counted]
-#}
{% test not_null_columns(model, columns) %}
select *
from {{ model }}
where {{ columns | join(' is null or ') }} is null
{% endtest %}
