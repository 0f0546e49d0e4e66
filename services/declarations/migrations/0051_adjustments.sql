-- What is put right after finance approval: proposed by one person, approved by another, and only
-- then an entry of the ledger, which names the entry it adjusts.
alter table ledger_entry add column adjusts uuid references ledger_entry;
alter table ledger_entry add column reason text;
alter table ledger_entry add constraint adjustment_names_its_entry
    check ((kind = 'ADJUSTED') = (adjusts is not null and reason is not null));

create table adjustment (
    id uuid primary key,
    payment_id uuid not null references payment,
    adjusts uuid not null references ledger_entry,
    amount numeric(14, 2) not null constraint adjustment_of_something check (amount <> 0),
    reason text not null,
    status text not null check (status in ('PROPOSED', 'APPROVED', 'REFUSED')),
    proposed_by uuid not null,
    proposed_for text not null,
    proposed_at timestamptz not null,
    decided_by uuid,
    decided_for text,
    decided_at timestamptz,
    refusal_reason text,
    entry_id uuid references ledger_entry,
    constraint adjustment_approved_has_its_entry check ((status = 'APPROVED') = (entry_id is not null))
);
create index adjustment_by_payment on adjustment (payment_id);
