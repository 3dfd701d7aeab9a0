-- One row per event: of the messages that bring it, the first by offset.
-- Trap: offsets of two partitions say nothing about time, and yet one message has to be the first
-- whenever each of them is landed. So the lowest offset counts, then the partition, then the topic;
-- the load decides only in a topic that was made anew, where offsets come again.

with

source as (
    select * from {{ stream(source('clickstream', 'events')) }}
),

usable as (
    select * from source
    where {{ is_usable() }}
),

deduplicated as (
    {{ deduplicate_first(
        'usable', 'event_id', ['_kafka_offset', '_kafka_partition', '_kafka_topic', '_ingested_at']
    ) }}
),

renamed as (
    select
        -- ids
        event_id,
        {{ tidy_text('user_id') }} as user_id,
        {{ tidy_text('session_id') }} as session_id,
        {{ tidy_text('product_id') }} as product_id,

        -- texts
        {{ lower_code('event_type') }} as event_type,
        {{ lower_code('category') }} as category,
        {{ lower_code('device') }} as device,

        -- numbers
        quantity,
        cast(coalesce(price, 0) as decimal(18, 2)) as price_amount,

        -- flags
        price is null as is_price_missing,
        _is_deleted as is_deleted,

        -- times
        event_timestamp as occurred_at,
        _kafka_timestamp,
        _ingested_at,

        -- where from
        _kafka_topic,
        _kafka_partition,
        _kafka_offset
    from deduplicated
)

select * from renamed
