{#-
    Resets stream offsets that a failed statement left in the Spark session. In a session that outlives
    the run, any later commit would carry them, maintenance of the very table too, and rows that
    were never consumed would count as read.

        on-run-start:
          - "{{ reset_stream_offsets() }}"
-#}
{% macro reset_stream_offsets() %}
    {%- if execute -%}
        {%- set settings = run_query('set').columns['key'].values() -%}
        {%- for setting in settings if setting.startswith('spark.sql.iceberg.snapshot-property.') -%}
            {%- do run_query('reset `' ~ setting ~ '`') -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}
