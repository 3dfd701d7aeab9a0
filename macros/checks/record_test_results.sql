{#-
    Adds how each test of a run ended to `ops.test_results`, and of those that failed or warned the first rows they found to
    `quarantine.test_failures`. Runs `on-run-end`, while the run's own rows of gold are still what is read.

        on-run-end:
          - "{{ record_test_results(results) }}"
-#}
{% macro record_test_results(results) %}
    {%- if execute and flags.WHICH in ['build', 'retry', 'test'] and not flags.EMPTY -%}
        {%- set unrecorded = adapter.firn_record_test_results(graph, results, invocation_id) -%}
        {%- if unrecorded -%}
            {%- do log('ops.test_results could not be written: ' ~ unrecorded, info=true) -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
