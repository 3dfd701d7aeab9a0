{#-
    Adds what a run built to `ops.refreshes`: mode, reason, affected keys, rows, seconds, outcome. Runs `on-run-end`.

        on-run-end:
          - "{{ record_refreshes(results) }}"
-#}
{% macro record_refreshes(results) %}
    {%- if execute and flags.WHICH in ['build', 'retry', 'run'] and not flags.EMPTY -%}
        {%- set unrecorded = adapter.firn_record_refreshes(results, invocation_id) -%}
        {%- if unrecorded -%}
            {%- do log('ops.refreshes could not be written: ' ~ unrecorded, info=True) -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
