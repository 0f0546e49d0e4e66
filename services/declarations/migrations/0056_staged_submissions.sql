-- Staging holds what one submission says of one indicator, instead of a row for each of its fields:
-- a national collection is 0.5 million rows to sort and check, not 3.4. A load under way at the
-- moment of the migration starts again.
drop table achievement_staging;
create unlogged table achievement_staging (
    load_id uuid not null,
    line integer not null,  -- the first of its rows
    numerator_line integer,
    rows integer not null,
    service_code text not null,
    provider text not null,
    achievement_date date not null,
    indicator text not null,
    fields jsonb not null,  -- value by field
    submitted_by text not null,
    submitted_at timestamp not null
);

-- Of several values of one field the last counts.
create aggregate jsonb_merged(jsonb) (
    sfunc = jsonb_concat, stype = jsonb, initcond = '{}', parallel = safe
);
