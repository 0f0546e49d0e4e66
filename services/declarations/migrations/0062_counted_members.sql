-- The practices a calculation counted, found by their codes: whose values stand still with it.
alter table calculation add column counted jsonb generated always as (
    jsonb_path_query_array(stood_on, '$.members[*] ? (@.standing == "COUNTED").practice')
) stored;
create index calculation_by_counted on calculation using gin (counted) where counted is not null;

create or replace view declaration_stands_on as
select d.id, d.provider, d.service_code, d.achievement_date, d.indicator, d.status
from declaration d
union all
select d.id, practice, d.service_code, d.achievement_date, d.indicator, d.status
from calculation c
join declaration d on d.id = c.declaration_id and d.calculation_version = c.version
cross join jsonb_array_elements_text(c.counted) practice
where c.counted is not null;
