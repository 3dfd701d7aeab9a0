{#-
    Forgets positions that a failed statement left in the Spark session. In a session that outlives
    the run, any later commit would carry them, maintenance of the very table too, and rows that
    were never consumed would count as read. Runs `on-run-start`.
-#}
{% macro forget_positions() %}
    {%- if execute -%}
        {%- set settings = run_query('set').columns['key'].values() -%}
        {%- for setting in settings if setting.startswith('spark.sql.iceberg.snapshot-property.') -%}
            {%- do run_query('reset `' ~ setting ~ '`') -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}
