{#-
    A seed's rows, every value as it stands in the file.

    Defect: dbt-spark binds values by Python's `%`, numbers as floats: an empty text becomes 'None', an
    apostrophe breaks the statement, a backslash begins an escape, 9007199254740993 becomes …992; and
    a cast around every value makes large seeds slow.
    Upstream: dbt-adapters#487 (open) for NULL; the others were not found there.
    Repair: escaped literals, one cast per column over all rows, and an error for what does not fit.
    A table that was loaded from this very file is left as it is (see `spark__reset_csv_table`).

        config:
          column_types: {store_id: string, opened_date: date}    # of a seed; each value is cast to its type
-#}
{% macro spark__load_csv_rows(model, agate_table) %}
    {%- if _is_loaded_from(model) -%}
        {{ return('') }}
    {%- endif -%}
    {%- set names = agate_table.column_names -%}
    {%- set types = model.config.get('column_types', {}) -%}
    {%- set quoted, casts = [], [] -%}
    {%- for name in names -%}
        {%- set type = types.get(name, adapter.convert_type(agate_table, loop.index0)) -%}
        {%- do quoted.append(adapter.quote(name)) -%}
        {%- do casts.append(_cast_or_refuse(model.name, adapter.quote(name), type)) -%}
    {%- endfor -%}
    {%- set statements = [] -%}
    {%- for rows in agate_table.rows | batch(get_batch_size()) -%}
        {%- set lines = [] -%}
        {%- for row in rows -%}
            {%- do lines.append('(' ~ _literals(row) ~ ')') -%}
        {%- endfor -%}
        {%- set statement -%}
            insert into {{ this }} ({{ quoted | join(', ') }})
            select {{ casts | join(', ') }}
            from values
            {{ lines | join(',\n') }}
                as given ({{ quoted | join(', ') }})
        {%- endset -%}
        {%- do adapter.add_query(statement, abridge_sql_log=True) -%}
        {%- do statements.append(statement) -%}
    {%- endfor -%}
    {%- if _seed_hash(model) and model.config.get('file_format') in ['iceberg', 'delta'] -%}
        {%- do run_query(
            'alter table ' ~ this ~ " set tblproperties ('" ~ _seed_property() ~ "' = '" ~ _seed_hash(model) ~ "')"
        ) -%}
    {%- endif -%}
    {{ return(statements[0] if statements else '') }}
{% endmacro %}


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
