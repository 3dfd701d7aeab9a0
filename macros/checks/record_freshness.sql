{#-
    Adds what `dbt source freshness` found to `ops.source_freshness`. Runs `on-run-end`.

        on-run-end:
          - "{{ record_freshness(results) }}"
-#}
{% macro record_freshness(results) %}
    {%- if execute and flags.WHICH == 'freshness' -%}
        {%- set unrecorded = adapter.firn_record_freshness(results, invocation_id) -%}
        {%- if unrecorded -%}
            {%- do log('ops.source_freshness could not be written: ' ~ unrecorded, info=true) -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
