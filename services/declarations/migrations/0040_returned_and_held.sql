-- A hold's reason and holder, and why a declaration was returned. Whether provisional rules pay is
-- asked of the mode at finance approval, no longer of the one a calculation was made in.
alter table declaration add column hold_reason text;
alter table declaration add column held_by uuid;
alter table declaration add column return_reason text;
alter table declaration drop column payable;
alter table declaration add constraint declaration_held_for_a_reason
    check (held = (hold_reason is not null) and held = (held_by is not null));
