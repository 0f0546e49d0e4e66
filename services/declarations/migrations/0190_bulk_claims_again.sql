-- What was rejected or withdrawn altogether may be uploaded again: that nothing is submitted twice is
-- decided by the claims that count still, under a lock of commissioner and digest.
drop index bulk_claim_submitted_once;
create index bulk_claim_submitted on bulk_claim (commissioner, digest) where status = 'SUBMITTED';
