-- What notifications owns: the messages and tasks of the Message Centre, one row a recipient.
-- What it has heard of services is a read model: nothing refers to it by foreign key.

create table quality_service (
    id text primary key,
    version bigint not null,
    code text not null,
    name text not null,
    heard_at timestamptz not null default clock_timestamp()
);

create table message (
    id uuid primary key,
    version bigint not null,
    kind text not null check (kind in ('TASK', 'MESSAGE')),
    subject_code text not null,
    person_id uuid not null,
    organisation text not null,
    -- What one bulk action tells one person of is one row; `action` is shared by its events.
    action uuid not null,
    quality_service text not null,
    payment_type text,
    commissioner text not null,
    due_on date,
    reason text,
    count integer not null check (count > 0),
    -- Of a task: how many of the things it is about still wait for the step it asks for.
    outstanding integer not null check (outstanding >= 0),
    status text not null check (status in ('UNREAD', 'READ', 'DONE')),
    raised_at timestamptz not null,
    constraint message_once_an_action unique (person_id, organisation, subject_code, action),
    constraint only_tasks_are_done check (kind = 'TASK' or (status <> 'DONE' and outstanding = 0))
);
create index message_by_person on message (person_id, organisation, raised_at desc, id desc);
create index message_by_organisation on message (organisation, raised_at desc, id desc);

create table message_about (
    message_id uuid not null references message,
    kind text not null check (kind in ('OFFER', 'DECLARATION')),
    about_id uuid not null,
    provider text not null,
    done boolean not null,
    primary key (message_id, about_id)
);
create index message_about_waiting on message_about (about_id) where not done;
create index message_about_by_thing on message_about (about_id);

-- Declarations that are with the commissioner: declared, and not sent back since.
create table reached_commissioner (declaration_id uuid primary key);
