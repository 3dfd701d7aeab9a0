{#-
    What is in a schema of which dbt-spark could not list everything at once: names only, of tables and
    views. It then asks `describe_table_extended_without_caching` about each. A schema that is not
    there holds nothing. Part of the repair in `spark__list_relations_without_caching`.

        {{ list_relations_show_tables_without_caching(schema) }}   -- [['silver', 'shop__orders', false], …]
-#}
{% macro list_relations_show_tables_without_caching(schema_relation) %}
    {%- set relations = [] -%}
    {%- set schema = schema_relation.schema -%}
    {%- if run_query("show schemas like '" ~ schema ~ "'").rows -%}
        {%- for row in run_query('show tables in ' ~ schema).rows if not row['isTemporary'] -%}
            {%- do relations.append([schema, row['tableName'], false]) -%}
        {%- endfor -%}
        {%- for row in run_query('show views in ' ~ schema).rows if not row['isTemporary'] -%}
            {%- do relations.append([schema, row['viewName'], false]) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(relations) }}
{% endmacro %}
