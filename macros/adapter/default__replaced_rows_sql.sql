{#-
    The statement that gives a table all its rows anew, where a project has one that leaves the table as it is otherwise: none,
    and the table is created, or replaced where the format can. A project overrides it as `spark__replaced_rows_sql`.

        {% macro spark__replaced_rows_sql(relation, compiled_code) %}
            insert overwrite {{ relation }} {{ compiled_code }}
        {% endmacro %}
-#}
{% macro default__replaced_rows_sql(relation, compiled_code) %}
    {{ return(none) }}
{% endmacro %}
