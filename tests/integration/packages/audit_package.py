"""A package of our own with what widely used ones are made of: path -> text, no network needed.

Hooks that upload results and incremental models that are made empty (elementary), rows of the graph
inserted in batches (dbt_project_evaluator), tests by the names that Firn has too (dbt_utils), an
operation that writes YAML (codegen), types by dispatch (dbt_expectations).
"""

PROJECT = """
name: audit
version: 1.0.0
require-dbt-version: [">=1.3.0", "<3.0.0"]
model-paths: [models]
macro-paths: [macros]
vars: {audit_batch: 2}
on-run-start: ["{{ audit.begin() }}"]
on-run-end: ["{{ audit.upload(results) }}"]
models:
  audit:
    +materialized: view
"""
RUN_RESULTS = """
{{ config(materialized='incremental', unique_key='result_id', on_schema_change='append_new_columns',
          full_refresh=false) }}
select * from (
    select
        cast(null as {{ audit.text_type() }}) as result_id,
        cast(null as {{ audit.text_type() }}) as status,
        cast(null as {{ dbt.type_timestamp() }}) as finished_at
) as nothing
where 1 = 0
"""
PROPERTIES = """
models:
  - name: run_results
    columns:
      - {name: result_id, data_type: varchar}
      - {name: finished_at, data_type: date}
"""
RESOURCES = """
{{ config(materialized='table', post_hook="{{ audit.insert_resources(this) }}") }}
select cast(null as {{ audit.text_type() }}) as name,
    cast(null as {{ audit.text_type() }}) as schema_name
where false
"""
DAILY = """
{{ config(materialized='incremental', incremental_strategy=audit.strategy(), unique_key='day',
          merge_update_columns=['rows_count']) }}
select 1 as day, {{ 2 if is_incremental() else 1 }} as rows_count
{% if is_incremental() %}
union all select 2, count(*) from {{ this }}
{% endif %}
"""
RESULTS_OF_MODELS = """
select * from {{ ref('run_results') }} where result_id like 'model.%'
"""
TYPES = """
{% macro text_type() %}{{ return(adapter.dispatch('text_type', 'audit')()) }}{% endmacro %}
{% macro default__text_type() %}varchar{% endmacro %}
{% macro spark__text_type() %}string{% endmacro %}

{% macro strategy() %}{{ return(adapter.dispatch('strategy', 'audit')()) }}{% endmacro %}
{% macro default__strategy() %}{% do return(none) %}{% endmacro %}
{% macro spark__strategy() %}{% do return('merge') %}{% endmacro %}

{% macro label() %}{{ return(adapter.dispatch('label', 'audit')()) }}{% endmacro %}
{% macro default__label() %}{{ return('of the package') }}{% endmacro %}
"""
TESTS = """
{% test expression_is_true(model, expression, column_name=none) %}
select * from {{ model }} where not ({{ column_name or '' }} {{ expression }})
{% endtest %}

{% test has_column_of_type(model, column_name, type) %}
{%- set found = [] -%}
{%- for column in adapter.get_columns_in_relation(model) if execute -%}
    {%- if column.name | upper == column_name | upper -%}{%- do found.append(column.dtype) -%}{%- endif -%}
{%- endfor -%}
select '{{ found | join }}' as type where '{{ found | join }}' <> '{{ type }}'
{% endtest %}
"""  # noqa: E501
HOOKS = """
{% macro begin() %}
    {% do log('audit: ' ~ audit.label() ~ ', batches of ' ~ var('audit_batch')) %}
    {{ return('') }}
{% endmacro %}

{% macro upload(results) %}
    {% if execute and results %}
        {% set table = adapter.get_relation(
            database=target.database, schema='audit', identifier='run_results') %}
        {% if table %}
            {% set names = adapter.get_columns_in_relation(table) | map(attribute='name') | list %}
            {% set rows = [] %}
            {% for result in results %}
                {% do rows.append("('" ~ result.node.unique_id ~ "', '" ~ result.status ~ "', "
                    ~ dbt.current_timestamp() ~ ")") %}
            {% endfor %}
            {% for chunk in rows | batch(var('audit_batch')) %}
                {% set new = make_temp_relation(table) %}
                {% do run_query(create_table_as(true, new,
                    'select * from values ' ~ chunk | join(', ') ~ ' as given (' ~ names | join(', ') ~ ')')) %}
                {% do run_query('insert into ' ~ table ~ ' select * from ' ~ new) %}
            {% endfor %}
        {% endif %}
    {% endif %}
    {{ return('') }}
{% endmacro %}

{% macro insert_resources(table) %}
    {% if execute %}
        {% for nodes in graph.nodes.values() | selectattr('resource_type', 'equalto', 'model')
                | batch(var('audit_batch')) %}
            {% set rows = [] %}
            {% for node in nodes %}
                {% do rows.append("('" ~ node.name ~ "', '" ~ node.schema ~ "')") %}
            {% endfor %}
            {% do run_query('insert into ' ~ table ~ ' values ' ~ rows | join(', ')) %}
        {% endfor %}
    {% endif %}
    {{ return('select 1') }}
{% endmacro %}
"""  # noqa: E501
OPERATIONS = """
{% macro write_yaml(model_name) %}
    {% set lines = ['- name: ' ~ model_name, '  label: ' ~ audit.label()] %}
    {% for column in adapter.get_columns_in_relation(ref(model_name)) %}
        {% set described = {'name': column.name, 'data_type': column.data_type} %}
        {% do lines.append('  - ' ~ tojson(described)) %}
    {% endfor %}
    {% set table = api.Relation.create(schema='audit', identifier='written') %}
    {% do run_query('create or replace table ' ~ table ~ ' as select '
        ~ dbt.string_literal(lines | join(';')) ~ ' as text') %}
{% endmacro %}
"""

FILES = {
    "dbt_project.yml": PROJECT,
    "models/run_results.sql": RUN_RESULTS,
    "models/run_results.yml": PROPERTIES,
    "models/resources.sql": RESOURCES,
    "models/daily.sql": DAILY,
    "models/results_of_models.sql": RESULTS_OF_MODELS,
    "macros/types.sql": TYPES,
    "macros/tests.sql": TESTS,
    "macros/hooks.sql": HOOKS,
    "macros/operations.sql": OPERATIONS,
}
