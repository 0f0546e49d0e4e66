-- An organisation may take over from several, but from each of them once.
create unique index relationship_succeeds_once on relationship (source, target)
    where known_to is null and kind = 'SUCCESSOR_OF';
