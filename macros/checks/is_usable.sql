{#-
    Whether a landed row may enter silver: a predicate over the columns of the raw table, from the
    rules in the model's own YAML.

        config:
          meta:
            rules:
              - {name: quantity_is_positive, expect: quantity > 0}

        select * from source where {{ is_usable() }}

    A rule is broken only where it is false; what cannot be known passes, as in a CHECK constraint,
    so a column that must be there has a rule that says `… is not null`. No rule applies to a
    tombstone: it says that the row is gone, and that holds whatever the row was. Must stand before
    the newest version is chosen, so that a broken version never hides the usable one before it.

    In dbt unit tests the configuration of models is out of reach, and the test hands it over as
    `overrides: {vars: {declared: {<model>: <its config>}}}`, best by a YAML anchor.
-#}
{% macro is_usable(model_name=none) -%}
    {%- if not execute -%}
        {{ return('true') }}
    {%- endif -%}
    {%- set conditions = [] -%}
    {%- for rule in _declared_config(model_name or _model_at_work()).meta.rules -%}
        {%- do conditions.append(_rule_holds(rule)) -%}
    {%- endfor -%}
    (
        _is_deleted
        or (
            {{ conditions | join('\n            and ') }}
        )
    )
{%- endmacro %}


{%- macro _rule_holds(rule) -%}
    {{ return('coalesce(' ~ rule.expect ~ ', true)') }}
{%- endmacro -%}


{#- The name of the model being built or unit-tested. -#}
{%- macro _model_at_work() -%}
    {{ return((model.tested_node_unique_id or model.name).split('.')[-1]) }}
{%- endmacro -%}


{%- macro _declared_config(model_name) -%}
    {%- if model.resource_type == 'unit_test' -%}
        {{ return(var('declared')[model_name]) }}
    {%- endif -%}
    {%- set found = graph.nodes.values() | selectattr('resource_type', 'equalto', 'model')
        | selectattr('name', 'equalto', model_name) | list -%}
    {%- if not found or not found[0].config.meta.get('rules') -%}
        {%- do exceptions.raise_compiler_error(
            model_name ~ ': no rules under config.meta in its YAML; every silver model has at least '
            ~ 'one, that its key is not null.'
        ) -%}
    {%- endif -%}
    {{ return(found[0].config) }}
{%- endmacro -%}
