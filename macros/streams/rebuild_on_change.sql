{#-
    Says what a model of strategy `rebuild` is made from: it is rebuilt when any of these models
    changed since its own last commit, and left alone otherwise.

        {{ rebuild_on_change('dim_customers', 'fct_orders') }}

    Renders to a comment that carries the offsets. Stands above the first CTE.
-#}
{% macro rebuild_on_change() %}
    {%- set relations = [] -%}
    {%- for name in varargs -%}
        {%- do relations.append(ref(name)) -%}
    {%- endfor -%}
    {%- if execute and not _is_unit_test() and not flags.EMPTY -%}
        {%- for upstream in _stream_plan(relations) -%}
            {{ _stream_marker(upstream) }}
        {% endfor -%}
    {%- endif -%}
{% endmacro %}
