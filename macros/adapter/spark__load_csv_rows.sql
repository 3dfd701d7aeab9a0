{#-
    A seed's rows, every value as it stands in the file.

    Defect: dbt-spark binds values by Python's `%`, numbers as floats: an empty text becomes 'None', an
    apostrophe breaks the statement, a backslash begins an escape, 9007199254740993 becomes …992;
    a cast around every value makes large seeds slow; and readers see a table without rows, or with some.
    Upstream: dbt-adapters#487 (open) for NULL; the others were not found there.
    Repair: escaped literals, one cast per column over all rows, an error for what does not fit, and one commit where the
    format can replace a table.
    A table that was loaded from this very file is left as it is (see `spark__reset_csv_table`).

        config:
          column_types: {store_id: string, opened_date: date}    # of a seed; each value is cast to its type
-#}
{% macro spark__load_csv_rows(model, agate_table) %}
    {%- if not should_full_refresh() and _is_loaded_from(model) -%}
        {{ return('') }}
    {%- endif -%}
    {%- set batches = agate_table.rows | batch(get_batch_size()) | list -%}
    {%- if _is_replaced_whole(model) -%}
        {{ return(_replace_by_rows(model, agate_table, batches)) }}
    {%- endif -%}
    {%- set statements = [] -%}
    {%- for rows in batches -%}
        {%- set statement = 'insert into ' ~ this ~ _seed_rows(model, agate_table, rows) -%}
        {%- do adapter.add_query(statement, abridge_sql_log=True) -%}
        {%- do statements.append(statement) -%}
    {%- endfor -%}
    {{ return(statements[0]) }}
{% endmacro %}


{#- The table made anew of all rows, in one commit that says what file they are of; many rows come by way of views. -#}
{%- macro _replace_by_rows(seed, agate_table, batches) -%}
    {%- set queries, views = [], [] -%}
    {%- for rows in batches or [none] -%}
        {%- do queries.append(_seed_rows(seed, agate_table, rows)) -%}
    {%- endfor -%}
    {%- for query in queries if queries | length > 1 -%}
        {%- set view = make_temp_relation(this, '__rows_' ~ loop.index) -%}
        {%- do adapter.add_query('create or replace temporary view ' ~ view ~ ' as ' ~ query, abridge_sql_log=True) -%}
        {%- do views.append(view) -%}
    {%- endfor -%}
    {%- set replaced -%}
        create or replace table {{ this }}
        {{ file_format_clause() }}
        {{ partition_cols(label='partitioned by') }}
        {{ clustered_cols(label='clustered by') }}
        {{ location_clause() }}
        {{ comment_clause() }}
        {%- if _seed_hash(seed) %}
        tblproperties ('{{ _seed_property() }}' = '{{ _seed_hash(seed) }}')
        {%- endif %}
        as
        {% for view in views -%}
            select * from {{ view }}{{ ' union all ' if not loop.last }}
        {%- else -%}
            {{ queries[0] }}
        {%- endfor -%}
    {%- endset -%}
    {%- do adapter.add_query(replaced, abridge_sql_log=True) -%}
    {%- for view in views -%}
        {%- do run_query('drop view if exists ' ~ view) -%}
    {%- endfor -%}
    {{ return(replaced) }}
{%- endmacro -%}


{#- A query of some rows of a seed, in its types and columns; without rows it gives none. -#}
{%- macro _seed_rows(seed, agate_table, rows) -%}
    {%- set types = seed.config.get('column_types', {}) -%}
    {%- set quoted, casts, nulls = [], [], [] -%}
    {%- for name in agate_table.column_names -%}
        {%- set type = types.get(name, adapter.convert_type(agate_table, loop.index0)) -%}
        {%- set column = adapter.quote(name) -%}
        {%- do quoted.append(column) -%}
        {%- do nulls.append('null') -%}
        {%- do casts.append(_cast_or_refuse(seed.name, column, type) ~ ' as ' ~ column) -%}
    {%- endfor -%}
    {%- set lines = [] -%}
    {%- for row in rows or [] -%}
        {%- do lines.append('(' ~ _literals(row) ~ ')') -%}
    {%- endfor %}
            select {{ casts | join(', ') }}
            from values
            {{ lines | join(',\n') or '(' ~ nulls | join(', ') ~ ')' }}
                as given ({{ quoted | join(', ') }})
            {{ 'where false' if not rows }}
{%- endmacro -%}


{#- All values as text, which every type can be cast from without loss. -#}
{%- macro _literals(row) -%}
    {%- set literals = [] -%}
    {%- for value in row -%}
        {%- set is_decimal = value is number and value is not boolean -%}
        {%- set text = '{:f}'.format(value) if is_decimal else value | string -%}
        {%- do literals.append('null' if value is none else _text_literal(text)) -%}
    {%- endfor -%}
    {{ return(literals | join(', ')) }}
{%- endmacro -%}


{#- dbt-spark turns ANSI off, and then a cast that fails is NULL in silence. -#}
{%- macro _cast_or_refuse(seed, column, type) -%}
    if(
        {{ column }} is null or try_cast({{ column }} as {{ type }}) is not null,
        try_cast({{ column }} as {{ type }}),
        cast(raise_error(concat(
            '{{ seed }}: {{ column | replace('`', '') }} cannot hold \'', {{ column }}, '\' as {{ type }}'
        )) as {{ type }})
    )
{%- endmacro -%}
