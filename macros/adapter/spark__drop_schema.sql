{#-
    Drop a schema with all that is in it.

    Defect: dbt-spark says CASCADE, which Spark's Iceberg catalogs do not do: as soon as the schema holds
    anything the statement fails with "Namespace is not empty", and what dbt made stays.
    Upstream: no report found. Repair: drop the relations first, views too, whatever their names are.

        {% do adapter.drop_schema(api.Relation.create(schema='scratch')) %}
-#}
{% macro spark__drop_schema(relation) -%}
    {%- set schema = adapter.quote(relation.schema) -%}
    {%- if adapter.check_schema_exists(none, relation.schema) -%}
        {%- for row in run_query('show views in ' ~ schema).rows if not row['isTemporary'] -%}
            {%- do run_query('drop view if exists ' ~ schema ~ '.' ~ adapter.quote(row['viewName'])) -%}
        {%- endfor -%}
        {%- for row in run_query('show tables in ' ~ schema).rows if not row['isTemporary'] -%}
            {%- do run_query('drop table if exists ' ~ schema ~ '.' ~ adapter.quote(row['tableName'])) -%}
        {%- endfor -%}
        {%- do run_query('drop schema if exists ' ~ schema) -%}
    {%- endif -%}
{%- endmacro %}
