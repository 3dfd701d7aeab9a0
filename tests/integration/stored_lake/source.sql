create table items (
    item_id bigint primary key,
    label text,
    amount numeric(8, 2),
    score numeric(8, 2),
    updated_at timestamptz default clock_timestamp()
);

insert into items
select
    n as item_id,
    case when n <= 15 then 'common' else 'rare' end as label,
    n as amount,
    1 as score,
    timestamptz '2026-01-01 00:00:00+00' + n * interval '1 minute' as updated_at
from generate_series(1, 20) as numbers (n);

insert into items values
(21, 'bad', 0, 1, '2026-01-01 00:21:00+00'),
(22, 'early', 5, 1, '2999-01-01 00:00:00+00');

create table stores (store_id bigint primary key, name text, email text);

insert into stores values (1, 'north', 'ann@example.com'), (2, 'south', 'bob@example.com');
