{#-
    What SHOW TABLE EXTENDED says of one relation, as the one row (name, value, comment) that dbt-spark joins
    to a text again; `Type: VIEW` for a view, of which it says nothing. An error means to dbt-spark
    that nothing is known of this one. Part of the repair in `spark__list_relations_without_caching`.

        {{ describe_table_extended_without_caching('silver.shop__orders') }}   -- [['Catalog', 'lake …', '']]
-#}
{% macro describe_table_extended_without_caching(table_name) %}
    {%- set schema, name = table_name.split('.', 1) -%}
    {%- set found = run_query('show table extended in ' ~ schema ~ " like '" ~ name ~ "'").rows -%}
    {%- set information = found[0]['information'] if found else 'Type: VIEW' -%}
    {%- set label, value = information.split(': ', 1) -%}
    {{ return([[label, value, '']]) }}
{% endmacro %}
