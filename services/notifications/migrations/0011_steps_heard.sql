-- The last version at which each step was taken for a thing, so that a task that is heard of late is
-- not raised after what it asks for has happened.
create table step_heard (
    about_id text not null,
    event text not null,
    version bigint not null,
    primary key (about_id, event)
);

-- The Message Centre of a person at an organisation counts what becomes of its messages. The number
-- is taken under the row's lock at the end of each transaction: without gaps, in commit order.
create table mailbox (
    person_id uuid not null,
    organisation text not null,
    number bigint not null check (number >= 0),
    primary key (person_id, organisation)
);

create table mailbox_entry (
    person_id uuid not null,
    organisation text not null,
    number bigint not null,
    message_id uuid not null references message,
    change text not null check (change in ('RAISED', 'CHANGED')),
    primary key (person_id, organisation, number),
    foreign key (person_id, organisation) references mailbox
);
