-- Templates of bulk claims as they were handed out: what a filled one is held against.
create table bulk_template (
    signature text primary key,
    quality_service text not null,
    period_start date not null,
    period_end date not null,
    commissioner text not null,  -- who asked for it, and may put it back
    components text[],  -- null: all
    providers text[],
    asked_by uuid not null,
    asked_at timestamptz not null
);

-- Filled templates: checked by a job, and then submitted whole or not at all.
create table bulk_claim (
    id uuid primary key,  -- the job's
    file_name text not null,
    commissioner text not null,
    asked_by uuid not null,
    asked_at timestamptz not null,
    -- What came of checking it; null until then.
    status text check (status in ('REFUSED', 'CHECKED', 'REPEATED', 'SUBMITTED')),
    signature text,  -- of its template
    quality_service text,
    period_start date,
    period_end date,
    digest text,  -- SHA-256 of what it claims, whatever the form of the file
    same_as uuid references bulk_claim,  -- REPEATED: what was submitted before
    submitted_at timestamptz
);
create unique index bulk_claim_submitted_once on bulk_claim (commissioner, digest)
    where status = 'SUBMITTED';
create index bulk_claim_in_order on bulk_claim (commissioner, asked_at desc, id);

create table bulk_claim_row (
    bulk_claim_id uuid not null references bulk_claim,
    row integer not null,  -- of the file; the header is row 1
    provider text not null,
    component text not null,
    quantity text not null,
    tariff_given text not null,
    units integer,
    tariff numeric(14, 2),
    amount numeric(20, 2),
    claim_id uuid,  -- once it is submitted
    primary key (bulk_claim_id, row)
);

create table bulk_claim_problem (
    bulk_claim_id uuid not null references bulk_claim,
    row integer not null,
    position integer generated always as identity,
    code text not null,
    field text,
    message text not null,
    primary key (bulk_claim_id, row, position)
);
