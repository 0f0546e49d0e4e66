-- What cannot go on: few of all declarations, so that the list of blockers goes by these alone.
create index declaration_blocked on declaration (provider, achievement_date, id)
    where status in ('INCOMPLETE', 'AWAITING_NETWORK_ACHIEVEMENT') or held;
