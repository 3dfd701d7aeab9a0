{#-
    A table or a view by another name. Part of the repair in `spark__get_columns_in_relation_raw`: with `--empty` too.

        {% do adapter.rename_relation(ref('shop__orders'), old_orders) %}
-#}
{% macro spark__rename_relation(from_relation, to_relation) %}
    {%- if from_relation.type not in ['table', 'view'] -%}
        {%- do exceptions.raise_database_error(
            from_relation.render() ~ ' is neither a table nor a view but ' ~ from_relation.type
            ~ ': it cannot be renamed. Fix: take it from load_relation().'
        ) -%}
    {%- endif -%}
    {%- call statement('rename_relation') -%}
        alter {{ from_relation.type }} {{ from_relation.render() }} rename to {{ to_relation.render() }}
    {%- endcall -%}
{% endmacro %}
