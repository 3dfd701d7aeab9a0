{#-
    Every row refers to a row of another model. Two kinds of rows are exempt:

    - the other row was landed, but broke a rule: it is in quarantine, and this one is not to blame (where rows
      leave the landed table, `rejected` names the model of quarantine that keeps it);
    - this row changed less than a day before the other table was landed last: tables are read one
      after the other, so a row may arrive one load before the row it refers to.

        - refers_to:
            arguments:
              to: ref('shop__orders')
              landed: source('shop', 'orders')

    Rows deleted upstream may refer to anything. Fails with the rows that refer to nothing.
-#}
{% test refers_to(model, column_name, to, landed, field=none, changed_at='updated_at', rejected=none) %}
    {%- set field = field or column_name %}

with

known as (
    select {{ field }} as known_key from {{ to }}
    union
    select {{ field }} as known_key from {{ landed }}
    {%- if rejected %}
    union
    select cast(get_json_object(row_key, '$.{{ field }}') as bigint) as known_key
    from {{ rejected }}
    where table_name = '{{ landed.identifier }}'
    {%- endif %}
),

last_load as (
    select max(_ingested_at) as landed_at from {{ landed }}
)

select referring.*
from {{ model }} as referring
cross join last_load
left anti join known
    on referring.{{ column_name }} = known.known_key
where
    not referring.is_deleted
    and referring.{{ column_name }} is not null
    and referring.{{ changed_at }} < last_load.landed_at - interval 1 day

{% endtest %}
