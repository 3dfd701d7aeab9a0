{#-
    Whether the model's format can be cloned: of Spark's only Delta can. Part of the repair in `clone`.

        {% if can_clone_table() %} … {% endif %}
-#}
{% macro spark__can_clone_table() %}
    {{ return(config.get('file_format') == 'delta') }}
{% endmacro %}
