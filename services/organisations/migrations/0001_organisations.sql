create table organisation (
    ods_code text primary key,
    -- A short name for what constraints compare: integers exclude three times as fast as texts.
    number integer generated always as identity unique,
    version integer not null default 1,
    kind text not null
        check (kind in ('NATION', 'REGION', 'ICB', 'SUB_ICB', 'PCN', 'PRACTICE')),
    name text not null,
    status text not null
        check (status in ('ACTIVE', 'CLOSED', 'DORMANT', 'PROPOSED', 'NAMED_ONLY')),
    opened_on date,
    closed_on date,
    address text[] not null default '{}',
    postcode text,
    changed_at timestamptz not null,
    constraint organisation_closes_after_it_opens check (closed_on >= opened_on)
);
comment on column organisation.status is
    'NAMED_ONLY: other organisations name it, no file says what it is (commissioners long gone)';
create index organisation_by_kind on organisation (kind, ods_code);

-- Facts have two times: counted_on or valid_from/valid_to say when they are true, known_from and
-- known_to from when until when we took them for true. In force is what has no known_to.
create table list_size (
    id bigint generated always as identity primary key,
    ods_code text not null references organisation,
    counted_on date not null,
    patients integer not null check (patients >= 0),
    known_from timestamptz not null,
    known_to timestamptz
);
create unique index list_size_in_force on list_size (ods_code, counted_on) where known_to is null;

create table payee (
    id uuid primary key,
    ods_code text not null references organisation,
    number integer not null references organisation (number),
    payee text not null references organisation,
    valid_from date not null,
    valid_to date,
    known_from timestamptz not null,
    known_to timestamptz,
    constraint payee_ends_after_it_starts check (valid_to >= valid_from),
    constraint payee_one_at_a_time exclude using gist (
        int4range(number, number, '[]') with &&,
        daterange(valid_from, valid_to, '[]') with &&
    ) where (known_to is null)
);
create index payee_by_organisation on payee (ods_code, valid_from) where known_to is null;

create table relationship (
    id uuid primary key,
    kind text not null
        check (kind in ('MEMBER_OF', 'COMMISSIONED_BY', 'PART_OF', 'SUCCESSOR_OF')),
    source text not null references organisation,
    target text not null references organisation,
    -- One for each source and kind: what must not overlap.
    line integer not null,
    valid_from date not null,
    valid_to date,
    known_from timestamptz not null,
    known_to timestamptz,
    constraint relationship_ends_after_it_starts check (valid_to >= valid_from),
    constraint relationship_is_with_another check (source <> target),
    -- An organisation may take over from several at once; anything else it is of one at a time.
    constraint relationship_one_at_a_time exclude using gist (
        int4range(line, line, '[]') with &&,
        daterange(valid_from, valid_to, '[]') with &&
    ) where (known_to is null and kind <> 'SUCCESSOR_OF')
);
create index relationship_by_source on relationship (source, kind, valid_from)
    where known_to is null;
create index relationship_by_target on relationship (target, kind, valid_from)
    where known_to is null;
-- The hierarchy is small: a walk over it reads these rows and no others.
create index relationship_of_parts on relationship (target)
    where known_to is null and kind = 'PART_OF';

-- The rows of ePCN as they came, whether they overlap or not.
create table membership_row (
    id uuid primary key,
    practice text not null references organisation,
    pcn text not null references organisation,
    practice_sub_icb text not null,
    pcn_sub_icb text not null,
    starts_on date not null,
    ends_on date,
    sub_icbs_match boolean,
    known_from timestamptz not null,
    known_to timestamptz
);
create index membership_row_by_practice on membership_row (practice, starts_on)
    where known_to is null;

create table import (
    id uuid primary key,
    asked_by uuid not null,
    organisation text not null,
    at timestamptz not null,
    files jsonb not null,
    outcome text not null check (outcome in ('APPLIED', 'UNCHANGED', 'DRY_RUN', 'REFUSED')),
    report jsonb not null
);
create index import_by_time on import (at desc);
