{#-
    Lets readers see what the run has built: main of all gold tables of each area is moved to the run's branch in one
    transaction of the catalog, if every model and test of the area, and all it is made of, went well. The tables of
    any other area stay as they were published last, and what was refused stays for a look as a tag
    (`firn show TABLE --rejected`). Runs `on-run-end`, as the last.

        on-run-end:
          - "{{ publish(results) }}"
-#}
{% macro publish(results) %}
    {%- if execute and flags.WHICH in ['build', 'run', 'test'] and not flags.EMPTY -%}
        {%- do run_query('reset spark.wap.branch') -%}
        {%- do reset_stream_offsets() -%}
        {%- set message = adapter.firn_publish(graph, selected_resources, results) -%}
        {%- if message -%}
            {%- do log(message, info=true) -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
