create table person (
    id uuid primary key,
    version integer not null default 1,
    issuer text not null,
    subject text not null,
    status text not null default 'ACTIVE' check (status in ('ACTIVE', 'DISABLED')),
    name text not null check (name <> ''),
    email text not null,
    constraint person_signs_in_as_one unique (issuer, subject)
);
create unique index person_has_a_mailbox on person (lower(email));

create table person_link (
    person_id uuid not null references person,
    organisation text not null references organisation,
    primary key (person_id, organisation)
);
create index person_link_by_organisation on person_link (organisation, person_id);

-- payment_types is null where the role holds for all of them.
create table person_role (
    person_id uuid not null,
    organisation text not null,
    role text not null,
    payment_types text[] check (cardinality(payment_types) > 0),
    primary key (person_id, organisation, role),
    foreign key (person_id, organisation) references person_link on delete cascade
);
create index person_role_by_organisation on person_role (organisation, role);

-- Who changed what of whom, when and why. Rows are only ever added.
create table person_change (
    id uuid primary key,
    person_id uuid not null references person,
    at timestamptz not null,
    changed_by uuid,  -- null: the bootstrap
    acting_for text not null,
    change text not null check (
        change in ('ADDED', 'LINKED', 'UNLINKED', 'ROLE_GRANTED', 'ROLE_WITHDRAWN', 'DISABLED')
    ),
    organisation text,
    role text,
    payment_types text[],
    reason text
);
create index person_change_by_person on person_change (person_id, at);

create function only_ever_added() returns trigger language plpgsql as $$
begin
    raise exception '% is only ever added to', tg_table_name using errcode = 'restrict_violation';
end
$$;
create trigger person_change_is_history before update or delete or truncate on person_change
    for each statement execute function only_ever_added();
