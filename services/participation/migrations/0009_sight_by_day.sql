-- As in 0002, on a day: the functions of schema `directory` now ask for it.
create function sight(acting_for text, on_day date)
returns table (provider text, days datemultirange)
language plpgsql stable rows 5000 as $$
begin
    return query
    select s.provider, range_agg(daterange(s.valid_from, s.valid_to, '[]'))
    from directory.scope(acting_for, on_day) s
    group by s.provider;
end;
$$;
drop function sight(text);
