{#-
    Upsert on `unique_key`. `config.meta.version` lists the columns whose tuple orders the
    versions of a row: a matched row changes only for a greater one, so that any order and any
    batching of the same input gives the same table.
-#}
{% macro _merge_sql(target, new_rows, columns) %}
    {%- set keys = _key_columns() -%}
    {%- set meta = config.get('meta', {}) -%}
    merge into {{ target }} as target
    using (
        {{ _rows_with_one_per_key(target, new_rows, keys) }}
    ) as source
        on {{ _same_key(keys, 'target', 'source') }}
    when matched
        {%- if meta.get('version') %} and {{ _is_newer(meta.version, 'source', 'target') }}{% endif %}
        then update set {{ _assignments(columns) }}
    when not matched then insert ({{ columns | join(', ') }})
        values ({{ _prefixed(columns, 'source') | join(', ') }})
{% endmacro %}


{%- macro _key_columns() -%}
    {%- set keys = config.require('unique_key') -%}
    {{ return([keys] if keys is string else keys) }}
{%- endmacro -%}


{%- macro _prefixed(columns, alias) -%}
    {%- set names = [] -%}
    {%- for column in columns -%}
        {%- do names.append(alias ~ '.' ~ column) -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro -%}


{%- macro _same_key(keys, left, right) -%}
    {%- for key in keys -%}
        {{ left }}.{{ key }} <=> {{ right }}.{{ key }}{{ ' and ' if not loop.last }}
    {%- endfor -%}
{%- endmacro -%}


{%- macro _assignments(columns) -%}
    {%- for column in columns -%}
        target.{{ column }} = source.{{ column }}{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro -%}


{%- macro _is_newer(version, newer, older) -%}
    struct({{ _prefixed(version, newer) | join(', ') }}) > struct({{ _prefixed(version, older) | join(', ') }})
{%- endmacro -%}


{#- Iceberg inserts both of two source rows with the same new key in silence: refuse them. -#}
{%- macro _rows_with_one_per_key(target, new_rows, keys) -%}
    select * except (_firn_copies)
        from (
            select *, count(*) over (partition by {{ keys | join(', ') }}) as _firn_copies
            from {{ new_rows }}
        )
        where if(
            _firn_copies > 1,
            raise_error(concat(
                '{{ target }} would get several rows for one key: ',
                to_json(struct({{ keys | join(', ') }}))
            )),
            true
        )
{%- endmacro -%}
