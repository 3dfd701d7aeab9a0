-- One row per rating, with how good or bad its comment sounds.
-- Trap: sentiment_score is null where nothing was written, and 0 where it says neither.

{#- VADER's figures: how much a negation leaves, how far it reaches, and what tames long texts. -#}
{%- set negation = -0.74 %}
{%- set reach_words = 3 %}
{%- set damping = 15 %}
{%- set threshold = 0.05 %}

with

source as (
    select * from {{ stream(source('bakery', 'customer_feedback')) }}
),

usable as (
    select * from source
    where {{ is_usable() }}
),

deduplicated as (
    {{ deduplicate_latest('usable', 'feedback_id', ['submitted_at', '_file_name', '_file_row']) }}
),

words as (
    select
        feedback_id,
        posexplode(
            regexp_extract_all(lower(translate(comment, '’', chr(39))), "[a-z]+(?:'[a-z]+)*", 0)
        ) as (place, word)
    from deduplicated
),

telling_words as (
    select
        words.feedback_id,
        words.place,
        sentiment_lexicon.valence,
        sentiment_lexicon.is_negator,
        max(if(sentiment_lexicon.is_negator, words.place, null)) over (
            partition by words.feedback_id
            order by words.place
            rows between unbounded preceding and 1 preceding
        ) as negator_place,
        lead(if(sentiment_lexicon.valence = 0, null, words.place)) over (
            partition by words.feedback_id
            order by words.place
        ) as next_place
    from words
    inner join {{ ref('sentiment_lexicon') }} as sentiment_lexicon
        on words.word = sentiment_lexicon.word
),

-- "no" sounds bad by itself, but in "no problem" it only turns the next word round.
sums as (
    select
        feedback_id,
        cast(
            sum(
                case
                    when is_negator and next_place = place + 1 then 0
                    when place - negator_place <= {{ reach_words }} then {{ negation }} * valence
                    else valence
                end
            ) as double
        ) as valence
    from telling_words
    group by feedback_id
),

scores as (
    select
        deduplicated.*,
        case
            when {{ tidy_text('deduplicated.comment') }} is null then null
            else
                cast(
                    coalesce(sums.valence / sqrt(sums.valence * sums.valence + {{ damping }}), 0)
                    as decimal(5, 4)
                )
        end as sentiment_score,
        cast(
            from_utc_timestamp(
                deduplicated.submitted_at, coalesce(bakery_stores.time_zone, 'UTC')
            ) as date
        ) as submitted_date
    from deduplicated
    left join sums
        on deduplicated.feedback_id = sums.feedback_id
    left join {{ ref('bakery_stores') }} as bakery_stores
        on deduplicated.store_id = bakery_stores.store_id
),

renamed as (
    select
        -- ids
        feedback_id,
        {{ tidy_text('customer_id') }} as customer_id,
        store_id,
        {{ tidy_text('product_id') }} as product_id,

        -- texts
        {{ tidy_text('comment') }} as comment,
        {{ lower_code('channel') }} as channel,
        case
            when sentiment_score >= {{ threshold }} then 'positive'
            when sentiment_score <= -{{ threshold }} then 'negative'
            when sentiment_score is not null then 'neutral'
        end as sentiment_label,

        -- numbers
        rating,
        sentiment_score,

        -- flags
        _is_deleted as is_deleted,

        -- times
        submitted_date,
        submitted_at,
        _ingested_at,

        -- where from
        _file_name,
        _file_row
    from scores
)

select * from renamed
