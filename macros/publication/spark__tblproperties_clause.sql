{#-
    The properties of a table that is made; a gold table is one that runs write on their branch, whatever properties its
    model declares.

        create table gold.sales_daily using iceberg {{ tblproperties_clause() }} as select 1 as units_count
-#}
{% macro spark__tblproperties_clause() %}
    {%- set properties = {} -%}
    {%- do properties.update(config.get('tblproperties') or {}) -%}
    {%- if _is_gold(model) -%}
        {%- do properties.update({'write.wap.enabled': 'true'}) -%}
    {%- endif -%}
    {%- if properties -%}
        {%- set pairs = [] -%}
        {%- for name, value in properties.items() -%}
            {%- do pairs.append("'" ~ name ~ "' = '" ~ value ~ "'") -%}
        {%- endfor -%}
        tblproperties ({{ pairs | join(', ') }})
    {%- endif -%}
{% endmacro %}


{%- macro _is_gold(node) -%}
    {{ return(node.resource_type == 'model' and node.schema == 'gold') }}
{%- endmacro -%}
