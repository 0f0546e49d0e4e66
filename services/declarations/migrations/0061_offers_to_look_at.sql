-- When an offer has to be looked at next for declarations to open: on its service's next achievement
-- date, and at once when it, or its service, is heard anew. Else every look would be at every offer
-- of England, with nobody able to mark what is due meanwhile.
alter table offer add column look_on date not null default '-infinity';
create index offer_to_look_at on offer (look_on) where look_on < 'infinity';
