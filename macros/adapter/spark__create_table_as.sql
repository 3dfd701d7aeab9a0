{#-
    A table, or the temporary view of new rows, after the model's `sql_header`.

    Defect: dbt-spark passes over `sql_header`, and with a contract dbt puts it before a query, which a session of Spark
    cannot parse: it takes one statement in a call.
    Upstream: no report found.
    Repair: its statements run first, each by itself; see also `spark__create_view_as` and `spark__get_empty_subquery_sql`.

        {% call set_sql_header(config) %}
        create or replace temporary view wanted as select id from values (1), (2) as given (id);
        {% endcall %}
-#}
{% macro spark__create_table_as(temporary, relation, compiled_code, language='sql') %}
    {%- do _run_sql_header() -%}
    {%- set replaced = none if temporary else adapter.dispatch('replaced_rows_sql')(relation, compiled_code) -%}
    {{ replaced or dbt.spark__create_table_as(temporary, relation, compiled_code, language) }}
{% endmacro %}
