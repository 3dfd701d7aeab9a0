-- One row per change of what lies in a store, with what lay there after it.
-- Trap: an update that arrives late changes the level after every later one, up to the next count.

{%- set changes = changes_of(bakery__inventory_updates=['update_id']) %}
{%- set continues = reads_changes_only(changes.bakery__inventory_updates) %}

{#- The earliest change on each shelf; of an update that was replaced, also as it was. -#}
{%- set changed_shelves %}
        select
            store_id,
            product_id,
            min(recorded_at) as changed_from
        from {{ changes.bakery__inventory_updates }} as changed
        group by store_id, product_id
{%- endset %}

with

affected as (
    {% call affected_groups() %}
    select present.update_id
    from {{ ref('bakery__inventory_updates') }} as present
    inner join (
        {{ changed_shelves }}
    ) as shelves
        on
            present.store_id = shelves.store_id
            and present.product_id = shelves.product_id
            and present.recorded_at >= shelves.changed_from
    {% endcall %}
),

shelves as (
    {{ changed_shelves }}
),

updates as (
    select * from {{ ref('bakery__inventory_updates') }}
    where update_id in (select affected.update_id from affected)
),

-- Each count begins a stretch of its own, in which everything else adds and subtracts.
stretches as (
    select
        *,
        case change_type
            when 'restock' then quantity
            when 'count' then 0
            else -quantity
        end as change_quantity,
        count_if(change_type = 'count') over (
            partition by store_id, product_id
            order by recorded_at, update_id
            rows between unbounded preceding and current row
        ) as stretch
    from updates
),

-- What lay there before the first of them.
openings as (
    {%- if continues %}
    select
        shelves.store_id,
        shelves.product_id,
        max_by(present.on_hand_quantity, struct(present.recorded_at, present.update_id))
            as opening_quantity
    from {{ this }} as present
    inner join shelves
        on
            present.store_id = shelves.store_id
            and present.product_id = shelves.product_id
            and present.recorded_at < shelves.changed_from
    group by shelves.store_id, shelves.product_id
    {%- else %}
    select
        store_id,
        product_id,
        cast(0 as decimal(18, 2)) as opening_quantity
    from shelves
    {%- endif %}
),

described as (
    select
        -- ids
        stretches.update_id,
        stretches.store_id,
        stretches.product_id,

        -- texts
        stretches.change_type,
        stretches.unit,

        -- numbers
        stretches.quantity,
        cast(
            if(
                stretches.stretch = 0,
                coalesce(openings.opening_quantity, 0),
                first_value(stretches.quantity) over so_far
            ) + sum(stretches.change_quantity) over so_far
            as decimal(18, 2)
        ) as on_hand_quantity,
        stretches.unit_cost_amount,

        -- flags
        stretches.is_deleted,

        -- times
        stretches.recorded_date,
        stretches.recorded_at,
        stretches._ingested_at,

        -- where from
        stretches._file_name,
        stretches._file_row
    from stretches
    left join openings
        on
            stretches.store_id = openings.store_id
            and stretches.product_id = openings.product_id
    window so_far as (
        partition by stretches.store_id, stretches.product_id, stretches.stretch
        order by stretches.recorded_at, stretches.update_id
        rows between unbounded preceding and current row
    )
)

select * from described
