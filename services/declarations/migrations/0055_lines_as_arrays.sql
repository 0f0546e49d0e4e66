-- The lines of a calculation are kept in it, column by column, in the order of its indicators: a
-- national calculation is 6,300 rows to write instead of 478,800 with an index. Hundredths (of
-- points) and pence are whole numbers. Read lines through the view.

-- A row of some 3 kB stays in its page: neither compressed nor put elsewhere.
alter table calculation set (toast_tuple_target = 8160);

alter table calculation
    add column indicators text[] not null default '{}',
    add column numerators integer[] not null default '{}',
    add column denominators integer[] not null default '{}',
    add column registers integer[] not null default '{}',
    add column hundredths bigint[] not null default '{}',
    add column pence bigint[] not null default '{}',
    add column earnable boolean[] not null default '{}',
    add column unconfirmed boolean[] not null default '{}';

update calculation c
set (indicators, numerators, denominators, registers, hundredths, pence, earnable, unconfirmed) = (
    select coalesce(array_agg(l.indicator order by l.indicator), '{}'),
        coalesce(array_agg(l.numerator order by l.indicator), '{}'),
        coalesce(array_agg(l.denominator order by l.indicator), '{}'),
        coalesce(array_agg(l.register order by l.indicator), '{}'),
        coalesce(array_agg((l.points * 100)::bigint order by l.indicator), '{}'),
        coalesce(array_agg((l.pounds * 100)::bigint order by l.indicator), '{}'),
        coalesce(array_agg(l.earnable order by l.indicator), '{}'),
        coalesce(array_agg(l.provisional order by l.indicator), '{}')
    from calculation_line l
    where l.declaration_id = c.declaration_id and l.version = c.version);

drop table calculation_line;

alter table calculation
    add constraint lines_are_whole check (
        cardinality(indicators) = all (array[
            cardinality(numerators), cardinality(denominators), cardinality(registers),
            cardinality(hundredths), cardinality(pence), cardinality(earnable),
            cardinality(unconfirmed)]));

create view calculation_line as
select c.declaration_id, c.version, l.indicator, l.numerator, l.denominator, l.register,
    (l.hundredths * 0.01)::numeric(10, 2) as points, (l.pence * 0.01)::numeric(14, 2) as pounds,
    l.earnable, l.provisional
from calculation c
cross join lateral unnest(
    c.indicators, c.numerators, c.denominators, c.registers, c.hundredths, c.pence, c.earnable,
    c.unconfirmed
) as l (
    indicator, numerator, denominator, register, hundredths, pence, earnable, provisional
);
