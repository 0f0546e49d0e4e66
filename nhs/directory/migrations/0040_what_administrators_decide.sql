-- Reports that an organisation lets another run over what it sees itself; of every service where
-- none is named. Only what stands: one that was withdrawn is told of no more.
create table directory.allocated_report (
    id uuid primary key,
    granted_by text not null references directory.organisation on delete cascade,
    report text not null,
    service_code text,
    granted_to text not null,
    valid_from date not null,
    valid_to date
);
create index allocated_report_by_holder on directory.allocated_report (granted_to, report);
create index allocated_report_by_grantor on directory.allocated_report (granted_by);

-- The days on which a commissioner does without the separation of duties of one kind (DOMAIN 10.6);
-- on all others it holds.
create table directory.duty_switch (
    ods_code text not null references directory.organisation on delete cascade,
    kind text not null,
    separated boolean not null,
    valid_from date not null,
    valid_to date,
    primary key (ods_code, kind, valid_from)
);
