{#-
    One row per landed row version and rule that it breaks, by the rules that `is_usable` applies
    for the silver model of the table. `rows` is the raw table, or what a stream has of it.

        {{ rejected_rows('shop', 'orders', stream(source('shop', 'orders'))) }}

    `reason` says what was expected; what was found stands in `row_json`.
    `rejection_id` follows from table, key, version and rule alone, so reading a version twice
    gives the same rows. Times keep their microseconds in JSON, which Spark would cut off.
-#}
{% macro rejected_rows(source_name, table_name, rows) -%}
    {%- if not execute -%}
        {{ return('select * from ' ~ rows) }}
    {%- endif -%}
    {%- set model_name = _name_of_silver_model(source_name, table_name) -%}
    {%- set declared = _declared_config(model_name) -%}
    {%- set key = declared.unique_key -%}
    {%- set json_options -%}
        map(
            'ignoreNullFields', 'false',
            'timestampFormat', "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX",
            'timestampNTZFormat', "yyyy-MM-dd'T'HH:mm:ss.SSSSSS"
        )
    {%- endset -%}
    select
        sha2(
            concat_ws(
                '|',
                '{{ table_name }}',
                to_json(struct({{ key }}, {{ declared.meta.version | join(', ') }}), {{ json_options }}),
                _broken.rule_name
            ),
            256
        ) as rejection_id,
        '{{ table_name }}' as table_name,
        to_json(struct({{ key }})) as row_key,
        _broken.rule_name,
        _broken.reason,
        to_json(struct(* except (_broken)), {{ json_options }}) as row_json,
        _load_id,
        _ingested_at
    from (
        select
            *,
            explode(array_compact(array(
                {%- for rule in declared.meta.rules %}
                if(
                    _is_deleted or {{ _rule_holds(rule) }},
                    null,
                    named_struct(
                        'rule_name', '{{ rule.name }}',
                        'reason', {{ _text_literal('expected ' ~ rule.expect) }}
                    )
                )
                {{- ',' if not loop.last }}
                {%- endfor %}
            ))) as _broken
        from {{ with_key(rows, model_name) }}
    )
{%- endmacro %}


{#- The silver model of a raw table; unit tests declare it by the name it has by default. -#}
{%- macro _name_of_silver_model(source_name, table_name) -%}
    {%- set by_default = source_name ~ '__' ~ table_name -%}
    {%- if model.resource_type == 'unit_test' -%}
        {{ return(by_default) }}
    {%- endif -%}
    {%- set found = _silver_model_of('source.' ~ project_name ~ '.' ~ source_name ~ '.' ~ table_name) -%}
    {{ return(found.name if found else by_default) }}
{%- endmacro -%}


{#- The model that reads a source and has rules for its rows; none where no model has. -#}
{%- macro _silver_model_of(source_id) -%}
    {%- for node in graph.nodes.values() | selectattr('resource_type', 'equalto', 'model') -%}
        {%- if source_id in node.depends_on.nodes and node.config.meta.get('rules') -%}
            {{ return(node) }}
        {%- endif -%}
    {%- endfor -%}
    {{ return(none) }}
{%- endmacro -%}
