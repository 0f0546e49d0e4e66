-- Who was in which network on some days: all that the report on it reads of relationships.
create index relationship_of_members on relationship (valid_from, target, source)
    include (valid_to)
    where known_to is null and kind = 'MEMBER_OF';
