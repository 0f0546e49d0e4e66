-- Every version of an organisation: what was known of it from a moment on, and who said so, why.
-- ODS dates neither names nor addresses: they count from the day on which they were heard of.
create table organisation_version (
    ods_code text not null references organisation,
    version integer not null,
    known_from timestamptz not null,
    name text not null,
    status text not null,
    opened_on date,
    closed_on date,
    address text[] not null,
    postcode text,
    parts jsonb not null,
    changed_by uuid,
    acting_for text,
    import uuid,
    reason text,
    primary key (ods_code, version)
);
comment on column organisation_version.parts is
    'its list sizes, payees, relationships and so on in force, for the history to compare';
create trigger organisation_version_is_history before update or delete or truncate
    on organisation_version for each statement execute function only_ever_added();

insert into organisation_version
    (ods_code, version, known_from, name, status, opened_on, closed_on, address, postcode, parts)
select ods_code, version, changed_at, name, status, opened_on, closed_on, address, postcode, '{}'
from organisation where version > 0;

-- A Clinical Director is a person known here, or a role somebody holds; who it is stays here.
create table clinical_director (
    id uuid primary key,
    ods_code text not null references organisation,
    number integer not null references organisation (number),
    person_id uuid references person,
    title text check (title <> ''),
    valid_from date not null,
    valid_to date,
    known_from timestamptz not null,
    known_to timestamptz,
    constraint clinical_director_is_a_person_or_a_role check (num_nonnulls(person_id, title) = 1),
    constraint clinical_director_ends_after_it_starts check (valid_to >= valid_from),
    constraint clinical_director_one_at_a_time exclude using gist (
        int4range(number, number, '[]') with &&,
        daterange(valid_from, valid_to, '[]') with &&
    ) where (known_to is null)
);
create index clinical_director_by_organisation on clinical_director (ods_code, valid_from);

create table network_agreement (
    id uuid primary key,
    ods_code text not null references organisation,
    number integer not null references organisation (number),
    reference text not null check (reference <> ''),
    signed_on date not null,
    valid_from date not null,
    valid_to date,
    known_from timestamptz not null,
    known_to timestamptz,
    constraint network_agreement_ends_after_it_starts check (valid_to >= valid_from),
    constraint network_agreement_one_at_a_time exclude using gist (
        int4range(number, number, '[]') with &&,
        daterange(valid_from, valid_to, '[]') with &&
    ) where (known_to is null)
);
create index network_agreement_by_organisation on network_agreement (ods_code, valid_from);

-- What was known at any time, not only what is in force.
create index relationship_ever_by_source on relationship (source, kind, valid_from);
create index relationship_ever_by_target on relationship (target, kind, valid_from);
create index list_size_ever on list_size (ods_code, counted_on);
create index payee_ever on payee (ods_code, valid_from);
