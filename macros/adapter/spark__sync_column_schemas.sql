{#-
    The columns of a table and the fields of its structs, brought in step with the model, or an error before any is.

    Defect: `on_schema_change: sync_all_columns` adds and drops columns, then changes the types that differ one by one:
    a type that Iceberg cannot change stops the model halfway, and a struct with another field is one.
    Upstream: no report found.
    Repair: fields of structs, also in arrays and maps, are added and dropped by their path, types are widened, and
    whatever else differs is refused first.

        {{ config(on_schema_change='sync_all_columns') }}
-#}
{% macro spark__sync_column_schemas(on_schema_change, target_relation, schema_changes_dict) %}
    {%- if on_schema_change != 'sync_all_columns' or config.get('file_format') != 'iceberg' -%}
        {{ return(dbt.default__sync_column_schemas(on_schema_change, target_relation, schema_changes_dict)) }}
    {%- endif -%}
    {%- set present = _described(schema_changes_dict['target_columns']) -%}
    {%- set changes = {'add columns': [], 'drop columns': [], 'alter column': []} -%}
    {%- for column in schema_changes_dict['new_target_types'] -%}
        {%- set name = column['column_name'] -%}
        {%- do _note_type_changes(changes, adapter.quote(name), present[name], column['new_type']) -%}
    {%- endfor -%}
    {%- set added, dropped = schema_changes_dict['source_not_in_target'], schema_changes_dict['target_not_in_source'] -%}
    {%- do alter_relation_add_remove_columns(target_relation, added, dropped) if added or dropped -%}
    {%- for action, clauses in changes.items() if clauses -%}
        {%- do run_query('alter table ' ~ target_relation.render() ~ ' ' ~ action ~ ' ' ~ clauses | join(', ')) -%}
    {%- endfor -%}
{% endmacro %}
