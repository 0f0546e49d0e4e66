-- An entry that finance rejected goes into a later run: a line of a run stands for itself, and of
-- the lines of an entry all but one have been rejected.
create table payment_run_line (
    run_id uuid not null references payment_run,
    entry_id uuid not null references ledger_entry,
    answer text check (answer in ('ACCEPTED', 'REJECTED')),
    answer_reason text,
    answered_at timestamptz,
    primary key (run_id, entry_id)
);
insert into payment_run_line (run_id, entry_id, answer, answer_reason, answered_at)
select run_id, entry_id, answer, answer_reason, answered_at from entry_state
where run_id is not null;
create index payment_run_line_by_entry on payment_run_line (entry_id, run_id);
create unique index payment_run_line_standing on payment_run_line (entry_id)
    where answer is distinct from 'REJECTED';

drop index entry_state_by_run;
drop index entry_state_in_no_run;
alter table entry_state drop column run_id, drop column answer, drop column answer_reason,
    drop column answered_at;
create index entry_state_authorised on entry_state (entry_id) where status = 'AUTHORISED';
