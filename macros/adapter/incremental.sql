{#-
    The materialization of every silver and gold table, in place of dbt-spark's own. It differs
    where the stock one damages data on Iceberg (see docs/architecture.md):

    - the position of each stream is written into the very snapshot that consumes the rows, with
      a hash of the model's SQL and rules, so that an edited model is built anew;
    - nothing new upstream: no statement and no snapshot;
    - `create or replace`, never drop: history stays and readers never miss the table;
    - the temporary view carries the schema's name, because all threads share one session;
    - MERGE matches null-safely, names its columns and refuses a key that comes twice.

    Strategies: `merge` and `recompute` (a file each beside this one) and `rebuild`.
-#}
{% materialization incremental, adapter='spark' %}
    {%- set strategy = config.require('incremental_strategy') -%}
    {%- set existing = load_relation(this) -%}
    {%- set streams = _streams_in(sql) -%}
    {%- set modes = streams | map(attribute='mode') | unique | list -%}

    {{ run_hooks(pre_hooks) }}

    {%- if existing is none or should_full_refresh() or 'rebuild' in modes -%}
        {%- set action = 'create' -%}
    {%- elif modes == ['unchanged'] -%}
        {%- set action = 'skip' -%}
    {%- elif strategy == 'merge' -%}
        {%- set action = 'merge' -%}
    {%- elif strategy == 'recompute' and modes and 'full' not in modes -%}
        {%- set action = 'recompute' -%}
    {%- elif strategy in ('recompute', 'rebuild') -%}
        {%- set action = 'create' -%}
    {%- else -%}
        {%- do exceptions.raise_compiler_error(
            this ~ ": incremental_strategy is '" ~ strategy
            ~ "'; allowed are merge, recompute and rebuild."
        ) -%}
    {%- endif -%}

    {%- if action == 'skip' -%}
        {%- call noop_statement('main', 'SKIP: nothing new upstream') -%}
            -- nothing new upstream
        {%- endcall -%}
    {%- else -%}
        {%- do _set_positions(streams) -%}
        {%- if action == 'create' -%}
            {%- call statement('main') -%}
                {{ create_table_as(False, this, sql) }}
            {%- endcall -%}
        {%- else -%}
            {%- do _merge_new_rows(action, existing) -%}
        {%- endif -%}
        {%- do _reset_positions() -%}
    {%- endif -%}

    {%- do apply_grants(this, config.get('grants'), should_revoke(existing, should_full_refresh())) -%}
    {%- do persist_docs(this, model) -%}
    {{ run_hooks(post_hooks) }}
    {{ return({'relations': [this]}) }}
{% endmaterialization %}


{%- macro _merge_new_rows(action, existing) -%}
    {%- set new_rows = 'firn__' ~ this.schema ~ '__' ~ this.identifier ~ '__new' -%}
    {%- if config.get('contract').enforced -%}
        {%- do get_assert_columns_equivalent(sql) -%}
    {%- endif -%}
    {%- call statement('new_rows') -%}
        create or replace temporary view {{ new_rows }} as
        {{ sql }}
    {%- endcall -%}
    {%- do process_schema_changes(
        incremental_validate_on_schema_change(config.get('on_schema_change'), default='append_new_columns'),
        api.Relation.create(identifier=new_rows), existing
    ) -%}
    {%- set columns = adapter.get_columns_in_relation(api.Relation.create(identifier=new_rows)) | map(attribute='name') | list -%}
    {%- call statement('main') -%}
        {%- if action == 'merge' -%}
            {{ _merge_sql(this, new_rows, columns) }}
        {%- else -%}
            {{ _recompute_sql(this, new_rows, columns) }}
        {%- endif -%}
    {%- endcall -%}
    {%- call statement('drop_new_rows') -%}
        drop view if exists {{ new_rows }}
    {%- endcall -%}
{%- endmacro -%}


{#- The streams a compiled model consumes, from the markers in its SQL. -#}
{%- macro _streams_in(compiled) -%}
    {%- set streams = [] -%}
    {%- for name, mode, snapshot, sequence in modules.re.findall(
        '/\* firn:stream (\S+) (\S+) (\S+):(\S+) \*/', compiled
    ) -%}
        {%- do streams.append({'name': name, 'mode': mode, 'snapshot': snapshot, 'sequence': sequence}) -%}
    {%- endfor -%}
    {{ return(streams) }}
{%- endmacro -%}


{#- Iceberg copies session settings of this prefix into the summary of every snapshot committed. -#}
{%- macro _set_positions(streams) -%}
    {%- set consumed = {} -%}
    {%- for stream in streams if stream.snapshot != 'none' -%}
        {%- do consumed.update({
            stream.name: {'snapshot': stream.snapshot, 'sequence': stream.sequence},
        }) -%}
    {%- endfor -%}
    {%- set positions = {'definition': _definition(), 'streams': consumed} -%}
    {%- call statement('set_positions') -%}
        set {{ _positions_setting() }} = `{{ tojson(positions) }}`
    {%- endcall -%}
{%- endmacro -%}


{%- macro _reset_positions() -%}
    {%- call statement('reset_positions') -%}
        reset {{ _positions_setting() }}
    {%- endcall -%}
{%- endmacro -%}


{%- macro _positions_setting() -%}
    {{ return('`spark.sql.iceberg.snapshot-property.' ~ _positions_property(this) ~ '`') }}
{%- endmacro -%}
