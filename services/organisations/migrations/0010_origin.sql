-- Where a relationship comes from: a file of ODS, or a proposal of a PCN that its commissioner
-- confirmed. An import overwrites the second only by ending it: the row stays, with known_to.
alter table relationship
    add origin text not null default 'ODS' check (origin in ('ODS', 'PROPOSAL')),
    add reason text,
    add proposal uuid,
    add constraint relationship_proposed_has_its_proposal
        check ((origin = 'PROPOSAL') = (proposal is not null));
