-- Who was invited has no token yet; accepting the invitation binds one.
alter table person
    alter column issuer drop not null,
    alter column subject drop not null,
    drop constraint person_status_check,
    add constraint person_status_is_known check (status in ('INVITED', 'ACTIVE', 'DISABLED')),
    add constraint person_signs_in_once_active check (
        case status
            when 'ACTIVE' then issuer is not null and subject is not null
            when 'INVITED' then issuer is null and subject is null
            else (issuer is null) = (subject is null)
        end
    );

-- The code is known to the invited alone; here is its SHA-256.
create table invitation (
    person_id uuid primary key references person,
    code_hash bytea not null unique,
    expires_at timestamptz not null
);

alter table person_change
    drop constraint person_change_change_check,
    add column was text,
    add constraint person_change_is_known check (change in (
        'ADDED', 'INVITED', 'INVITATION_RENEWED', 'INVITATION_ACCEPTED', 'LINKED', 'UNLINKED',
        'ROLE_GRANTED', 'ROLE_WITHDRAWN', 'DISABLED', 'ENABLED', 'RENAMED', 'EMAIL_CHANGED'
    ));
comment on column person_change.was is 'The name or mail address before it was changed';

-- Somebody with a token asks to act for an organisation; its administrators answer.
create table access_request (
    id uuid primary key,
    version integer not null default 1,
    status text not null default 'REQUESTED'
        check (status in ('REQUESTED', 'APPROVED', 'REFUSED', 'WITHDRAWN')),
    issuer text not null,
    subject text not null,
    name text not null,
    email text not null,
    organisation text not null references organisation,
    roles jsonb not null,
    reason text not null,
    requested_at timestamptz not null,
    granted jsonb,
    decided_at timestamptz,
    decided_by uuid references person,
    decided_for text,
    answer text,
    constraint access_request_is_decided_once check (
        (status = 'REQUESTED') = (decided_at is null) and (status = 'APPROVED') = (granted is not null)
    )
);
create unique index access_request_open_once on access_request (issuer, subject, organisation)
    where status = 'REQUESTED';
create index access_request_by_asker on access_request (issuer, subject, id);
create index access_request_by_organisation on access_request (organisation, status, id);

-- What became of each request, and by whom. Rows are only ever added.
create table access_request_change (
    id uuid primary key,
    request_id uuid not null references access_request,
    at timestamptz not null,
    status text not null,
    changed_by uuid,  -- null: the asker
    acting_for text,
    roles jsonb,
    reason text
);
create index access_request_change_by_request on access_request_change (request_id, id);
create trigger access_request_change_is_history
    before update or delete or truncate on access_request_change
    for each statement execute function only_ever_added();
