{#-
    The current snapshot of each relation, in their order; none for a table without a commit, or one
    that is not there: `dbt docs generate` compiles models whose upstreams were never built.
-#}
{% macro _heads(relations) %}
    {%- set queries = [] -%}
    {%- for relation in relations if load_relation(relation) is not none -%}
        {%- do queries.append(
            "select '" ~ relation ~ "' as relation, cast(snapshot_id as string) as head"
            ~ ' from ' ~ relation ~ ".refs where name = 'main'"
        ) -%}
    {%- endfor -%}
    {%- set heads = {} -%}
    {%- if queries -%}
        {%- for row in run_query(queries | join(' union all ')).rows -%}
            {%- do heads.update({row['relation']: row['head']}) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- set in_order = [] -%}
    {%- for relation in relations -%}
        {%- do in_order.append(heads.get(relation | string)) -%}
    {%- endfor -%}
    {{ return(in_order) }}
{% endmacro %}
