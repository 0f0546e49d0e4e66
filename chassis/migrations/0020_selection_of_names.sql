-- A dry run may show what goes by a name and not by an id: organisations, by their ODS codes.
alter table chassis.selection add column names text[];
alter table chassis.selection alter column ids drop not null;
alter table chassis.selection add constraint selection_of_one_kind
    check ((ids is null) <> (names is null));
