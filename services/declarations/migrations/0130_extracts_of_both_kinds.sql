-- Values come in CQRS's network format too, which does not say when they were submitted; of each it
-- is kept what an extract says of defaults; and whose values a service takes is looked up by line.

alter table achievement_staging
    alter column submitted_at drop not null,
    add column default_values_used text;

-- DEFAULT_VALUES_USED, where it is not None: what stood in for values that nobody submitted.
alter table achievement_value add column default_values_used text;
alter table achievement_value_past add column default_values_used text;

-- The kind of organisation whose values count: of a service that pays networks by the values of
-- their members, practices.
alter table quality_service add column values_of text not null generated always as (
    case when specification ->> 'values_from' = 'MEMBERS' then 'PRACTICE' else provider_kind end
) stored;
