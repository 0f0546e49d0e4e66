-- Values that people submit, beside those that extracts bring: who, for whom, and what they replaced.

alter table achievement_value
    alter column load_id drop not null,
    add column submission_id uuid,
    add column acting_for text,
    -- An extract has brought it at some time: its provider changes it no more (DOMAIN 1.7).
    add column extracted boolean not null default false,
    -- Why it is far from the provider's own history; null if it is not.
    add column marked text;
update achievement_value v
set extracted = v.how = 'AUTOMATIC', acting_for = l.asked_for
from achievement_load l where l.id = v.load_id;
alter table achievement_value
    add constraint value_has_an_origin check (load_id is not null or submission_id is not null);
create index achievement_value_marked
    on achievement_value (achievement_date desc, provider, service_code, indicator)
    where marked is not null;

-- What a value was before it was replaced: nothing that was submitted is lost.
create table achievement_value_past (
    position bigint generated always as identity primary key,
    service_code text not null,
    achievement_date date not null,
    provider text not null,
    indicator text not null,
    numerator integer,
    denominator integer,
    register integer,
    others jsonb,
    how text not null,
    submitted_by text not null,
    submitted_at timestamp not null,
    load_id uuid,
    submission_id uuid,
    loaded_by uuid not null,
    loaded_at timestamptz not null,
    acting_for text,
    extracted boolean not null,
    marked text,
    replaced_at timestamptz not null
);
create index achievement_value_past_by_value
    on achievement_value_past (service_code, achievement_date, provider, indicator, position);
create trigger past_values_are_immutable before update or delete on achievement_value_past
    for each row execute function refuse_change();

-- One for each submission of a group, and at most one that is work in progress.
create table achievement_submission (
    id uuid primary key,
    service_code text not null,
    achievement_date date not null,
    provider text not null,
    group_code text not null,
    status text not null check (status in ('WORK_IN_PROGRESS', 'SUBMITTED')),
    last_submission boolean not null default true,
    given jsonb not null,  -- [{indicator, field, value}], as they were written
    notes text,
    person uuid not null,
    acting_for text not null,
    at timestamptz not null
);
create unique index achievement_submission_once on achievement_submission
    (service_code, achievement_date, provider, group_code, status) where last_submission;
