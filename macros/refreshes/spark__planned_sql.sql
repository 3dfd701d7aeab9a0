{#-
    The query that a model of strategy `recompute` runs where its SQL is a plain SELECT: which of its rows a
    change upstream can reach is derived from the SQL (`operations/refresh/plan.py`), so that an update makes those
    again. Otherwise, the model's own SQL.

        {% set query = adapter.dispatch('planned_sql')('recompute', sql, is_update=true) %}

    `refresh_mode`: `auto` derives where it can and where little changed, `incremental` always or fails, `full` never.
-#}
{% macro spark__planned_sql(strategy, compiled, is_update) %}
    {%- if strategy != 'recompute' or flags.EMPTY or _affected_queries(compiled) -%}
        {%- if not is_update -%}
            {%- do adapter.firn_note_refresh(_stream_name(this), 'full', 'it is built for the first time, or as asked for') -%}
        {%- endif -%}
        {{ return(compiled) }}
    {%- endif -%}
    {%- set plan = adapter.firn_plan_refresh(
        _stream_name(this),
        compiled,
        _key_columns(config.require('unique_key')),
        {
            'refresh_mode': config.get('refresh_mode'),
            'is_update': is_update,
            'upstreams': _tables_read(),
            'affected': _affected_view(this) | string,
        },
    ) -%}
    {%- if plan.mode == 'incremental' -%}
        {%- set plan = _plan_of_affected(plan) -%}
    {%- endif -%}
    {%- do log(this ~ ': ' ~ plan.mode ~ ', ' ~ plan.reason) -%}
    {{ return(plan.query) }}
{% endmacro %}


{#- The plan when the affected keys are known: computed into a view, which the update reads. -#}
{%- macro _plan_of_affected(plan) -%}
    {%- set affected = _affected_view(this) -%}
    {%- set decided, keys = adapter.firn_find_affected(plan) -%}
    {%- if decided.mode == 'incremental' -%}
        {%- set rows = _affected_rows(plan, affected, keys) -%}
        {%- set decided = adapter.firn_decide_refresh(plan, keys, rows) -%}
    {%- endif -%}
    {%- if decided.mode != 'incremental' -%}
        {%- do adapter.firn_drop_views(affected | string) -%}
    {%- endif -%}
    {{ return(decided) }}
{%- endmacro -%}


{#- How many rows of the model have an affected key: as many, where it is the whole of the unique key. -#}
{%- macro _affected_rows(plan, affected, keys) -%}
    {%- if not keys or plan.derivation.key | length == plan.model.unique_key | length -%}
        {{ return(keys) }}
    {%- endif -%}
    {%- set counted = run_query(
        'select count(*) as affected_rows from ' ~ this ~ ' as present left semi join ' ~ affected
        ~ ' as affected on ' ~ _same_key(plan.derivation.key, 'affected', 'present')
    ) -%}
    {{ return(counted.rows[0]['affected_rows'] | int) }}
{%- endmacro -%}


{#- The tables that the model reads, as dbt knows them. -#}
{%- macro _tables_read() -%}
    {%- set names = [] -%}
    {%- for unique_id in _inputs_of(model) if not _is_ephemeral(unique_id) -%}
        {%- set node = graph.nodes.get(unique_id) or graph.sources[unique_id] -%}
        {%- do names.append(node.schema ~ '.' ~ (node.alias or node.identifier)) -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro -%}
