{#-
    A table or a view dropped. Part of the repair in `spark__get_columns_in_relation_raw`: with `--empty` too.

        {% do adapter.drop_relation(ref('shop__orders')) %}
-#}
{% macro spark__drop_relation(relation) %}
    {%- call statement('drop_relation', auto_begin=false) -%}
        drop {{ relation.type }} if exists {{ relation.render() }}
    {%- endcall -%}
{% endmacro %}
