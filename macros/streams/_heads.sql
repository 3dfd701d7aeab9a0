{#- The current snapshot of each relation, in their order; none for a table without a commit. -#}
{% macro _heads(relations) %}
    {%- set query -%}
        {%- for relation in relations %}
        select {{ loop.index0 }} as place, cast(snapshot_id as string) as head
        from {{ relation }}.refs
        where name = 'main'
        {%- if not loop.last %}
        union all
        {%- endif %}
        {%- endfor %}
    {%- endset -%}
    {%- set heads = {} -%}
    {%- for row in run_query(query).rows -%}
        {%- do heads.update({row['place'] | int: row['head']}) -%}
    {%- endfor -%}
    {%- set in_order = [] -%}
    {%- for relation in relations -%}
        {%- do in_order.append(heads.get(loop.index0)) -%}
    {%- endfor -%}
    {{ return(in_order) }}
{% endmacro %}
