-- What calculations stand on beside values and lists, and what is deducted from a payment.

-- Figures of single providers, loaded in named sets: of two sets that name a provider's figure the
-- one loaded last counts.
create table provider_figure_set (
    id uuid primary key,
    figure text not null check (figure in ('ADJUSTED_POPULATION', 'AGREED_PAYMENT', 'AGREED_POINTS')),
    service_code text,  -- the line that was paid, or earned; null for a population
    counted_on date,  -- the day of a population; null for the others
    name text not null,
    source text not null,
    loaded_by uuid not null,
    loaded_at timestamptz not null,
    constraint figure_is_of_a_day_or_of_a_line
        check ((counted_on is null) = (service_code is not null)
            and (counted_on is null) = (figure <> 'ADJUSTED_POPULATION'))
);

create table provider_figure (
    set_id uuid not null references provider_figure_set on delete cascade,
    provider text not null,
    indicator text not null default '',  -- whose points they are; empty for the others
    value numeric not null check (value >= 0),
    primary key (provider, set_id, indicator)
);

-- The lines that a service stands on, and the one whose payments are deducted from its own.
alter table quality_service
    add column previous_service text
        generated always as (specification -> 'parameters' ->> 'previous_service') stored,
    add column payment_of text
        generated always as (specification -> 'parameters' ->> 'payment_of') stored,
    add column recovers text generated always as (specification ->> 'recovers') stored;
create index quality_service_by_recovered on quality_service (recovers) where recovers is not null;

-- Where the figures that a calculation stood on come from, by the keys of its `stood_on`.
alter table calculation add column origins jsonb;

-- Of what was authorised: what was calculated, and what had been advanced and is deducted.
alter table ledger_entry
    add column achieved numeric(14, 2),
    add column advanced numeric(14, 2),
    add constraint recovery_is_said_whole
        check (num_nulls(achieved, advanced) <> 1 and amount = coalesce(achieved - advanced, amount));
create index payment_by_line on payment (service_code, provider);

-- Whether all that a line pays a provider is settled here: something is finance-approved, nothing is
-- open, and no period of a participation is still to come.
create function line_settled(line text, earner text) returns boolean
language sql stable parallel safe
begin atomic
    select exists (
        select from declaration d
        where d.provider = earner and d.service_code = line and d.status = 'FINANCE_APPROVED'
    ) and not exists (
        select from declaration d
        where d.provider = earner and d.service_code = line
            and d.status not in ('FINANCE_APPROVED', 'CLOSED')
    ) and not exists (
        select from offer o
        join service_period p
            on p.quality_service = o.quality_service
            and o.starts_on <= p.achievement_date
            and o.participates_until >= p.achievement_date
        where o.provider = earner and o.service_code = line and not exists (
            select from declaration d where d.offer_id = o.id and d.period_start = p.starts_on
        )
    );
end;
