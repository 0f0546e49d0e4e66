-- Corrections whose offers have been seen to: a row each, so that it happens once.
create table correction (
    quality_service text primary key references quality_service,
    at timestamptz not null,
    moved integer not null,
    stayed integer not null
);
