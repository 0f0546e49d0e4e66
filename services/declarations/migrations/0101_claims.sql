-- Claims against local schemes. A claim is of one provider, one commissioner and one period, and of
-- one service, or of several that their schemes claim together.
create table claim (
    id uuid primary key,
    version integer not null,  -- rises with each change
    content_version integer not null,  -- rises when a rejected claim is amended
    provider text not null,
    commissioner text not null,
    payment_types text[] not null,
    financial_year text not null,  -- the one the period ends in
    period_start date not null,
    period_end date not null,
    status text not null check (status in (
        'DRAFT', 'AWAITING_PROVIDER_APPROVAL', 'AWAITING_TIER_1', 'AWAITING_TIER_2',
        'AWAITING_FINANCE', 'APPROVED', 'REJECTED', 'WITHDRAWN'
    )),
    amount numeric(20, 2) not null default 0,  -- of what its lines claim now
    notes text,
    -- As they were found at submission.
    band text,
    path text[] not null default '{}',
    provisional boolean not null default false,
    bulk boolean not null default false,  -- submitted by the commissioner's upload
    rejection_code text,
    rejection_reason text,
    -- Everybody who ever took the step, of any version: nobody takes two of them.
    submitted_by uuid[] not null default '{}',
    provider_approved_by uuid[] not null default '{}',
    tier_1_by uuid[] not null default '{}',
    tier_2_by uuid[] not null default '{}',
    finance_by uuid[] not null default '{}',
    history_length integer not null default 0,
    history_hash text not null default '',
    created_at timestamptz not null,
    created_by uuid not null,
    submitted_at timestamptz,  -- last
    waits_since timestamptz not null,  -- when it came into its status
    changed_at timestamptz not null,
    constraint claim_rejected_for_a_reason
        check (status <> 'REJECTED' or (rejection_code is not null and rejection_reason is not null)),
    constraint claim_period_in_order check (period_start <= period_end)
);
create index claim_by_provider on claim (provider, period_end);
create index claim_in_order on claim (period_end desc, provider, id);
create index claim_by_status on claim (status, waits_since);

-- The services of a claim, each paid by a payment of its own.
create table claim_service (
    claim_id uuid not null references claim,
    service_code text not null,
    quality_service text not null,  -- the version it is claimed by
    payment_type text not null,
    offer_id uuid not null,
    amount numeric(20, 2) not null default 0,
    primary key (claim_id, service_code)
);
create index claim_service_by_code on claim_service (service_code);

-- What is claimed, whole for each version of the content; only that of a draft ever changes. A draft
-- holds quantities as they were written; units, tariff and amount are there where they make sense.
create table claim_line (
    claim_id uuid not null references claim,
    content_version integer not null,
    position integer not null,
    service_code text not null,
    component text not null,
    quantity text not null,
    sent numeric(20, 2),  -- the amount that the provider reckons
    units integer,
    tariff numeric(14, 2),
    amount numeric(20, 2),
    primary key (claim_id, content_version, position)
);

-- Each version of the content as it was submitted: what its history's entry seals.
create table claim_content (
    claim_id uuid not null references claim,
    content_version integer not null,
    content jsonb not null,
    digest text not null,  -- SHA-256 over canonical JSON
    submitted_at timestamptz not null,
    submitted_by uuid not null,
    submitted_for text not null,
    primary key (claim_id, content_version)
);

-- Which files are attached, from which version of the content to which (null: still); the files are
-- kept elsewhere.
create table claim_evidence (
    id uuid primary key,
    claim_id uuid not null references claim,
    service_code text not null,
    code text not null,  -- of the scheme's evidence
    file_name text not null,
    digest text not null,  -- SHA-256 of the file
    has_nhs_number boolean not null default false,
    from_version integer not null,
    to_version integer,
    attached_at timestamptz not null,
    attached_by uuid not null,
    attached_for text not null
);
create index claim_evidence_by_claim on claim_evidence (claim_id);

create table claim_history (
    claim_id uuid not null references claim,
    position integer not null,
    action text not null,
    status text not null,  -- afterwards
    content_version integer not null,
    content text,  -- the digest of what was submitted
    amount numeric(20, 2) not null,
    at timestamptz not null,
    by uuid,  -- null: the service itself
    acting_for text,
    code text,  -- of a rejection
    notes text,
    previous text not null,
    hash text not null,
    primary key (claim_id, position)
);
create index claim_history_of_rejections on claim_history (claim_id) where action = 'REJECTED';
create trigger claim_history_is_immutable before update or delete on claim_history
    for each row execute function refuse_change();
create trigger claim_content_is_immutable before update or delete on claim_content
    for each row execute function refuse_change();
