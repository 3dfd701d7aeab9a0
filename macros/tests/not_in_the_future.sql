{#-
    No time in these columns lies in the future; null times are exempt. An hour is granted, because
    the clocks of other machines are not ours. One scan, however many columns.

        - not_in_the_future:
            arguments:
              columns: [placed_at, created_at]
-#}
{% test not_in_the_future(model, columns) %}

select *
from {{ model }}
where
    {%- for column in columns %}
    {{ 'or ' if not loop.first }}{{ column }} > current_timestamp() + interval 1 hour
    {%- endfor %}

{% endtest %}
