{#-
    A column that was declared after rows had been landed without it: its value, or for those rows the one
    that was kept in `_rescued` as JSON, which is null only where the database had none.

        {{ landed_or_rescued('weight', 'decimal(8,3)') }} as weight
-#}
{% macro landed_or_rescued(column, data_type) -%}
    coalesce({{ column }}, cast(get_json_object(_rescued, '$.{{ column }}') as {{ data_type }}))
{%- endmacro %}
