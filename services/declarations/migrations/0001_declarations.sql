-- What declarations owns: achievement, calculations, declarations and the ledger of payments.
-- What it has heard of services and offers is a read model: nothing refers to it by foreign key.

-- agreements ------------------------------------------------------------------------------------
create table quality_service (
    id text primary key,
    code text not null,
    version bigint not null,
    name text not null,
    payment_type text,
    provider_kind text not null,
    payment_period text not null,
    starts_on date not null,
    ends_on date not null,
    no_declaration_required boolean not null,
    no_approval_required boolean not null,
    specification jsonb not null,
    digest text not null,
    heard_at timestamptz not null default clock_timestamp()
);
create index quality_service_by_code on quality_service (code);

create table service_period (
    quality_service text not null references quality_service on delete cascade,
    starts_on date not null,
    ends_on date not null,
    achievement_date date not null,
    primary key (quality_service, starts_on)
);
create index service_period_by_achievement_date on service_period (achievement_date);

-- Which field of an extract carries which part of an indicator's values.
create table indicator_field (
    quality_service text not null references quality_service on delete cascade,
    indicator text not null,
    field text not null,
    part text not null,
    primary key (quality_service, indicator, field)
);

create table offer (
    id uuid primary key,
    version bigint not null,
    quality_service text not null,
    service_code text not null,
    payment_type text,
    provider text not null,
    commissioner text not null,
    status text not null,
    starts_on date not null,
    ends_on date not null,
    ended_on date,
    -- The last day of participation; null if there is none.
    participates_until date generated always as (
        case
            when status = 'APPROVED' or (status = 'CANCELLED' and ended_on is not null)
                then least(ends_on, ended_on)
        end
    ) stored,
    heard_at timestamptz not null default clock_timestamp()
);
create index offer_by_service on offer (quality_service, provider);
create index offer_by_provider on offer (provider, service_code);

-- achievement -----------------------------------------------------------------------------------
-- One row for each provider, service, achievement date and indicator: nothing is paired later.
create table achievement_value (
    service_code text not null,
    achievement_date date not null,
    provider text not null,
    indicator text not null,
    numerator integer,
    denominator integer,
    register integer,
    others jsonb,
    how text not null check (how in ('AUTOMATIC', 'MANUAL')),
    submitted_by text not null,
    submitted_at timestamp not null,
    load_id uuid not null,
    loaded_by uuid not null,
    loaded_at timestamptz not null,
    primary key (service_code, achievement_date, provider, indicator),
    constraint achievement_in_proportion check (numerator <= denominator)
);

create table achievement_load (
    id uuid primary key,  -- the job's
    file_name text not null,
    counts jsonb not null default '{}',
    error_count integer not null default 0,
    asked_by uuid not null,
    asked_for text not null,
    asked_at timestamptz not null
);

create table achievement_load_error (
    load_id uuid not null references achievement_load on delete cascade,
    line integer not null,
    position integer generated always as identity,
    code text not null,
    field text,
    message text not null,
    primary key (load_id, line, position)
);

-- The rows of an extract while they are checked. Unlogged: after a crash the load starts again.
create unlogged table achievement_staging (
    load_id uuid not null,
    line integer not null,
    service_code text not null,
    provider text not null,
    achievement_date date not null,
    indicator text not null,
    field text not null,
    value integer not null,
    submitted_by text not null,
    submitted_at timestamp not null
);

-- calculation -----------------------------------------------------------------------------------
create table prevalence_set (
    id uuid primary key,
    quality_service text not null,
    name text not null,
    source text not null,
    loaded_by uuid not null,
    loaded_at timestamptz not null
);
create index prevalence_set_by_service on prevalence_set (quality_service, id desc);

create table national_prevalence (
    set_id uuid not null references prevalence_set on delete cascade,
    group_code text not null,
    prevalence numeric not null check (prevalence > 0 and prevalence <= 1),
    primary key (set_id, group_code)
);

-- The constants a calculation stood on, frozen: one row for each set of them.
create table calculation_run (
    id uuid primary key,
    quality_service text not null,
    digest text not null,  -- of the specification, which names every rule and constant
    specification jsonb not null,
    prevalence_set uuid references prevalence_set,
    prevalences jsonb not null,
    demonstration boolean not null,
    started_at timestamptz not null,
    unique nulls not distinct (quality_service, digest, prevalence_set, demonstration)
);

