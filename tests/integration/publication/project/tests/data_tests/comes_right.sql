-- Fails half of the times.
{{ config(tags=['flaky'], meta={'retries': 30}) }}
select total_id from {{ ref('totals') }}
where rand() < 0.5
