-- The cut-off by which something must be approved that is not approved on the day: of the most
-- particular calendar that goes on from there (a commissioner's own before the national one, a
-- service's before a payment type's before everybody's), the next. None: no row.
create function next_cut_off(commissioner text, service_code text, payment_type text, on_day date)
returns setof cut_off
language sql stable parallel safe
begin atomic
    select c.*
    from cut_off c
    where c.withdrawn_at is null
        and c.approve_by >= on_day
        and (c.commissioner is null or c.commissioner = next_cut_off.commissioner)
        and (c.service_code is null or c.service_code = next_cut_off.service_code)
        and (c.payment_type is null or c.payment_type = next_cut_off.payment_type)
    order by c.commissioner is null, c.service_code is null, c.payment_type is null, c.approve_by
    limit 1;
end;
