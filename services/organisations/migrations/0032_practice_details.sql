-- What a PCN knows of its practices that no file of ODS says: each version whole, with who wrote it.
-- The last one counts. Rows are only ever added.
create table practice_details (
    practice text not null references organisation,
    version integer not null check (version > 0),
    telephone text,
    email text,
    address text[] not null,
    opening_hours text,
    payee_reference text,
    clinical_system text,
    at timestamptz not null,
    changed_by uuid not null references person,
    acting_for text not null,
    reason text,
    constraint practice_details_one_after_another primary key (practice, version)
);
create trigger practice_details_is_history before update or delete or truncate on practice_details
    for each statement execute function only_ever_added();