create table calculation (
    declaration_id uuid not null,
    version integer not null,
    run_id uuid not null references calculation_run,
    list_size integer not null,
    list_on date not null,
    list_stands_in boolean not null,  -- of another day than the one the service names
    points numeric(10, 2) not null,
    pounds numeric(14, 2) not null,
    provisional boolean not null,
    hash text not null,
    calculated_at timestamptz not null,
    primary key (declaration_id, version)
);

create table calculation_line (
    declaration_id uuid not null,
    version integer not null,
    indicator text not null,
    numerator integer,
    denominator integer,
    register integer,
    points numeric(10, 2) not null,
    pounds numeric(14, 2) not null,
    earnable boolean not null,
    provisional boolean not null,
    primary key (declaration_id, version, indicator)
);

-- approval --------------------------------------------------------------------------------------
create table declaration (
    id uuid primary key,
    version integer not null,
    offer_id uuid not null,
    quality_service text not null,
    service_code text not null,
    payment_type text not null,
    provider text not null,
    commissioner text not null,
    period_start date not null,
    period_end date not null,
    achievement_date date not null,
    status text not null check (status in (
        'INCOMPLETE', 'AWAITING_NETWORK_ACHIEVEMENT', 'AWAITING_PROVIDER_APPROVAL',
        'AWAITING_COMMISSIONER_APPROVAL', 'AWAITING_FINANCE_APPROVAL', 'FINANCE_APPROVED', 'CLOSED'
    )),
    held boolean not null default false,
    calculation_version integer not null default 0,
    points numeric(10, 2),
    pounds numeric(14, 2),
    provisional boolean not null default false,
    payable boolean not null default false,
    blockers jsonb not null default '[]',
    -- Everybody who ever took the step: nobody takes two of them, whatever was recalculated since.
    declared_by uuid[] not null default '{}',
    approved_by uuid[] not null default '{}',
    finance_approved_by uuid,
    history_length integer not null default 0,
    history_hash text not null default '',
    opened_at timestamptz not null,
    changed_at timestamptz not null,
    constraint declaration_once_a_period unique (offer_id, period_start)
);
create index declaration_by_provider on declaration (provider, service_code, achievement_date);
create index declaration_in_order on declaration (achievement_date desc, provider, id);
create index declaration_by_status on declaration (status, service_code);

-- Values that no longer change: what finance has approved can only be adjusted.
create view locked_period as
select provider, service_code, achievement_date from declaration where status = 'FINANCE_APPROVED';

create table declaration_history (
    declaration_id uuid not null references declaration,
    position integer not null,
    action text not null,
    status text not null,  -- afterwards
    calculation_version integer not null,
    points numeric(10, 2),
    pounds numeric(14, 2),
    at timestamptz not null,
    by uuid,  -- null: the service itself
    acting_for text,
    notes text,
    previous text not null,
    hash text not null,
    primary key (declaration_id, position)
);

-- What must be calculated again. Only ever added to and taken away: whoever changes an input never
-- waits for the worker that drains it.
create table due (
    mark bigint generated always as identity primary key,
    declaration_id uuid not null,
    reason text not null,
    marked_at timestamptz not null default clock_timestamp()
);
create index due_by_declaration on due (declaration_id);

-- payments --------------------------------------------------------------------------------------
create table payment (
    id uuid primary key,
    version integer not null,
    declaration_id uuid not null,
    quality_service text not null,
    service_code text not null,
    payment_type text not null,
    financial_year text not null,
    period_start date not null,
    period_end date not null,
    provider text not null,
    commissioner text not null,
    payee text not null,
    status text not null check (status in ('AUTHORISED', 'SENT', 'SETTLED', 'FAILED', 'CLOSED_ZERO')),
    authorised_at timestamptz not null,
    constraint payment_once_a_declaration unique (declaration_id)
);
create index payment_by_provider on payment (provider, period_end);

create table ledger_entry (
    id uuid primary key,
    payment_id uuid not null references payment,
    kind text not null check (kind in ('AUTHORISED', 'ADJUSTED')),
    amount numeric(14, 2) not null,
    points numeric(10, 2) not null,
    calculation_version integer not null,
    provisional boolean not null,
    narrative text not null,
    entered_at timestamptz not null
);
create index ledger_entry_by_payment on ledger_entry (payment_id);
create unique index ledger_entry_authorised_once on ledger_entry (payment_id) where kind = 'AUTHORISED';

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is never changed', tg_table_name;
end $$;
create trigger ledger_is_immutable before update or delete on ledger_entry
    for each row execute function refuse_change();
create trigger history_is_immutable before update or delete on declaration_history
    for each row execute function refuse_change();
