-- The catalogue: versions of quality services. A draft may change, a published version never does.
create table quality_service (
    id text primary key,  -- QOF2526/1
    code text not null,
    version integer not null check (version > 0),
    status text not null check (status in ('DRAFT', 'PUBLISHED')),
    name text not null,
    payment_type text,
    provider_kind text not null check (provider_kind in ('PRACTICE', 'PCN')),
    starts_on date not null,
    ends_on date not null,
    requires_pcn_membership boolean not null,
    specification jsonb not null,
    digest text not null,
    drafted_at timestamptz not null,
    drafted_by uuid not null,
    drafted_for text not null,
    published_at timestamptz,
    published_by uuid,
    published_for text,
    published_reason text,
    constraint quality_service_version unique (code, version),
    constraint quality_service_dates check (starts_on <= ends_on),
    constraint quality_service_published check ((status = 'PUBLISHED') = (published_at is not null)),
    constraint quality_service_duties check (published_by <> drafted_by)
);
create unique index quality_service_draft on quality_service (code) where status = 'DRAFT';

create function keep_published() returns trigger language plpgsql as $$
begin
    raise exception 'a published quality service is frozen: %', old.id
        using errcode = 'integrity_constraint_violation';
end;
$$;
create trigger quality_service_frozen before update or delete on quality_service
    for each row when (old.status = 'PUBLISHED') execute function keep_published();

-- Offers. Organisations are known by their ODS codes; the directory knows more of them.
create table offer (
    id uuid primary key,
    version integer not null,
    quality_service text not null references quality_service,
    service_code text not null,
    payment_type text,
    provider text not null,
    commissioner text not null,
    status text not null check (status in ('OFFERED', 'APPROVED', 'REJECTED', 'CANCELLED')),
    cancel_kind text check (cancel_kind in ('WITHDRAWN', 'CANCELLED')),
    starts_on date not null,
    ends_on date not null,
    response_due_on date not null,
    target_on date,
    ended_on date,
    reason text,
    offered_at timestamptz not null,
    first_opened_at timestamptz,
    first_opened_by uuid,
    -- The last reminder of the response date that was published, in days before it.
    reminded_days integer,
    constraint offer_dates check (starts_on <= ends_on),
    constraint offer_cancel_kind check ((status = 'CANCELLED') = (cancel_kind is not null))
) with (fillfactor = 80);
-- One offer at a time that is Offered, Approved or Rejected, for a service line and provider.
create unique index offer_live on offer (service_code, provider) where status <> 'CANCELLED';
create index offer_by_provider on offer (provider, service_code, id);
create index offer_by_commissioner on offer (commissioner, service_code);
create index offer_in_order on offer (service_code, provider, id);
create index offer_awaiting_response on offer (response_due_on) where status = 'OFFERED';

-- What became of an offer: one row for each version of it.
create table offer_history (
    offer uuid not null references offer,
    version integer not null,
    what text not null,
    status text not null,
    reason text,
    at timestamptz not null,
    by uuid,  -- null where no person did it
    acting_for text,
    action uuid not null,
    primary key (offer, version)
);
