-- A PCN proposes that a practice joins or leaves it; its commissioner confirms or refuses.
create table membership_proposal (
    id uuid primary key,
    version integer not null,
    practice text not null references organisation,
    pcn text not null references organisation,
    kind text not null check (kind in ('JOIN', 'LEAVE')),
    effective_on date not null,
    reason text not null check (reason <> ''),
    commissioner text not null references organisation,
    status text not null
        check (status in ('PROPOSED', 'CONFIRMED', 'REFUSED', 'WITHDRAWN', 'OVERTAKEN')),
    refusal_reason text check (refusal_reason <> ''),
    proposed_at timestamptz not null,
    proposed_by uuid not null references person,
    decided_at timestamptz,
    constraint membership_proposal_is_decided_once check ((status = 'PROPOSED') = (decided_at is null)),
    constraint membership_proposal_says_why_it_is_refused
        check ((status = 'REFUSED') = (refusal_reason is not null))
);
comment on column membership_proposal.effective_on is
    'JOIN: the first day as a member; LEAVE: the first day as a member no more';
comment on column membership_proposal.commissioner is 'Who is told that there is something to decide';
create unique index membership_proposal_one_at_a_time on membership_proposal (practice)
    where status = 'PROPOSED';
create index membership_proposal_by_pcn on membership_proposal (pcn, id);
create index membership_proposal_by_practice on membership_proposal (practice, id);

-- What became of each proposal, and by whom. Rows are only ever added.
create table membership_proposal_change (
    proposal uuid not null references membership_proposal,
    version integer not null,
    status text not null,
    at timestamptz not null,
    changed_by uuid,  -- null: an import
    acting_for text,
    import uuid,
    reason text,
    primary key (proposal, version)
);
create trigger membership_proposal_change_is_history
    before update or delete or truncate on membership_proposal_change
    for each statement execute function only_ever_added();
