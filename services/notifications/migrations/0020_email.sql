-- Who is mailed about what, and what became of each mail. Times of delivery are those of the real
-- clock: a demonstration's clock may stand still.

-- Names and addresses as organisations tells them: personal data, a read model.
create table contact (
    person_id uuid primary key,
    version bigint not null,
    name text not null,
    email text not null,
    heard_at timestamptz not null default clock_timestamp()
);

-- What somebody chose; where they did not, the default of the kind holds.
create table email_preference (
    person_id uuid not null,
    kind text not null,
    choice text not null check (choice in ('AT_ONCE', 'DAILY', 'NEVER')),
    chosen_at timestamptz not null,
    primary key (person_id, kind)
);
-- Those who are told of acceptances, which nobody is told of by default.
create index email_preference_opted_in on email_preference (kind, person_id)
    where kind = 'ACCEPTANCES' and choice <> 'NEVER';

create table email_preference_change (
    id uuid primary key,
    person_id uuid not null,
    kind text not null,
    -- Null where nothing had been chosen.
    choice_before text,
    choice_after text not null,
    -- Chosen by a link in a mail, whose holder has not signed in.
    by_link boolean not null,
    at timestamptz not null
);
create index email_preference_change_by_person on email_preference_change (person_id, id desc);

-- A mail: about one message, or the digest of a day. Its id is in its Message-ID.
create table email_delivery (
    id uuid primary key,
    person_id uuid not null,
    message_id uuid references message,
    digest_on date,
    status text not null check (
        status in ('WAITING', 'RETRYING', 'SENDING', 'SENT', 'FAILED', 'UNCERTAIN', 'WITHHELD')
    ),
    made_at timestamptz not null,
    attempts integer not null default 0,
    -- While it waits: when it is tried next.
    due_at timestamptz not null,
    -- While it is being sent: when whoever sends it must have said what came of it.
    claimed_until timestamptz,
    ended_at timestamptz,
    problem_code text,
    problem text,
    constraint about_a_message_or_a_day check ((message_id is null) <> (digest_on is null)),
    constraint one_digest_a_day unique (person_id, digest_on)
);
-- What is added to a message before its mail is tried goes into that mail.
create unique index email_delivery_gathering on email_delivery (message_id)
    where status = 'WAITING';
create index email_delivery_due on email_delivery (due_at) where status in ('WAITING', 'RETRYING');
create index email_delivery_claimed on email_delivery (claimed_until) where status = 'SENDING';
create index email_delivery_by_person on email_delivery (person_id, id desc);

-- Each event that told somebody something, considered once: by which mail it went, or why by none.
create table email_item (
    message_id uuid not null,
    event_id uuid not null,
    person_id uuid,
    kind text,
    -- Null until it is considered.
    choice text check (choice in ('AT_ONCE', 'DAILY', 'NEVER')),
    -- Of a daily one: the day whose digest it was for, whether or not that told of it.
    digest_on date,
    delivery_id uuid references email_delivery,
    primary key (message_id, event_id),
    foreign key (message_id, event_id) references message_event
);
create index email_item_new on email_item (message_id) where choice is null;
create index email_item_daily on email_item (digest_on) where choice = 'DAILY';
create index email_item_by_delivery on email_item (delivery_id);

-- Whoever tells somebody something need not know of mail: it is put here in the same transaction.
create function email_note_events() returns trigger language plpgsql as $$
begin
    insert into email_item (message_id, event_id) select message_id, event_id from added;
    return null;
end $$;
create trigger message_event_for_email after insert on message_event
    referencing new table as added
    for each statement execute function email_note_events();

-- An acceptance, for those who asked for a digest of them when it was heard.
create table email_acceptance (
    event_id uuid not null,
    person_id uuid not null,
    organisation text not null,
    provider text not null,
    quality_service text not null,
    at timestamptz not null,
    digest_on date,
    delivery_id uuid references email_delivery,
    primary key (event_id, person_id)
);
create index email_acceptance_daily on email_acceptance (digest_on);
create index email_acceptance_by_delivery on email_acceptance (delivery_id);

-- The days whose digests are made, by the business clock.
create table email_digest_day (day date primary key, made_at timestamptz not null);

-- An address that refused a mail: its digest, so that it can be told whether it has changed since.
create table email_bounce (
    person_id uuid primary key,
    address_hash bytea not null,
    delivery_id uuid not null references email_delivery,
    since timestamptz not null
);
