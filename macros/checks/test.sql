{#-
    dbt's own test; one that is declared with `retries` is run again, up to so often, while it fails. For checks of what
    settles by itself, such as rows that are compared with a source which goes on.

        data_tests:
          - accounts_for_every_row:
              config: {meta: {retries: 2, retry_delay: 10}}   # seconds between two runs, 0 by default
-#}
{% materialization test, adapter='spark' %}
    {%- set meta = config.get('meta') or {} -%}
    {%- set outcome = dbt.materialization_test_default() -%}
    {%- for attempt in range(meta.get('retries', 0) | int) -%}
        {%- if load_result('main').table.rows[0]['should_error'] -%}
            {%- do log(model.name ~ ' fails, and is run again (' ~ (attempt + 1) ~ ' of ' ~ meta.retries ~ ')', info=true) -%}
            {%- do adapter.firn_pause(meta.get('retry_delay', 0)) -%}
            {%- set outcome = dbt.materialization_test_default() -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(outcome) }}
{% endmaterialization %}
