-- To whom each event was told, beside it, so that the history of an organisation is read in order.
alter table message_event add column person_id uuid;
alter table message_event add column organisation text;
alter table message_event add column subject_code text;
update message_event e set
    person_id = m.person_id, organisation = m.organisation, subject_code = m.subject_code
from message m
where m.id = e.message_id;
alter table message_event alter column person_id set not null;
alter table message_event alter column organisation set not null;
alter table message_event alter column subject_code set not null;
create index message_event_in_order
    on message_event (organisation, at desc, message_id desc, event_id desc);
create index message_event_by_person
    on message_event (person_id, organisation, at desc, message_id desc, event_id desc);
create index message_event_by_thing on message_event (about_id);

-- What a message said when something was last added to it, with the codes of what it names.
create table message_said (
    message_id uuid primary key references message,
    subject text not null,
    body text not null,
    words tsvector not null
);
create index message_said_words on message_said using gin (words);
