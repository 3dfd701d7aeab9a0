{#-
    dbt-spark's incremental materialization, with its steps in an order that loses nothing.

    Defects: the temporary view of the new rows is named by the model's alias alone, while all threads share
    one session, so that two models of one alias write each other's rows (P1, see also
    `spark__make_temp_relation`); and `--full-refresh` drops an Iceberg table before it makes the new one:
    history is gone, and readers fail meanwhile (P4).
    Upstream: dbt-core#1321 fixed P1 for other adapters, dbt-spark#350 was closed as wontfix; dbt-adapters#1145
    (open) asks for P4.
    Repair: a view of a name of its own, dropped afterwards; create or replace where the format can.

    `default__planned_sql`, `default__incremental_action`, `default__in_update` and `default__in_commit` are where a
    project that knows more of its models decides (Firn's streams do) what query is run and what it does to the table,
    and what stands around the statements that update, and around the one that commits.

        {{ config(materialized='incremental', incremental_strategy='merge', unique_key='order_id') }}
-#}
{% materialization incremental, adapter='spark' %}
    {{ return(_build_incrementally(config.get('incremental_strategy') or 'append')) }}
{% endmaterialization %}


{#- What the materializations `incremental` and `dynamic_table` do. -#}
{%- macro _build_incrementally(strategy) -%}
    {%- set file_format = dbt_spark_validate_get_file_format(config.get('file_format', 'parquet')) -%}
    {%- if not _own_strategy(strategy) -%}
        {%- do dbt_spark_validate_get_incremental_strategy(strategy, file_format) -%}
    {%- endif -%}
    {%- set existing = load_relation(this) -%}

    {{ run_hooks(pre_hooks) }}

    {%- set is_update = existing is not none and not existing.is_view and not should_full_refresh() -%}
    {%- set planned = adapter.dispatch('planned_sql')(strategy, sql, is_update) -%}
    {%- set action = adapter.dispatch('incremental_action')(strategy, planned) if is_update else 'create' -%}

    {%- if action == 'skip' -%}
        {%- call noop_statement('main', 'SKIP: nothing new upstream') -%}
            -- nothing new upstream
        {%- endcall -%}
    {%- elif action == 'create' -%}
        {%- if existing is not none and (existing.is_view or file_format not in ['iceberg', 'delta']) -%}
            {%- do adapter.drop_relation(existing) -%}
        {%- endif -%}
        {%- call adapter.dispatch('in_commit')(planned) -%}
            {%- call statement('main') -%}
                {{ create_table_as(False, this, planned) }}
            {%- endcall -%}
        {%- endcall -%}
        {%- do persist_constraints(this, model) -%}
    {%- else -%}
        {%- call(query) adapter.dispatch('in_update')(strategy, planned) -%}
            {%- do _add_new_rows(strategy, existing, planned, query) -%}
        {%- endcall -%}
    {%- endif -%}

    {%- do apply_grants(this, config.get('grants'), should_revoke(existing, should_full_refresh())) -%}
    {%- do persist_docs(this, model) -%}
    {{ run_hooks(post_hooks) }}
    {{ return({'relations': [this]}) }}
{%- endmacro -%}


{#-
    A contract is compared with a view of the query and enforced in a second one: Spark resolves a long query once then,
    which takes longer than its rows do where they are few.
-#}
{%- macro _add_new_rows(strategy, existing, planned, query) -%}
    {%- set new_rows = make_temp_relation(this) -%}
    {%- set is_enforced = config.get('contract').enforced -%}
    {%- set made = make_temp_relation(this, '__made') if is_enforced else new_rows -%}
    {%- do _make_views(made, new_rows, query) -%}
    {%- set columns, is_altered = _columns_to_fill(existing, new_rows) -%}
    {%- if is_altered -%}
        {%- do _make_views(made, new_rows, query) -%}
    {%- endif -%}
    {%- call adapter.dispatch('in_commit')(planned) -%}
        {%- call statement('main') -%}
            {{ _incremental_sql(strategy, new_rows, existing, columns) }}
        {%- endcall -%}
    {%- endcall -%}
    {%- for view in ([new_rows, made] if is_enforced else [new_rows]) -%}
        {%- call statement('drop_view') -%}
            drop view if exists {{ view }}
        {%- endcall -%}
    {%- endfor -%}
{%- endmacro -%}


{#- The views keep their resolved query: one that reads the table itself is made again after the table was altered. -#}
{%- macro _make_views(made, new_rows, query) -%}
    {%- call statement('made_rows') -%}
        {{ create_table_as(True, made, query) }}
    {%- endcall -%}
    {%- if made != new_rows -%}
        {%- do get_assert_columns_equivalent('select * from ' ~ made) -%}
        {%- call statement('new_rows') -%}
            {{ create_temporary_view(new_rows, get_select_subquery('select * from ' ~ made)) }}
        {%- endcall -%}
    {%- endif -%}
{%- endmacro -%}


{#-
    The columns of the table that the new rows have too, after `on_schema_change` was followed, and whether it altered
    the table. Each is described once:
    dbt's own steps describe both again and again, which many small models wait for longer than for their rows.
-#}
{%- macro _columns_to_fill(existing, new_rows) -%}
    {%- set made = adapter.get_columns_in_relation(new_rows) -%}
    {%- set before = adapter.get_columns_in_relation(existing) -%}
    {%- set present = before -%}
    {%- if _described(made) != _described(before) -%}
        {%- set on_schema_change = incremental_validate_on_schema_change(config.get('on_schema_change'), default='ignore') -%}
        {%- do process_schema_changes(on_schema_change, new_rows, existing) -%}
        {%- if on_schema_change == 'append_new_columns' -%}
            {%- do _widen_columns(existing, new_rows) -%}
        {%- endif -%}
        {%- set present = adapter.get_columns_in_relation(existing) -%}
    {%- endif -%}
    {{ return((_shared_columns(present, made), _described(present) != _described(before))) }}
{%- endmacro -%}


{#- dbt-spark's own strategies, or that of a macro `get_incremental_<strategy>_sql`, as dbt's other adapters do it. -#}
{%- macro _incremental_sql(strategy, new_rows, existing, columns) -%}
    {%- set unique_key = config.get('unique_key') -%}
    {%- set predicates = config.get('predicates') or config.get('incremental_predicates') -%}
    {%- set own = _own_strategy(strategy) -%}
    {%- if own -%}
        {{ own({
            'target_relation': this,
            'temp_relation': new_rows,
            'unique_key': unique_key,
            'dest_columns': columns,
            'incremental_predicates': predicates,
        }) }}
    {%- elif strategy == 'merge' -%}
        {{ get_merge_sql(this, new_rows, unique_key, columns, predicates) }}
    {%- else -%}
        {{ dbt_spark_get_incremental_sql(strategy, new_rows, this, existing, unique_key, predicates) }}
    {%- endif -%}
{%- endmacro -%}


{#- The macro of a strategy that is not one of dbt-spark's. -#}
{%- macro _own_strategy(strategy) -%}
    {%- if strategy not in ['append', 'merge', 'insert_overwrite', 'microbatch'] -%}
        {{ return(context.get('get_incremental_' ~ strategy ~ '_sql')) }}
    {%- endif -%}
{%- endmacro -%}
