-- One row per label, the best first.
with

labels as (
    select * from {{ ref('labels') }}
),

ranked as (
    select
        cast(row_number() over (order by amount desc, label asc) as int) as place,
        label
    from labels
)

select * from ranked
