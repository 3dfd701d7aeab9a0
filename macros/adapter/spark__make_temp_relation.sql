{#-
    The temporary view of a model's new rows, by a name that no other model's has.

    Defect: dbt-spark names it by the alias alone, while all threads share one Spark session: two models of one
    alias in different schemas, built side by side, write each other's rows, and dbt says OK (P1).
    Upstream: dbt-core#1321 for other adapters; dbt-spark#350, closed as wontfix.
    Repair: a hash of schema and name.

        {{ make_temp_relation(this) }}   -- shop__orders__1f0c6a2b__dbt_tmp
-#}
{% macro spark__make_temp_relation(base_relation, suffix) %}
    {%- set name = base_relation.identifier ~ '__' ~ local_md5(base_relation | string)[:8] ~ suffix -%}
    {{ return(api.Relation.create(identifier=name, type='view')) }}
{% endmacro %}
