-- The days on which an organisation sees a provider, a row each. Not inlined, and said to have many
-- rows: whatever is known of the tables, a list of offers is joined with it by hashing, and never
-- provider by provider.
create function sight(acting_for text) returns table (provider text, days datemultirange)
language plpgsql stable rows 5000 as $$
begin
    return query
    select s.provider, range_agg(daterange(s.valid_from, s.valid_to, '[]'))
    from directory.scope(acting_for) s
    group by s.provider;
end;
$$;
