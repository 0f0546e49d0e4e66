-- A participation ends on one of its days, or on the day before its first where it never began: so
-- that its days can always be counted as ended_on - starts_on + 1.
update offer set ended_on = greatest(starts_on - 1, least(ends_on, ended_on))
where ended_on not between starts_on - 1 and ends_on;
alter table offer add constraint offer_ended check (ended_on between starts_on - 1 and ends_on);

-- The days on which an organisation sees a provider in the report of participation: for all
-- services, and beyond those for single ones, by their codes. Otherwise as `sight`, which see.
create function sight_in_report(acting_for text, on_day date)
returns table (provider text, days datemultirange, of_services jsonb)
language plpgsql stable rows 5000 as $$
begin
    return query
    with spans as (
        select s.provider, s.service_code,
            range_agg(daterange(s.valid_from, s.valid_to, '[]')) as days
        from directory.report_scope(acting_for, on_day, 'PARTICIPATION') s
        group by s.provider, s.service_code
    )
    select s.provider,
        range_agg(s.days) filter (where s.service_code is null),
        jsonb_object_agg(s.service_code, s.days) filter (where s.service_code is not null)
    from spans s
    group by s.provider;
end;
$$;
