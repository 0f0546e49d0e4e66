-- Organisations owns what the other services hear of it. Views of the same names over its own
-- tables let it ask who calls and who sees what in the same words (nhs/directory).
create schema directory;

create view directory.organisation as
select ods_code, version, kind, name, status, opened_on, closed_on, postcode from organisation;

create view directory.list_size as
select ods_code, counted_on, patients from list_size where known_to is null;

create view directory.payee as
select ods_code, payee, valid_from, valid_to from payee where known_to is null;

create view directory.relationship as
select id, kind, source, target, valid_from, valid_to from relationship where known_to is null;

create view directory.person as select id, version, issuer, subject, status from person;

create view directory.person_link as select person_id, organisation from person_link;

create view directory.person_role as
select person_id, organisation, role, payment_types from person_role;
