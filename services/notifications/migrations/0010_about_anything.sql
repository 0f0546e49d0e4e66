-- Messages are about more than offers and declarations: about organisations too, whose key is their
-- ODS code, and about what no service or commissioner is named with.
alter table message alter column quality_service drop not null;
alter table message alter column commissioner drop not null;
-- The role for which somebody is told; null where it is for being who they are.
alter table message add column role text;
-- What the words name besides: roles given or taken, networks joined or left.
alter table message add column names text[] not null default '{}';
-- The day from which what is told of counts.
alter table message add column effective_on date;

alter table message drop constraint message_once_an_action;
alter table message add constraint message_once_an_action
    unique nulls not distinct (person_id, organisation, subject_code, action, quality_service);

alter table message_about alter column about_id type text using about_id::text;
alter table message_about drop constraint message_about_kind_check;
alter table message_about add constraint message_about_kind_check check (
    kind in ('OFFER', 'DECLARATION', 'CLAIM', 'MEMBERSHIP_PROPOSAL', 'ORGANISATION', 'PERSON')
);

-- Why somebody was told: each event that raised a message or added to it, and when it happened.
-- Never changed.
create table message_event (
    message_id uuid not null references message,
    event_id uuid not null,
    event_type text not null,
    about_id text not null,
    at timestamptz not null,
    primary key (message_id, event_id)
);
create index message_event_by_event on message_event (event_id);
