-- One row per change of what lies in a store, with what lay there after it.
-- Trap: an update that arrives late changes the level after every later one, up to the next count.
{{
    config(
        incremental_strategy='recompute',
    )
}}

{%- set new_rows = stream(source('bakery', 'inventory_updates')) %}
{%- set continues = reads_changes_only(new_rows) %}

with

-- The new updates, and all that lie at or after them, or after an update that they replace, on the
-- same shelf.
affected as (
    {% call affected_groups() %}
    select update_id from {{ new_rows }}
    where {{ is_usable() }}
    {%- if continues %}
    union
    select present.update_id
    from {{ this }} as present
    inner join (
        select
            store_id,
            product_id,
            min(recorded_at) as changed_from
        from (
            select
                store_id,
                product_id,
                recorded_at
            from {{ new_rows }}
            where {{ is_usable() }}
            union all
            select
                replaced.store_id,
                replaced.product_id,
                replaced.recorded_at
            from {{ this }} as replaced
            left semi join {{ new_rows }} as added
                on replaced.update_id = added.update_id
        )
        group by
            store_id,
            product_id
    ) as changed
        on
            present.store_id = changed.store_id
            and present.product_id = changed.product_id
            and present.recorded_at >= changed.changed_from
    {%- endif %}
    {% endcall %}
),

usable as (
    select * from {{ new_rows }}
    where {{ is_usable() }}
),

bakery_stores as (
    select * from {{ ref('bakery_stores') }}
),

renamed as (
    select
        -- ids
        usable.update_id,
        usable.store_id,
        usable.product_id,

        -- texts
        usable.change_type,
        {{ lower_code('usable.unit') }} as unit,

        -- numbers
        usable.quantity,
        usable.unit_cost as unit_cost_amount,

        -- flags
        usable._is_deleted as is_deleted,

        -- times
        cast(
            from_utc_timestamp(usable.recorded_at, coalesce(bakery_stores.time_zone, 'UTC')) as date
        ) as recorded_date,
        usable.recorded_at,
        usable._ingested_at,

        -- where from
        usable._file_name,
        usable._file_row
    from usable
    left join bakery_stores
        on usable.store_id = bakery_stores.store_id
    {%- if continues %}
    union all
    select
        present.update_id,
        present.store_id,
        present.product_id,
        present.change_type,
        present.unit,
        present.quantity,
        present.unit_cost_amount,
        present.is_deleted,
        present.recorded_date,
        present.recorded_at,
        present._ingested_at,
        present._file_name,
        present._file_row
    from {{ this }} as present
    left semi join affected
        on present.update_id = affected.update_id
    {%- endif %}
),

deduplicated as (
    {{ deduplicate_latest('renamed', 'update_id', ['recorded_at', '_file_name', '_file_row']) }}
),

changed as (
    select
        store_id,
        product_id,
        min(recorded_at) as changed_from
    from renamed
    group by
        store_id,
        product_id
),

-- What lay there before the first of them.
openings as (
    {%- if continues %}
    select
        changed.store_id,
        changed.product_id,
        max_by(present.on_hand_quantity, struct(present.recorded_at, present.update_id))
            as opening_quantity
    from {{ this }} as present
    inner join changed
        on
            present.store_id = changed.store_id
            and present.product_id = changed.product_id
            and present.recorded_at < changed.changed_from
    group by
        changed.store_id,
        changed.product_id
    {%- else %}
    select
        store_id,
        product_id,
        cast(0 as decimal(18, 2)) as opening_quantity
    from changed
    {%- endif %}
),

-- Each count begins a stretch of its own, in which everything else adds and subtracts.
stretches as (
    select
        deduplicated.*,
        case deduplicated.change_type
            when 'restock' then deduplicated.quantity
            when 'count' then 0
            else -deduplicated.quantity
        end as change_quantity,
        if(
            deduplicated.change_type = 'count',
            deduplicated.quantity,
            coalesce(openings.opening_quantity, 0)
        ) as base_quantity,
        count_if(deduplicated.change_type = 'count') over (
            partition by deduplicated.store_id, deduplicated.product_id
            order by deduplicated.recorded_at, deduplicated.update_id
            rows between unbounded preceding and current row
        ) as stretch
    from deduplicated
    left join openings
        on
            deduplicated.store_id = openings.store_id
            and deduplicated.product_id = openings.product_id
),

levelled as (
    select
        * except (change_quantity, base_quantity, stretch),
        cast(
            first_value(base_quantity) over so_far + sum(change_quantity) over so_far
            as decimal(18, 2)
        ) as on_hand_quantity
    from stretches
    window so_far as (
        partition by store_id, product_id, stretch
        order by recorded_at, update_id
        rows between unbounded preceding and current row
    )
),

described as (
    select
        -- ids
        update_id,
        store_id,
        product_id,

        -- texts
        change_type,
        unit,

        -- numbers
        quantity,
        on_hand_quantity,
        unit_cost_amount,

        -- flags
        is_deleted,

        -- times
        recorded_date,
        recorded_at,
        _ingested_at,

        -- where from
        _file_name,
        _file_row
    from levelled
)

select * from described
