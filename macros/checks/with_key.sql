{#-
    Landed rows with the key of the silver model made of them: where the key is not landed as it
    is, the model's YAML says how it is made of columns that are.

        config:
          unique_key: event_id
          meta:
            key: concat(car_chassis, '_', cast(event_primary_timestamp as string))

        select * from {{ with_key(stream(source('telemetry', 'events'))) }}

    Where nothing is said, the rows as they are. `is_usable` says what dbt unit tests hand over.
-#}
{% macro with_key(rows, model_name=none) -%}
    {%- if not execute -%}
        {{ return(rows) }}
    {%- endif -%}
    {%- set declared = _declared_config(model_name or _model_at_work()) -%}
    {%- if not declared.meta.get('key') -%}
        {{ return(rows) }}
    {%- endif -%}
    (select *, {{ declared.meta.key }} as {{ declared.unique_key }} from {{ rows }})
{%- endmacro %}
