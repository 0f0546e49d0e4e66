-- What of a file of evidence was searched for NHS numbers, and where only a person can look.
alter table claim_evidence
    add column searched text not null default 'WHOLE'
        check (searched in ('WHOLE', 'PART', 'NOTHING')),
    add column unsearched text[] not null default '{}';
update claim_evidence set searched = 'PART' where pictures > 0;
