create table person (
    subject text primary key,
    id uuid not null,
    organisation text not null,
    may_write boolean not null
);
create table note (
    id uuid primary key,
    version integer not null,
    organisation text not null,
    title text not null,
    cost numeric(12, 2) not null,
    constraint note_title_is_free unique (organisation, title)
);
create table heard (
    id uuid primary key,
    version integer not null,
    title text not null
);
