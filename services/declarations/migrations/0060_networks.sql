-- Networks: one declaration an indicator where the service says so, values summed over members.

alter table quality_service
    add column values_from text not null
        generated always as (coalesce(specification ->> 'values_from', 'PROVIDER')) stored,
    add column members_take_part_in text
        generated always as (specification ->> 'members_take_part_in') stored,
    -- What is declared apart: each of its indicators, or (null) the whole service.
    add column declared_apart jsonb not null generated always as (
        case when specification ->> 'declared_per' = 'INDICATOR'
            then jsonb_path_query_array(
                specification, '$.domains[*].groups[*].indicators[*].code')
            else '[null]'
        end
    ) stored;
create index quality_service_by_sign_up on quality_service (members_take_part_in)
    where members_take_part_in is not null;

alter table declaration
    add column indicator text,  -- null: the whole service
    drop constraint declaration_once_a_period,
    add constraint declaration_once_a_period
        unique nulls not distinct (offer_id, period_start, indicator);
alter table payment add column indicator text;

-- What a calculation stood on beyond its own values and list: the members of a network with their
-- dates and numbers. Null for what stands on nothing else.
alter table calculation add column stood_on jsonb;
create index calculation_stood_on on calculation (declaration_id, version)
    where stood_on is not null;

-- The networks' mean list, of a set of national figures (DOMAIN 10.7).
alter table prevalence_set add column average_list numeric check (average_list > 0);

-- The members of a network on a day, and whether they take part there and then: whoever has an
-- Approved offer of the line that the network's service names for it; everybody where it names none.
-- Of two memberships of a practice that share the day the later start wins (DOMAIN 10.5).
create function network_member(network text, quality_service text, on_day date)
returns table (practice text, valid_from date, valid_to date, participating boolean)
language sql stable parallel safe
begin atomic
    select
        m.source,
        m.valid_from,
        m.valid_to,
        q.members_take_part_in is null or exists (
            select from offer o
            where o.provider = m.source
                and o.service_code = q.members_take_part_in
                and o.starts_on <= on_day
                and o.participates_until >= on_day
        )
    from directory.relationship m
    left join quality_service q on q.id = network_member.quality_service
    where m.target = network_member.network
        and m.kind = 'MEMBER_OF'
        and m.valid_from <= on_day
        and coalesce(m.valid_to, date 'infinity') >= on_day
        and not exists (
            select from directory.relationship other
            where other.source = m.source
                and other.kind = 'MEMBER_OF'
                and other.valid_from <= on_day
                and coalesce(other.valid_to, date 'infinity') >= on_day
                and (other.valid_from, other.id) > (m.valid_from, m.id)
        );
end;

-- Whose values a declaration stands on: its provider's own, and those of the members it counts.
create view declaration_stands_on as
select d.id, d.provider, d.service_code, d.achievement_date, d.indicator, d.status
from declaration d
union all
select d.id, member ->> 'practice', d.service_code, d.achievement_date, d.indicator, d.status
from calculation c
join declaration d on d.id = c.declaration_id and d.calculation_version = c.version
cross join jsonb_array_elements(c.stood_on -> 'members') member
where c.stood_on is not null and member ->> 'standing' = 'COUNTED';

-- Values that no longer change, of one indicator or (null) of all: what finance has approved can
-- only be adjusted.
create or replace view locked_period as
select provider, service_code, achievement_date, indicator
from declaration_stands_on where status = 'FINANCE_APPROVED';
