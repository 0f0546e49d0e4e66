-- What one bulk action tells one person of is one row for each service: a row names its service and
-- payment type, which say what it is about and which Supervisors see it.
alter table message drop constraint message_once_an_action;
alter table message add constraint message_once_an_action
    unique (person_id, organisation, subject_code, action, quality_service);
