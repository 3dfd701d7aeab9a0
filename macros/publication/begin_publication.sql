{#-
    From here on, the gold models of this run write to a branch of their tables, which tests and models downstream read
    (Iceberg's write-audit-publish); readers see main, until `publish` moves it. Every commit of the run says by which
    invocation and by which commit of the project it was made. Runs `on-run-start`, after what must be right before.

        on-run-start:
          - "{{ begin_publication() }}"
-#}
{% macro begin_publication() %}
    {%- if execute -%}
        {%- do run_query('reset spark.wap.branch') -%}
        {%- set run = none -%}
        {%- if flags.WHICH in ['build', 'run', 'test'] and not flags.EMPTY -%}
            {%- set run = adapter.firn_begin_run(graph, selected_resources, invocation_id) -%}
        {%- endif -%}
        {%- if run -%}
            {%- do run_query('set spark.wap.branch = ' ~ run.branch) -%}
            {%- for name, value in run.snapshot_properties.items() -%}
                {%- do run_query('set `spark.sql.iceberg.snapshot-property.' ~ name ~ '` = `' ~ value ~ '`') -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
