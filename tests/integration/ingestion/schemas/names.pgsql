-- Names that people give tables and columns, and keys of every kind.
create table "Users" (
    id int primary key, "createdAt" timestamptz not null default now(), "userName" text,
    "isActive" boolean
);
insert into "Users" values (1, now() - interval '1 day', 'a', true);
create table "order" (
    id int primary key, "user" text, "desc" text, "select" int, "table" text, "from" date,
    "default" boolean, "timestamp" timestamptz, "end" text, "null" text, "yes" text, "on" text
);
insert into "order"
values (1, 'u', 'd', 2, 't', '2024-01-01', true, now(), 'e', 'n', 'y', 'o');
create table spaced (
    "id" int primary key, "First Name" text, "größe" int, "a.b" text, "tax%" numeric(5,2),
    "x$y" int, _id text, _load_id text, _ingested_at timestamptz, "1st" int, "say ""x""" text
);
insert into spaced values (1, 'Ada', 7, 'dot', 19.5, 3, 'mongo', 'L', now(), 1, 'q');
create table twins (id int primary key, "ID" int, "Id" text);
insert into twins values (1, 2, 'three');
create table no_key (at timestamptz, msg text);
insert into no_key values (now(), 'one'), (now(), 'one');
create table nullable_key (a int, b int, v text, unique (a, b));
insert into nullable_key values (1, null, 'x'), (1, 2, 'y'), (null, null, 'z');
create table including (a int not null, b int not null, unique (a) include (b));
insert into including values (1, 2);
create table bool_key (user_id int, is_main boolean, v text, primary key (user_id, is_main));
insert into bool_key values (1, true, 'a'), (1, false, 'b');
create table float_key (f double precision primary key, v text);
insert into float_key values (1.5, 'a');
create table bytea_key (h bytea primary key, v text);
insert into bytea_key values ('\x01ff', 'a');
create table commented (id int primary key, tpl text);
comment on table commented is 'Mail bodies: {{ first_name }} and {% if x %} tags';
comment on column commented.tpl is E'line one\nline "two": #3 – ''quoted''';
insert into commented values (1, 'a');
create table empty_t (id int primary key, v text);
create table no_columns ();
create table "Ünï" (id int primary key);
create table only_float (f float8);
create table "line
break" ("tab\there" int primary key, "{{ jinja }}" int);
create table "{{ table }}" (id int primary key);
