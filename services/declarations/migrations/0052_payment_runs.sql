-- Entries gathered into a file for a finance system that reads files; an entry is in one run only.
create table payment_run (
    id uuid primary key,  -- the job's
    commissioner text not null,
    cut_off date not null,
    payment_types text[],  -- null: all
    asked_by uuid not null,
    asked_for text not null,
    asked_at timestamptz not null,
    made_at timestamptz,
    line_count integer,
    total numeric(14, 2),
    hash text  -- SHA-256 of the file
);
create index payment_run_by_commissioner on payment_run (commissioner, id);

alter table entry_state add column run_id uuid references payment_run;
alter table entry_state add column answer text check (answer in ('ACCEPTED', 'REJECTED'));
alter table entry_state add column answer_reason text;
alter table entry_state add column answered_at timestamptz;
create index entry_state_by_run on entry_state (run_id);
create index entry_state_in_no_run on entry_state (entry_id)
    where run_id is null and status = 'AUTHORISED';
