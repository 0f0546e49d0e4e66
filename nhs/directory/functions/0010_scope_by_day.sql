-- Who sees what, and when, as it is on a day: a succession loaded ahead of its first day counts from
-- that day on, and neither shows nor lets do anything before. Otherwise as in 0001, which see.

-- The organisation and, at any remove, those it had taken over from by the day.
create function directory.inherited(acting_for text, on_day date)
returns table (organisation text)
language sql stable parallel safe
begin atomic
    with recursive line (organisation) as (
        select acting_for
        union
        select r.target
        from line
        join directory.relationship r
            on r.source = line.organisation
            and r.kind = 'SUCCESSOR_OF'
            and r.valid_from <= on_day
            and coalesce(r.valid_to, date 'infinity') >= on_day
    )
    select line.organisation from line;
end;

-- The commissioners an organisation may act for: itself, its predecessors, and those that are part
-- of them through any level, each for the days on which every step of the way held.
create function directory.self_and_below(acting_for text, on_day date)
returns table (organisation text, valid_from date, valid_to date)
language sql stable parallel safe
begin atomic
    with recursive below (organisation, valid_from, valid_to) as (
        select i.organisation, date '-infinity', date 'infinity'
        from directory.inherited(acting_for, on_day) i
        union
        select
            r.source,
            greatest(below.valid_from, r.valid_from),
            least(below.valid_to, coalesce(r.valid_to, date 'infinity'))
        from below
        join directory.relationship r
            on r.target = below.organisation
            and r.kind = 'PART_OF'
            and r.valid_from <= below.valid_to
            and coalesce(r.valid_to, date 'infinity') >= below.valid_from
    )
    select below.organisation, below.valid_from, below.valid_to from below;
end;

-- The providers an organisation commissions, itself or through those below it, and by whom.
create function directory.commissioned(acting_for text, on_day date)
returns table (provider text, commissioner text, valid_from date, valid_to date)
language sql stable parallel safe
begin atomic
    select
        r.source,
        r.target,
        greatest(b.valid_from, r.valid_from),
        least(b.valid_to, coalesce(r.valid_to, date 'infinity'))
    from directory.self_and_below(acting_for, on_day) b
    join directory.relationship r
        on r.target = b.organisation
        and r.kind = 'COMMISSIONED_BY'
        and r.valid_from <= b.valid_to
        and coalesce(r.valid_to, date 'infinity') >= b.valid_from;
end;

-- Which providers an organisation sees, when, and whether with pounds: itself and what it took
-- over; those it commissions; a network its members, a practice its network; and, without pounds,
-- the members of a network it leads. Rows of one provider never share a day.
create function directory.scope(acting_for text, on_day date)
returns table (provider text, valid_from date, valid_to date, pounds boolean)
language sql stable parallel safe
begin atomic
    with
    own as (select i.organisation from directory.inherited(acting_for, on_day) i),
    commissioned as materialized (select * from directory.commissioned(acting_for, on_day)),
    member (practice, network, valid_from, valid_to) as not materialized (
        select r.source, r.target, r.valid_from, coalesce(r.valid_to, date 'infinity')
        from directory.relationship r
        where r.kind = 'MEMBER_OF'
    ),
    seen (provider, valid_from, valid_to, pounds) as (
        select own.organisation, date '-infinity', date 'infinity', true from own
        union all
        select c.provider, c.valid_from, c.valid_to, true from commissioned c
        union all
        select m.practice, m.valid_from, m.valid_to, true
        from own join member m on m.network = own.organisation
        union all
        select m.network, m.valid_from, m.valid_to, true
        from own join member m on m.practice = own.organisation
        union all
        select
            m.practice,
            greatest(c.valid_from, m.valid_from),
            least(c.valid_to, m.valid_to),
            false
        from commissioned c
        join member m
            on m.network = c.provider
            and m.valid_from <= c.valid_to
            and m.valid_to >= c.valid_from
    ),
    days (provider, with_pounds, in_all) as (
        select
            seen.provider,
            coalesce(
                range_agg(daterange(seen.valid_from, seen.valid_to, '[]')) filter (where seen.pounds),
                '{}'::datemultirange
            ),
            range_agg(daterange(seen.valid_from, seen.valid_to, '[]'))
        from seen
        group by seen.provider
    ),
    apart (provider, span, pounds) as (
        select days.provider, unnest(days.with_pounds), true from days
        union all
        select days.provider, unnest(days.in_all - days.with_pounds), false from days
    )
    select
        apart.provider,
        lower(apart.span),
        -- a range of days ends before its upper bound, except one that never ends
        case when upper(apart.span) = 'infinity' then date 'infinity' else upper(apart.span) - 1 end,
        apart.pounds
    from apart;
end;

drop function directory.scope(text);
drop function directory.commissioned(text);
drop function directory.self_and_below(text);
drop function directory.inherited(text);
