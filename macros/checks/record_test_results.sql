{#-
    Adds how each test of a run ended to `ops.test_results`, and of those that failed or warned the first rows they found to
    `quarantine.test_failures`. Runs `on-run-end`, while the run's own rows of gold are still what is read.

        on-run-end:
          - "{{ record_test_results(results) }}"
-#}
{% macro record_test_results(results) %}
    {%- if execute and flags.WHICH in ['build', 'retry', 'test'] and not flags.EMPTY -%}
        {%- set failing = {} -%}
        {%- for result in results if result.node.resource_type == 'test' and result.status in ['fail', 'warn'] -%}
            {%- do failing.update({result.node.unique_id: _failing_rows(result.node.compiled_code)}) -%}
        {%- endfor -%}
        {%- set unrecorded = adapter.firn_record_test_results(graph, results, failing, invocation_id) -%}
        {%- if unrecorded -%}
            {%- do log('ops.test_results could not be written: ' ~ unrecorded, info=true) -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}


{#- The first rows that a test's query gives, each as JSON. -#}
{%- macro _failing_rows(query) -%}
    {%- set found = run_query('select to_json(struct(*)) as failing_row from (' ~ query ~ '\n) limit 50') -%}
    {{ return(found.columns['failing_row'].values() | list) }}
{%- endmacro -%}
