-- The checkout's database, as its application would have made it: two tables that services write
-- independently, so an item may be there before its order, and no constraint says otherwise.
-- Run by the owner of the database; amounts are euros, times are instants (timestamptz).

create schema checkout;
comment on schema checkout is 'Orders as the checkout service takes them';

create function checkout.set_updated_at() returns trigger language plpgsql as $$
begin
    new.updated_at := now();
    return new;
end
$$;
comment on function checkout.set_updated_at() is
'Stamps every changed row with its transaction''s time';

create table checkout.orders (
    order_id bigint primary key,
    customer_id bigint not null,
    order_date timestamptz not null,
    total_amount numeric(12, 2) not null,
    status text not null,
    updated_at timestamptz not null default now()
);
comment on table checkout.orders is 'Headers of orders, with their current status';
comment on column checkout.orders.order_date is 'When the customer ordered';
comment on column checkout.orders.total_amount is
'What the customer was told to pay; not checked against the items';
comment on column checkout.orders.status is 'pending, paid, shipped or cancelled';
comment on column checkout.orders.updated_at is 'When this version of the row arrived';

create table checkout.order_items (
    order_item_id bigint primary key,
    order_id bigint not null,
    product_id bigint not null,
    quantity integer not null,
    unit_price numeric(12, 2) not null,
    updated_at timestamptz not null default now()
);
comment on table checkout.order_items is 'Lines of the orders; written once';
comment on column checkout.order_items.order_id is 'The order, which may arrive later';
comment on column checkout.order_items.updated_at is 'When the row arrived';

create index on checkout.orders (updated_at);
create index on checkout.orders (order_date) where status in ('pending', 'paid');
create index on checkout.order_items (updated_at);

create trigger set_updated_at before update on checkout.orders
for each row execute function checkout.set_updated_at();
create trigger set_updated_at before update on checkout.order_items
for each row execute function checkout.set_updated_at();

create schema sandbox;
comment on schema sandbox is 'What the sandbox keeps of the checkout; no part of the source system';

create table sandbox.clock (
    is_only boolean primary key default true check (is_only),
    seed bigint not null,
    today date not null,
    next_order_id bigint not null
);
comment on table sandbox.clock is 'One row: the seed, the next day and the next order';
comment on column sandbox.clock.today is 'The first day that has not happened yet';

do $$
begin
    if exists (select from pg_roles where rolname = 'firn_reader') then
        grant usage on schema checkout to firn_reader;
        grant select on all tables in schema checkout to firn_reader;
    end if;
end
$$;
