-- A payment is of a declaration, or of one service of a claim.
alter table payment alter column declaration_id drop not null;
alter table payment add column claim_id uuid;
alter table payment add constraint payment_of_one_thing
    check (num_nonnulls(declaration_id, claim_id) = 1);
alter table payment add constraint payment_once_a_claim unique (claim_id, service_code);
