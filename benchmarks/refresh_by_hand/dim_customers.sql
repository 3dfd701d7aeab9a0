-- One row per customer, deleted ones included: facts of the past still point at them.
{{
    config(
        unique_key='customer_id',
    )
}}

{%- set changes = changes_of(shop__customers=['customer_id']) %}

with

affected as (
    {% call affected_groups() %}
    select customer_id from {{ changes.shop__customers }} as changed
    {% endcall %}
),

customers as (
    select *
    from {{ ref('shop__customers') }}
    where customer_id in (select affected.customer_id from affected)
),

described as (
    select
        -- ids
        customer_id,
        email_token,
        phone_token,

        -- texts
        city,
        country as customer_country,

        -- flags
        marketing_consent as has_marketing_consent,
        is_deleted,

        -- times
        created_at as registered_at,
        cast(created_at as date) as registered_date
    from customers
)

select * from described
