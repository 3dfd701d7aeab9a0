{#-
    The properties of a table. Part of the repair in `spark__get_columns_in_relation_raw`: with `--empty` too.

        {% set properties = fetch_tbl_properties(ref('shop__orders')) %}
-#}
{% macro fetch_tbl_properties(relation) %}
    {{ return(run_query('show tblproperties ' ~ relation.render())) }}
{% endmacro %}
