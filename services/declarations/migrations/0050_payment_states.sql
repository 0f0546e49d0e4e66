-- How far each entry of the ledger has come, as finance systems report it. The entries themselves
-- never change; a payment is as far as the least advanced of its entries.
create table entry_state (
    entry_id uuid primary key references ledger_entry,
    payment_id uuid not null references payment,
    status text not null check (status in ('AUTHORISED', 'SENT', 'SETTLED', 'FAILED', 'CLOSED_ZERO')),
    at timestamptz,  -- when finance says it came there; null until finance has said anything
    reference text,
    failure text
);
create index entry_state_by_payment on entry_state (payment_id);
insert into entry_state (entry_id, payment_id, status)
select e.id, p.id, p.status from ledger_entry e join payment p on p.id = e.payment_id;

-- The version the payment had with the entry, as its event says it.
alter table ledger_entry add column version integer not null default 1;

create index payment_in_order on payment (period_end desc, provider, id);
