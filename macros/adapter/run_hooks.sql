{#-
    The hooks of a model, seed or snapshot, those outside of a transaction too.

    Defect: for tables, views and incremental models dbt-spark runs no hook with `transaction: false`, and says nothing;
    before those of seeds and snapshots dbt sends `commit;`, which Spark cannot parse.
    Upstream: no report found.
    Repair: Spark has no transactions, so a hook is a statement like any other. A materialization that asks once gets
    all of them, those before a transaction first and those after it last.

        {{ config(post_hook={'sql': 'refresh table prices', 'transaction': false}) }}
-#}
{% macro run_hooks(hooks, inside_transaction=none) %}
    {%- set inside = hooks | selectattr('transaction') | list -%}
    {%- set outside = hooks | rejectattr('transaction') | list -%}
    {%- if inside_transaction is none -%}
        {%- set chosen = inside + outside if hooks == post_hooks else outside + inside -%}
    {%- else -%}
        {%- set chosen = inside if inside_transaction else outside -%}
    {%- endif -%}
    {%- for hook in chosen -%}
        {%- set sql = render(hook.sql) | trim -%}
        {%- if sql -%}
            {%- call statement(auto_begin=false) -%}
                {{ sql }}
            {%- endcall -%}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}
