-- The macro `ratio` against results worked out by hand: halves go away from zero, a quotient just
-- below a half stays below (Spark's own division would round it up first), nothing divides by 0.
-- Returns the cases in which it is wrong.
with

listed as (
    select explode(array(
        struct('1', '8', '0.13'),
        struct('-1', '8', '-0.13'),
        struct('1', '-8', '-0.13'),
        struct('-1', '-8', '0.13'),
        struct('0', '-8', '0'),
        struct('10', '3', '3.33'),
        struct('20', '3', '6.67'),
        struct('0.01', '2', '0.01'),
        struct('49999999999999.99', '10000000000000000', '0'),
        struct('50000000000000', '10000000000000000', '0.01'),
        struct('99999999999999.99', '0.01', '9999999999999999'),
        struct('5', '0', null),
        struct('0', '0', null),
        struct(null, '1', null),
        struct('1', null, null)
    )) as listed_case
),

cases as (
    select
        cast(listed_case.col1 as decimal(28, 2)) as numerator,
        cast(listed_case.col2 as decimal(28, 2)) as denominator,
        cast(listed_case.col3 as decimal(18, 2)) as wanted
    from listed
),

results as (
    select
        *,
        {{ ratio('numerator', 'denominator', 2) }} as found
    from cases
)

select
    numerator,
    denominator,
    wanted,
    found
from results
where not wanted <=> found
