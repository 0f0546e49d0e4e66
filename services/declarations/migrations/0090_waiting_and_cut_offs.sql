-- Since when a declaration waits for the step it waits for: kept whenever its status changes.
alter table declaration add column step_since timestamptz;
update declaration d set step_since = coalesce((
    select min(h.at) from declaration_history h
    where h.declaration_id = d.id and h.status = d.status and h.position > coalesce((
        select max(o.position) from declaration_history o
        where o.declaration_id = d.id and o.status <> d.status), 0)
), d.changed_at);
alter table declaration alter column step_since set default clock_timestamp();
alter table declaration alter column step_since set not null;
create index declaration_waiting on declaration (step_since, id)
    where status not in ('FINANCE_APPROVED', 'CLOSED');

-- By when what must be approved to be paid on which day (DOMAIN 1.8). National ones have no
-- commissioner; a null service or payment type is any. One that is taken back stays, with the day.
create table cut_off (
    id uuid primary key,
    commissioner text,
    service_code text,
    payment_type text,
    declare_by date,
    approve_by date not null,
    pay_on date not null,
    source text not null,
    loaded_by uuid not null,
    loaded_for text not null,
    loaded_at timestamptz not null,
    withdrawn_at timestamptz,
    constraint cut_off_in_order check (
        approve_by <= pay_on and (declare_by is null or declare_by <= approve_by)),
    constraint cut_off_of_one_kind check (service_code is null or payment_type is null)
);
create unique index cut_off_once on cut_off (approve_by, commissioner, service_code, payment_type)
    nulls not distinct where withdrawn_at is null;

-- Whom was reminded of a declaration, and when: at most once a day.
create table declaration_reminder (
    declaration_id uuid not null references declaration,
    reminded_on date not null,
    status text not null,  -- what it waited for
    at timestamptz not null,
    by uuid not null,
    acting_for text not null,
    primary key (declaration_id, reminded_on)
);
