-- Payments rated anew under a changed constant, rule, list or membership of the past: one proposal of
-- many adjustments, each with the calculation it stands on.
create table rerating (
    id uuid primary key,  -- the job's
    service_code text not null,
    period_start date not null,
    change jsonb not null,
    fingerprint text not null,  -- of the differences that were seen, and that it holds
    reason text not null,
    payment_types text[],  -- null: all
    proposed_by uuid not null,
    proposed_for text not null,
    proposed_at timestamptz not null,
    made_at timestamptz
);
create index rerating_by_organisation on rerating (proposed_for, id);

alter table adjustment
    add column rerating uuid references rerating,
    add column calculation_version integer,  -- the calculation it would pay by
    add column points numeric(10, 2) not null default 0,  -- signed, as the amount is
    add column paid numeric(14, 2),  -- what had been calculated and adjusted before
    add column stands_on uuid references ledger_entry,  -- the newest entry that was counted in it
    add constraint rerated_is_said_whole check (
        num_nulls(rerating, calculation_version, paid, stands_on) in (0, 4));
create index adjustment_by_rerating on adjustment (rerating, id) where rerating is not null;

-- A run of a re-rating is its own: nothing else is ever calculated by it, and figures given with the
-- change are no set that was loaded.
alter table calculation_run
    add column rerating uuid references rerating,
    drop constraint calculation_run_quality_service_digest_prevalence_set_demon_key;
create unique index calculation_run_once
    on calculation_run (quality_service, digest, prevalence_set, demonstration) nulls not distinct
    where rerating is null;

create index declaration_by_period on declaration (service_code, period_start, provider, id);
