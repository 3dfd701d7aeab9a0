{#- Rows and their keys: what every MERGE here matches by. -#}


{#- The columns of a `unique_key`, which dbt takes as a text or a list. -#}
{%- macro _key_columns(unique_key) -%}
    {{ return([unique_key] if unique_key is string else unique_key | list) }}
{%- endmacro -%}


{%- macro _same_key(keys, left, right) -%}
    {%- for key in keys -%}
        {{ left }}.{{ key }} <=> {{ right }}.{{ key }}{{ ' and ' if not loop.last }}
    {%- endfor -%}
{%- endmacro -%}


{#- Iceberg inserts both of two source rows with the same new key in silence: refuse them. -#}
{%- macro _rows_with_one_per_key(target, new_rows, keys) -%}
    select * except (_copies)
        from (
            select *, count(*) over (partition by {{ keys | join(', ') }}) as _copies
            from {{ new_rows }}
        )
        where if(
            _copies > 1,
            raise_error(concat(
                '{{ target }} would get several rows for one key: ',
                to_json(struct({{ keys | join(', ') }}))
            )),
            true
        )
{%- endmacro -%}
