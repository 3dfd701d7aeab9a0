{#-
    All rows of a table that readers see, made anew on the run's branch. `create or replace` would drop main and every other
    branch and tag of it.

    Columns that are new are added, and those whose type is wider are widened: readers see them at once, a new one as
    NULL. A column of another type is refused, because readers would lose its values before the run is published;
    `--full-refresh` accepts that.

        {% set sql = adapter.dispatch('replaced_rows_sql')(this, sql) %}
-#}
{% macro spark__replaced_rows_sql(relation, compiled_code) %}
    {%- if not (_is_gold(model) and adapter.firn_is_published(relation.schema, relation.identifier)) -%}
        {{ return(none) }}
    {%- endif -%}
    {%- if flags.EMPTY -%}
        {%- do exceptions.raise_compiler_error(
            relation ~ ' holds rows that readers see: --empty would leave none of them. Fix: leave out --full-refresh, or'
            ~ ' leave this model out.'
        ) -%}
    {%- endif -%}
    {%- if config.get('contract').enforced -%}
        {%- do get_assert_columns_equivalent(compiled_code) -%}
        {%- set compiled_code = get_select_subquery(compiled_code) -%}
    {%- endif -%}
    {%- set columns = _columns_of_query(compiled_code) -%}
    {%- do _fit_columns(relation, columns) -%}
    {%- do adapter.firn_stage_table(relation.schema, relation.identifier) -%}
    {%- set names = columns | map(attribute='quoted') | join(', ') -%}
    {{ return(
        'insert overwrite ' ~ relation ~ ' (' ~ names ~ ')\nselect ' ~ names ~ ' from (\n' ~ compiled_code ~ '\n)'
    ) }}
{% endmacro %}


{%- macro _columns_of_query(query) -%}
    {%- set columns = [] -%}
    {%- for row in run_query('describe query ' ~ query).rows -%}
        {%- do columns.append(api.Column(row['col_name'], row['data_type'])) -%}
    {%- endfor -%}
    {{ return(columns) }}
{%- endmacro -%}


{%- macro _fit_columns(relation, columns) -%}
    {%- set present = {} -%}
    {%- for column in adapter.get_columns_in_relation(relation) -%}
        {%- do present.update({column.name | lower: column}) -%}
    {%- endfor -%}
    {%- set added, widened, replaced = [], [], [] -%}
    {%- for column in columns -%}
        {%- set known = present.get(column.name | lower) -%}
        {%- if known is none -%}
            {%- do added.append(column) -%}
        {%- elif _is_wider(column.dtype, known.dtype) -%}
            {%- do widened.append(column.quoted ~ ' type ' ~ column.dtype) -%}
        {%- elif column.dtype != known.dtype -%}
            {%- do _require_full_refresh(relation, known, column) -%}
            {%- do replaced.append(column) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if widened -%}
        {%- do run_query('alter table ' ~ relation.render() ~ ' alter column ' ~ widened | join(', ')) -%}
    {%- endif -%}
    {%- if added or replaced -%}
        {%- do alter_relation_add_remove_columns(relation, none, replaced) -%}
        {%- do alter_relation_add_remove_columns(relation, added + replaced, none) -%}
    {%- endif -%}
{%- endmacro -%}


{%- macro _require_full_refresh(relation, known, column) -%}
    {%- if not should_full_refresh() -%}
        {%- do exceptions.raise_compiler_error(
            relation ~ ': the model makes ' ~ column.name ~ ' of type ' ~ column.dtype ~ ', the table has '
            ~ known.dtype ~ '. Readers would see NULL in it until this run is published. Fix: give the column a new'
            ~ ' name, or accept that: dbt build --full-refresh --select ' ~ model.name
        ) -%}
    {%- endif -%}
{%- endmacro -%}
