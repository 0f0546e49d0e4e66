-- Reports that others let an organisation run, on a day: by whom, and for which service (null: all).
-- An allocation counts while whoever gave it stands above: as a commissioner at any level, or as
-- the PCN of a member. A successor holds what its predecessor was given.
create function directory.reports_given(acting_for text, on_day date, report text)
returns table (granted_by text, service_code text)
language sql stable parallel safe
begin atomic
    with recursive line (organisation) as (
        select i.organisation from directory.inherited(acting_for, on_day) i
        union
        select r.target
        from line
        join directory.relationship r
            on r.source = line.organisation
            and r.kind in ('COMMISSIONED_BY', 'PART_OF')
            and r.valid_from <= on_day and coalesce(r.valid_to, date 'infinity') >= on_day
    ),
    above (organisation) as (
        select line.organisation from line
        union
        select r.target
        from directory.inherited(acting_for, on_day) i
        join directory.relationship r
            on r.source = i.organisation
            and r.kind = 'MEMBER_OF'
            and r.valid_from <= on_day and coalesce(r.valid_to, date 'infinity') >= on_day
    )
    select a.granted_by, a.service_code
    from directory.inherited(acting_for, on_day) holder
    join directory.allocated_report a on a.granted_to = holder.organisation
    where a.report = reports_given.report
        and a.valid_from <= on_day and coalesce(a.valid_to, date 'infinity') >= on_day
        and exists (
            select from above, directory.inherited(above.organisation, on_day) theirs
            where theirs.organisation = a.granted_by
        );
end;

-- What an organisation sees in a report: its scope, and what those sees who let it run the report.
-- service_code is null where a row holds for every service. Rows of one provider that hold for the
-- same service never share a day, so that a join on provider, day and
-- (service_code is null or service_code = ...) finds one row at most: what was given for a single
-- service adds the days not seen already.
create function directory.report_scope(acting_for text, on_day date, report text)
returns table (
    provider text, valid_from date, valid_to date, pounds boolean, service_code text
)
language sql stable parallel safe
begin atomic
    with
    given as materialized (
        select distinct g.granted_by, g.service_code
        from directory.reports_given(acting_for, on_day, report) g
    ),
    seen (provider, span, pounds, service_code) as (
        select s.provider, daterange(s.valid_from, s.valid_to, '[]'), s.pounds, null::text
        from directory.scope(acting_for, on_day) s
        union all
        select s.provider, daterange(s.valid_from, s.valid_to, '[]'), s.pounds, given.service_code
        from given, directory.scope(given.granted_by, on_day) s
    ),
    days (provider, service_code, with_pounds, in_all) as (
        select
            seen.provider,
            seen.service_code,
            coalesce(range_agg(seen.span) filter (where seen.pounds), '{}'::datemultirange),
            range_agg(seen.span)
        from seen
        group by seen.provider, seen.service_code
    ),
    beyond (provider, service_code, with_pounds, in_all) as (
        select
            d.provider,
            d.service_code,
            d.with_pounds - coalesce(always.in_all, '{}'::datemultirange),
            d.in_all - coalesce(always.in_all, '{}'::datemultirange)
        from days d
        left join days always
            on d.service_code is not null
            and always.provider = d.provider
            and always.service_code is null
    ),
    apart (provider, span, pounds, service_code) as (
        select b.provider, unnest(b.with_pounds), true, b.service_code from beyond b
        union all
        select b.provider, unnest(b.in_all - b.with_pounds), false, b.service_code from beyond b
    )
    select
        apart.provider,
        lower(apart.span),
        -- a range of days ends before its upper bound, except one that never ends
        case when upper(apart.span) = 'infinity' then date 'infinity' else upper(apart.span) - 1 end,
        apart.pounds,
        apart.service_code
    from apart;
end;

-- The commissioners whose declarations (or claims) one person may take two steps of, on a day:
-- those that do without the separation of duties, and those they took over from.
create function directory.duties_joined(kind text, on_day date)
returns table (commissioner text)
language sql stable parallel safe
begin atomic
    select i.organisation
    from directory.duty_switch d, directory.inherited(d.ods_code, on_day) i
    where d.kind = duties_joined.kind
        and not d.separated
        and d.valid_from <= on_day and coalesce(d.valid_to, date 'infinity') >= on_day;
end;
