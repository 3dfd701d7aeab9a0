{#-
    Nothing is built while ANSI SQL is off: a cast that fails would be NULL, and a sum that is too large
    would wrap around, in silence. Runs `on-run-start`.

        on-run-start:
          - "{{ require_ansi() }}"
-#}
{% macro require_ansi() %}
    {%- if execute and run_query('set spark.sql.ansi.enabled').rows[0]['value'] != 'true' -%}
        {%- do exceptions.raise_compiler_error(
            'Nothing was built: ANSI SQL is off in this Spark session, and values that do not fit would be lost in'
            ~ " silence. Fix: in the target '" ~ target.name ~ "' of profiles.yml, server_side_parameters need"
            ~ ' spark.dbt.ansi.enabled: "true", and Python needs the plugin dbt_spark_repairs (make setup). On a Thrift'
            ~ ' server: spark.sql.ansi.enabled=true among its own settings.'
        ) -%}
    {%- endif -%}
{% endmacro %}
