-- A colleague who receives somebody's tasks for a time. From the first day to the last, unless it
-- ended before.
create table cover (
    id uuid primary key,
    organisation text not null,
    person_id uuid not null,
    colleague_id uuid not null,
    starts_on date not null,
    ends_on date not null,
    ended_at timestamptz,
    constraint cover_by_another check (person_id <> colleague_id),
    constraint cover_dates_in_order check (starts_on <= ends_on)
);
create index cover_of on cover (person_id, organisation, starts_on);
create index cover_by on cover (colleague_id, organisation, starts_on);
create index cover_at on cover (organisation, starts_on desc, id desc);

-- What was done with it, by whom. Never changed.
create table cover_history (
    cover_id uuid not null references cover,
    change text not null check (change in ('NAMED', 'ENDED')),
    at timestamptz not null,
    by uuid not null,
    primary key (cover_id, change)
);

-- The colleagues in whose place its recipient was told.
alter table message add column covers uuid[] not null default '{}';
