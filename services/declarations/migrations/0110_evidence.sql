-- What is kept of a file of evidence beside its row, and where: an object of the store.
alter table claim_evidence
    add column media_type text not null,
    add column size bigint not null,
    add column object_key text not null,
    add column pictures integer not null;  -- pages that are pictures alone, for people to look at
create unique index claim_evidence_once
    on claim_evidence (claim_id, service_code, code, digest) where to_version is null;
create index claim_evidence_by_object on claim_evidence (object_key);

-- Objects that are to be deleted, from a moment of the real clock on, unless a row then names them:
-- written before an object is put, and taken away with the row; written again when it goes.
create table object_to_forget (
    object_key text primary key,
    due_at timestamptz not null
);
create index object_to_forget_in_order on object_to_forget (due_at);
