"""Queries of every shape that is derived, over the tables a, b and c."""

SHAPES = {
    # one table
    "all rows": "select * from a",
    "filter": "select k, x from a where x > 1",
    "computed key": "select k + g as kg, x from a",
    "filter on null": "select k, g from a where x is null or g = 1",
    "case": (
        "select k, case when x > 1 then 'many' when x is null then 'none' else 'few' end as s "
        "from a"
    ),
    "lateral alias": "select k, x + 1 as next, next * 2 as twice, next + twice as thrice from a",
    "alias of a column": "select k as id, id + g as s from a",
    "star except": "select * exclude (g) from a",
    "derived table": "select t.k, t.x from (select k, x from a where g > 0) as t where t.x < 3",
    "constant column": "select k, 1 as one, 'b' as letter from a",
    "distinct": "select distinct k, g from a",
    "distinct over an expression": "select distinct coalesce(k, 0) as k, x > 1 as big from a",
    # groups
    "group": "select k, count(*) as n, sum(x) as x from a group by k",
    "group by two": "select k, g, max(x) as x from a group by k, g",
    "group by a number": "select g, count(x) as n from a group by 1",
    "group by an alias": "select coalesce(g, 9) as h, count(*) as n from a group by h",
    "group by an expression": "select k % 2 as parity, min(x) as x from a group by k % 2",
    "group filtered": "select k, count(*) as n from a where g <> 1 group by k",
    "having": "select k, sum(x) as x from a group by k having count(*) > 1",
    "having by an alias": "select k, sum(x) as total from a group by k having total > 2",
    "filtered aggregate": "select k, count(*) filter (where x > 1) as n from a group by k",
    "count distinct": "select k, count(distinct g) as n from a group by k",
    "min by": "select k, min_by(x, (g, x)) as x from a where x is not null group by k",
    "group of groups": (
        "select n, count(*) as m from (select k, count(*) as n from a group by k) as t group by n"
    ),
    "key is an aggregate": "select max(x) as x, k from a group by k",
    "aliases among aggregates": (
        "select k, sum(x) as s, count(*) as n, s + n as sn from a group by k"
    ),
    "arithmetic of aggregates": "select k, sum(x) * 2 + count(*) as m from a group by k",
    "total": "select count(*) as n, max(x) as x from a",
    "total of a filter": "select sum(x) as x from a where k = 1",
    "total beside rows": (
        "select a.k, a.x, t.x as top from a cross join (select max(x) as x from a) as t"
    ),
    "total, nothing of it": "select a.k from a cross join (select max(x) as x from a) as t",
    "total, a literal of it": (
        "select a.k, t.one from a cross join (select 1 as one, count(*) as n from b) as t"
    ),
    "total as a limit": (
        "select b.k, b.y from b inner join (select max(x) as x from a) as t on b.y <= t.x"
    ),
    # joins
    "inner join": "select a.k, a.x, b.y from a inner join b on a.k = b.k",
    "inner join by range": "select a.k, b.y from a inner join b on a.x < b.y",
    "inner join, nothing of it": "select a.k, a.x from a inner join b on a.k = b.k and b.y > 1",
    "cross join": "select a.k, c.z from a cross join c",
    "comma join": "select a.k, c.z from a, c where a.k = c.k",
    "left join": "select a.k, a.x, b.y from a left join b on a.k = b.k",
    "left join with a condition": "select a.k, b.y from a left join b on a.k = b.k and b.g = 1",
    "left join, key of the right": "select b.k as bk, a.x from a left join b on a.k = b.k",
    "left join, is null": "select a.k, a.x from a left join b on a.k = b.k where b.k is null",
    "left join to groups": (
        "select a.k, a.x, t.n from a left join (select k, count(*) as n from b group by k) as "
        "t on a.k = t.k"
    ),
    "left join to a filter": (
        "select a.k, t.y from a left join (select * from b where y > 1) as t on a.k = t.k"
    ),
    "left join of left joins": (
        "select a.k, b.y, c.z from a left join b on a.k = b.k left join c on b.g = c.k"
    ),
    "left join, then inner": (
        "select a.k, b.y, c.z from a left join b on a.g = b.g inner join c on a.k = c.k"
    ),
    "right join": "select b.k, a.x from a right join b on a.k = b.k",
    "full join": "select coalesce(a.k, b.k) as k, a.x, b.y from a full join b on a.k = b.k",
    "full join with a condition": (
        "select a.k, b.g, b.y from a full join b on a.k = b.k and a.x > 1"
    ),
    "full join of groups": (
        "select coalesce(s.k, t.k) as k, s.n, t.n as m from (select k, count(*) as n from a "
        "group by k) as s full join (select k, count(*) as n from b group by k) as t on s.k = "
        "t.k"
    ),
    "semi join": "select a.k, a.x from a semi join b on a.k = b.k",
    "anti join": "select a.k, a.x from a anti join b on a.k = b.k and b.y > 1",
    "self join": "select l.k, l.x, r.x as other from a as l inner join a as r on l.k = r.g",
    "self left join": "select l.k, r.x from a as l left join a as r on l.k = r.g and r.x > 1",
    "using": "select k, x, y from a left join b using (k)",
    "null-safe join": "select a.k, b.y from a inner join b on a.k is not distinct from b.k",
    "join of three with groups": (
        "select a.g, sum(b.y) as y, count(c.z) as n from a left join b on a.k = b.k left join "
        "c on c.k = a.g group by a.g"
    ),
    "group by a column of the nullable side": (
        "select b.g, count(*) as n from a left join b on a.k = b.k group by b.g"
    ),
    # subqueries
    "exists": "select k, x from a where exists (select 1 from b where b.k = a.k and b.y > 1)",
    "not exists": "select k, x from a where not exists (select 1 from b where b.k = a.k)",
    "exists uncorrelated": "select k, x from a where exists (select 1 from c where z = 3)",
    "exists or": "select k, x from a where x > 2 or exists (select 1 from b where b.k = a.k)",
    "exists as a column": "select k, exists (select 1 from b where b.k = a.k) as has_b from a",
    "in": "select k, x from a where k in (select k from b where y > 0)",
    "in of groups": (
        "select k, x from a where k in (select k from b group by k having count(*) > 1)"
    ),
    "tuple in": "select k, g, x from a where (k, g) in (select k, g from b)",
    "not in": "select k, x from a where k not in (select k from b where y > 1)",
    "tuple not in": "select k, g, x from a where (k, g) not in (select k, g from b)",
    "not in of groups": (
        "select k, x from a where k not in (select k from b group by k having sum(y) > 2)"
    ),
    "not in correlated": "select k, x from a where x not in (select y from b where b.k = a.k)",
    "in as a column": "select k, x, x in (select y from b) as found from a",
    "not in beside or": "select k, x from a where x = 1 or k not in (select k from c)",
    "scalar": "select k, x, (select max(y) from b) as top from a",
    "scalar in where": "select k, x from a where x >= (select max(y) from b where g = 1)",
    "scalar correlated": "select k, (select sum(y) from b where b.k = a.k) as y from a",
    "scalar counted": "select k, (select count(*) from b where b.k = a.k and b.y > 0) as n from a",
    "scalar correlated in where": (
        "select k, x from a where x < (select max(y) from b where b.k = a.k)"
    ),
    "scalar by range": "select k, (select count(*) from b where b.y < a.x) as n from a",
    "subquery in having": (
        "select k, sum(x) as x from a group by k having sum(x) > (select min(y) from b)"
    ),
    # windows
    "running sum": (
        "select k, g, x, sum(x) over (partition by k order by g, x rows unbounded preceding) "
        "as s from a"
    ),
    "partition total": "select k, g, x, sum(x) over (partition by k) as s from a",
    "lag": "select k, g, x, lag(x) over (partition by k order by g, x) as before from a",
    "key is a window": (
        "select row_number() over (partition by k order by g, x) as place, k, x from a"
    ),
    "two partitions": (
        "select k, g, sum(x) over (partition by k) as s, count(*) over (partition by g) as n from a"
    ),
    "two partitions, one key": (
        "select k, sum(x) over (partition by k) as s, count(*) over (partition by k, g) as n from a"
    ),
    "named window": (
        "select k, g, lead(x) over w as after, max(x) over w as m from a window w as "
        "(partition by k order by g, x)"
    ),
    "newest only": (
        "select k, g, x from (select *, row_number() over (partition by k order by g desc, x "
        "desc) as place from a) as t where place = 1"
    ),
    "qualify": "select k, g, x from a qualify row_number() over (partition by k order by g, x) = 1",
    "qualify by an alias": (
        "select k, g, rank() over (partition by k order by g) as place from a qualify place < 2"
    ),
    "window of a partition not in the key": "select x, sum(k) over (partition by g) as s from a",
    "window over groups": (
        "select k, g, sum(x) as x, sum(sum(x)) over (partition by k order by g) as running "
        "from a group by k, g"
    ),
    "window after groups": (
        "select *, max(n) over (partition by k) as most from (select k, g, count(*) as n from "
        "a group by k, g) as t"
    ),
    "window over a join": (
        "select a.k, b.y, count(*) over (partition by a.k) as n from a left join b on a.k = b.k"
    ),
    "filter after a window": (
        "select k, g, x from (select *, sum(x) over (partition by k) as s from a) as t where s > 2"
    ),
    "filter by key after a window": (
        "select k, g, s from (select *, sum(x) over (partition by k) as s from a) as t where g = 1"
    ),
    "groups after a window": (
        "select k, s, count(*) as n from (select *, sum(x) over (partition by k) as s from a) "
        "as t group by k, s"
    ),
    "computed partition": "select k, x, count(*) over (partition by k % 2) as n from a",
    # set operations
    "union all": "select k, x from a union all select k, y from b",
    "union": "select k, x from a union select k, y from b",
    "union of three": "select k from a union all select k from b union select k from c",
    "except": "select k, x from a except select k, y from b",
    "except all": "select k, x from a except all select k, y from b",
    "intersect": "select k from a intersect select k from b",
    "intersect all": "select k from a intersect all select k from b",
    "groups of a union": (
        "select k, sum(v) as v from (select k, x as v from a union all select k, y from b) as "
        "t group by k"
    ),
    "join to a union": (
        "select c.k, t.v from c left join (select k, x as v from a union select k, y from b) "
        "as t on c.k = t.k"
    ),
    "window over a union": (
        "select k, v, sum(v) over (partition by k) as s from (select k, x as v from a union "
        "all select k, y from b) as t"
    ),
    # CTEs
    "cte": "with t as (select k, x from a where x > 0) select k, sum(x) as x from t group by k",
    "cte twice": (
        "with t as (select k, count(*) as n from a group by k) select one.k, one.n, two.n as "
        "m from t as one left join t as two on one.n = two.k"
    ),
    "cte and its total": (
        "with t as (select k, sum(x) as x from a group by k), top as (select max(x) as x from "
        "t) select t.k, t.x, top.x as most from t cross join top"
    ),
    "cte named as a table": (
        "with s as (select * from a), a as (select k, x from s where x > 1) select k, "
        "count(*) as n from a group by k"
    ),
    "ctes in a row": (
        "with s as (select *, row_number() over (partition by k order by g, x) as place from "
        "a), t as (select * from s where place = 1) select t.k, t.x, b.y from t left join b "
        "on t.k = b.k"
    ),
    # explode
    "explode": "select k, unnest(range(x)) as i from a",
    "explode, then groups": (
        "select i, count(*) as n from (select k, unnest(range(x)) as i from a) as t group by i"
    ),
    "explode, element left out": "select k from (select k, unnest(range(x)) as i from a) as t",
    "explode, alias used": "select k, unnest(range(x)) as i, i + g as s from a",
    # stacks
    "groups of a left join of groups": (
        "select t.n, count(*) as m from a left join (select k, count(*) as n from b group by "
        "k) as t on a.k = t.k group by t.n"
    ),
    "anti join of groups": (
        "select k, x from a where not exists (select 1 from (select k, sum(y) as y from b "
        "group by k) as t where t.k = a.k and t.y > 2)"
    ),
    "distinct of a window": "select distinct k, max(x) over (partition by k) as x from a",
    "total of a left join": "select count(*) as n, count(b.k) as m from a left join b on a.k = b.k",
    "share of a total": (
        "select k, sum(x) as x, sum(x) * 100 // nullif((select sum(x) from a), 0) as share "
        "from a group by k"
    ),
}
