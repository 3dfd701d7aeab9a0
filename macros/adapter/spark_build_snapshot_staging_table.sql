{#-
    The staging view of a snapshot, as a temporary one.

    Defect: dbt-spark makes a view without a schema, for Iceberg by the belief that this is no view of the catalog:
    it is one, in the empty namespace, and its folder stays in the warehouse (P10).
    Upstream: dbt-spark#651 made it so, for catalogs without views.
    Repair: CREATE TEMPORARY VIEW, by a name of its own.

        dbt snapshot --select shop_orders_history    # leaves no view in the catalog
-#}
{% macro spark_build_snapshot_staging_table(strategy, sql, target_relation) %}
    {%- set staging = make_temp_relation(target_relation) -%}
    {%- call statement('build_snapshot_staging_relation') -%}
        {{ create_temporary_view(staging, snapshot_staging_table(strategy, sql, target_relation)) }}
    {%- endcall -%}
    {{ return(staging) }}
{% endmacro %}
