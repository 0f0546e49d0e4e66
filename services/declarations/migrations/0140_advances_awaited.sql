-- Whether a payment is still to come that takes off what a line advanced to a provider: it is open,
-- or its period is still to come in a participation.
create function advance_awaited(line text, earner text) returns boolean
language sql stable parallel safe
begin atomic
    select exists (
        select from quality_service f
        join declaration d on d.quality_service = f.id and d.provider = earner
        where f.recovers = line and d.status not in ('FINANCE_APPROVED', 'CLOSED')
    ) or exists (
        select from quality_service f
        join offer o on o.quality_service = f.id and o.provider = earner
        join service_period p
            on p.quality_service = f.id
            and o.starts_on <= p.achievement_date
            and o.participates_until >= p.achievement_date
        where f.recovers = line and not exists (
            select from declaration d where d.offer_id = o.id and d.period_start = p.starts_on
        )
    );
end;
