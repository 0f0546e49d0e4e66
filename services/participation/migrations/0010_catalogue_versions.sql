-- Drafts are edited, compared and discarded; what is published may wait for its day; every line has
-- an owner, whose Catalogue Managers write it.
alter table quality_service
    add column owner text not null default 'ENG',
    add column kind text not null default 'ACHIEVEMENT'
        check (kind in ('ACHIEVEMENT', 'PARTICIPATION_ONLY', 'CLAIM')),
    add column accepted_on_behalf boolean not null default false,
    add column members_take_part_in text,  -- the line a network's members sign up to
    add column revision integer not null default 1 check (revision > 0),
    -- Everybody who wrote some of it: none of them publishes it.
    add column authors uuid[] not null default '{}',
    -- When it was decided that the version is published on a day; `published_at` is when it was.
    add column decided_at timestamptz,
    add column publish_on date,
    -- What becomes of the accepted offers of the version before it.
    add column accepted_offers text check (accepted_offers in ('KEEP', 'MOVE'));
update quality_service set authors = array[drafted_by] where status = 'DRAFT';
alter table quality_service alter column owner drop default;

alter table quality_service
    drop constraint quality_service_status_check,
    add constraint quality_service_status_check
        check (status in ('DRAFT', 'SCHEDULED', 'PUBLISHED', 'DISCARDED')),
    drop constraint quality_service_dates,
    add constraint quality_service_dates
        check (status in ('DRAFT', 'DISCARDED') or starts_on <= ends_on),
    add constraint quality_service_authors check (not published_by = any (authors));
drop index quality_service_draft;
create unique index quality_service_draft on quality_service (code)
    where status in ('DRAFT', 'SCHEDULED');
create index quality_service_scheduled on quality_service (publish_on) where status = 'SCHEDULED';

-- What was looked at when it was decided to publish is what is published.
create function keep_decided() returns trigger language plpgsql as $$
begin
    raise exception 'only a draft can be edited: %', old.id
        using errcode = 'integrity_constraint_violation';
end;
$$;
create trigger quality_service_decided before update on quality_service
    for each row
    when (old.status <> 'DRAFT' and old.specification is distinct from new.specification)
    execute function keep_decided();

-- What became of a version: who, when, why and, of an edit, what.
create table quality_service_history (
    quality_service text not null references quality_service,
    position integer not null,
    what text not null check (
        what in ('DRAFTED', 'EDITED', 'SCHEDULED', 'UNSCHEDULED', 'PUBLISHED', 'DISCARDED')
    ),
    at timestamptz not null,
    by uuid,  -- null where the day came, and no person
    acting_for text,
    reason text,
    changes jsonb not null default '[]',
    primary key (quality_service, position)
);
insert into quality_service_history (quality_service, position, what, at, by, acting_for)
select id, 1, 'DRAFTED', drafted_at, drafted_by, drafted_for from quality_service;
insert into quality_service_history (quality_service, position, what, at, by, acting_for, reason)
select id, 2, 'PUBLISHED', published_at, published_by, published_for, published_reason
from quality_service where status = 'PUBLISHED';
