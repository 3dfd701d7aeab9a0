-- What Prisma makes: camelCase, reserved words, an enum, uuid keys, times without a zone, a table that joins two.
create type "Role" as enum ('ADMIN', 'USER');
create table "User" (
    id uuid primary key default gen_random_uuid(), email text not null unique,
    role "Role" not null default 'USER', "createdAt" timestamp(3) not null default now(),
    "updatedAt" timestamp(3) not null default now()
);
create table "Order" (
    id uuid primary key default gen_random_uuid(), "userId" uuid not null references "User" (id),
    "total" numeric(65,30) not null, "group" text, "updatedAt" timestamp(3) not null
);
create table "_OrderToUser" ("A" uuid not null, "B" uuid not null);
create unique index "_OrderToUser_AB_unique" on "_OrderToUser" ("A", "B");
create table "_prisma_migrations" (
    id varchar(36) primary key, checksum varchar(64) not null, finished_at timestamptz,
    started_at timestamptz not null default now()
);
create table "Group" ("group" text primary key, "select" int, "when" date);
insert into "User" (email) values ('a@x.example'), ('b@x.example');
insert into "Order" select gen_random_uuid(), id, 12.5, 'g', now() from "User";
insert into "_OrderToUser" select "Order".id, "userId" from "Order";
insert into "Group" values ('order', 1, '2024-02-29');
