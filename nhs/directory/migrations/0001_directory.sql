-- What a service has heard of organisations and people: a read model, rebuilt from events at any
-- time. Nothing of a service's own refers to it by foreign key.
create schema directory;

create table directory.organisation (
    ods_code text primary key,
    version bigint not null,
    kind text not null,
    name text not null,
    status text not null,
    opened_on date,
    closed_on date,
    postcode text
);

create table directory.list_size (
    ods_code text not null references directory.organisation on delete cascade,
    counted_on date not null,
    patients integer not null,
    primary key (ods_code, counted_on)
);

create table directory.payee (
    ods_code text not null references directory.organisation on delete cascade,
    payee text not null,
    valid_from date not null,
    valid_to date,
    primary key (ods_code, valid_from)
);

-- From the source to the target, in force from valid_from to valid_to, both days included;
-- valid_to is null while it lasts.
create table directory.relationship (
    id uuid primary key,
    kind text not null,
    source text not null references directory.organisation on delete cascade,
    target text not null,
    valid_from date not null,
    valid_to date
);
create index relationship_by_source on directory.relationship (source, kind, valid_from);
create index relationship_by_target on directory.relationship (target, kind, valid_from);
-- The hierarchy is small: a walk over it reads these rows and no others.
create index relationship_of_parts on directory.relationship (target) where kind = 'PART_OF';

create table directory.person (
    id uuid primary key,
    version bigint not null,
    issuer text not null,
    subject text not null,
    status text not null
);
-- Not unique: while events of two people who swapped subjects are on their way, both may stand here.
create index person_by_subject on directory.person (subject, issuer);

create table directory.person_link (
    person_id uuid not null references directory.person on delete cascade,
    organisation text not null,
    primary key (person_id, organisation)
);

-- payment_types is null where the role holds for all of them.
create table directory.person_role (
    person_id uuid not null,
    organisation text not null,
    role text not null,
    payment_types text[],
    primary key (person_id, organisation, role),
    foreign key (person_id, organisation) references directory.person_link on delete cascade
);
create index person_role_by_organisation on directory.person_role (organisation, role);
