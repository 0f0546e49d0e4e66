-- Events on their way out. The columns are those Debezium's event router expects, so that change
-- data capture can take the relay's place. A row is deleted when Kafka has acknowledged it.
create table chassis.outbox (
    position bigint generated always as identity primary key,
    id uuid not null,
    aggregatetype text not null,  -- the topic
    aggregateid text not null,    -- the record's key
    type text not null,
    payload json not null,
    headers jsonb not null,
    -- False for topics that carry a whole state; the others' events stay small.
    bounded boolean not null,
    constraint outbox_payload_is_small check (not bounded or octet_length(payload::text) <= 2048),
    -- A broker takes a megabyte; a row it refused would stop everything behind it.
    constraint outbox_payload_can_be_sent check (octet_length(payload::text) <= 900000)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);

-- Whether the last relay ended in good order. If it did not, what it sent last may still be on its
-- way, and its successor waits that long.
create table chassis.relay (
    one boolean primary key default true check (one),
    in_order boolean not null
);
insert into chassis.relay (in_order) values (true);

-- What reactions have heard already, so that an event takes effect once.
create table chassis.inbox (
    reader text not null,
    event uuid not null,
    heard_at timestamptz not null default now(),
    primary key (reader, event)
);
create index inbox_by_age on chassis.inbox using brin (heard_at);

-- Answers given, so that a command sent twice is done once.
create table chassis.idempotency (
    person uuid not null,
    organisation text not null,
    key text not null,
    operation text not null,
    fingerprint text not null,
    answer jsonb,
    at timestamptz not null,
    primary key (person, organisation, key)
);
create index idempotency_by_age on chassis.idempotency (at);

-- What somebody was shown in a dry run and may commit within minutes.
create table chassis.selection (
    token text primary key,
    person uuid not null,
    organisation text not null,
    operation text not null,
    ids uuid[] not null,
    versions integer[] not null,
    expires_at timestamptz not null
);
create index selection_by_age on chassis.selection (expires_at);

-- Work that outlasts a request.
create table chassis.job (
    id uuid primary key,
    kind text not null,
    input jsonb not null,
    person uuid not null,
    organisation text not null,
    status text not null check (status in ('WAITING', 'RUNNING', 'DONE', 'FAILED')),
    done bigint not null default 0,
    total bigint,
    answer jsonb,
    error jsonb,
    attempts integer not null default 0,
    asked_at timestamptz not null,
    changed_at timestamptz not null default now()
);
create index job_to_do on chassis.job (asked_at) where status in ('WAITING', 'RUNNING');
