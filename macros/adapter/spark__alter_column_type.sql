{#-
    Another type for a column. Part of the repair in `spark__get_columns_in_relation_raw`.

        {% do alter_column_type(ref('shop__orders'), 'quantity', 'bigint') %}
-#}
{% macro spark__alter_column_type(relation, column_name, new_column_type) %}
    {%- do run_query(
        'alter table ' ~ relation.render() ~ ' alter column ' ~ column_name ~ ' type ' ~ new_column_type
    ) -%}
{% endmacro %}
