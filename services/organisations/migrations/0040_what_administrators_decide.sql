-- Two texts are one range where they are equal: exclusion without an extension.
create type linerange as range (subtype = text);

-- Reports that an organisation lets another run over what it sees (DOMAIN 10.3); of every service
-- where none is named. The dates are those it was given for; a withdrawal ends it at once.
create table allocated_report (
    id uuid primary key,
    granted_by text not null references organisation,
    report text not null,
    service_code text,
    granted_to text not null references organisation,
    valid_from date not null,
    valid_to date,
    withdrawn_at timestamptz,
    line text not null generated always as (
        granted_by || ' ' || granted_to || ' ' || report || ' ' || coalesce(service_code, '')
    ) stored,
    constraint allocated_report_ends_after_it_starts check (valid_to >= valid_from),
    constraint allocated_report_once exclude using gist (
        linerange(line, line, '[]') with &&,
        daterange(valid_from, valid_to, '[]') with &&
    ) where (withdrawn_at is null)
);
create index allocated_report_by_grantor on allocated_report (granted_by, id);
create index allocated_report_by_holder on allocated_report (granted_to, id);

-- Days on which a commissioner does without the separation of duties (DOMAIN 10.6). Rows that were
-- cut short or taken back keep known_to; in force is what has none.
create table duty_switch (
    id uuid primary key,
    ods_code text not null references organisation,
    kind text not null check (kind in ('DECLARATIONS', 'CLAIMS')),
    valid_from date not null,
    valid_to date,
    known_from timestamptz not null,
    known_to timestamptz,
    line text not null generated always as (ods_code || ' ' || kind) stored,
    constraint duty_switch_ends_after_it_starts check (valid_to >= valid_from),
    constraint duty_switch_once_a_day exclude using gist (
        linerange(line, line, '[]') with &&,
        daterange(valid_from, valid_to, '[]') with &&
    ) where (known_to is null)
);
create index duty_switch_by_organisation on duty_switch (ods_code, kind) where known_to is null;

-- Who allocated, withdrew or switched what, when and why. Rows are only ever added.
create table administration_change (
    id uuid primary key,
    organisation text not null references organisation,
    at timestamptz not null,
    changed_by uuid not null,
    change text not null check (change in (
        'REPORT_ALLOCATED', 'REPORT_WITHDRAWN', 'SEPARATION_SWITCHED_OFF', 'SEPARATION_SWITCHED_ON'
    )),
    allocated_report uuid references allocated_report,
    duty text,
    valid_from date,
    valid_to date,
    reason text
);
create index administration_change_by_report on administration_change (allocated_report, id);
create index administration_change_by_organisation on administration_change (organisation, id);
create trigger administration_change_is_history
    before update or delete or truncate on administration_change
    for each statement execute function only_ever_added();

create view directory.allocated_report as
select id, granted_by, report, service_code, granted_to, valid_from, valid_to
from allocated_report where withdrawn_at is null;

create view directory.duty_switch as
select ods_code, kind, false as separated, valid_from, valid_to
from duty_switch where known_to is null;
