-- Since when a calculation that failed is left alone: until something it stands on changes again, or
-- the worker is started anew. It stays due all the while, so that nobody approves it.
alter table due add column set_aside timestamptz;
