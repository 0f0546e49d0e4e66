-- Services whose periods stand on one another: patients who count once a year.
alter table quality_service add column counts_year boolean not null generated always as (
    jsonb_path_exists(
        specification, '$.domains[*].groups[*].indicators[*].bindings.* ? (@ == "year.counted")')
) stored;
