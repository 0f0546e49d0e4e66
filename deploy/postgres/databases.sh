#!/bin/bash
# A database and a role for each service; a role may connect to its own database only.
set -euo pipefail
for service in organisations participation declarations notifications; do
  variable=${service^^}_PASSWORD
  psql -q -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -v service="$service" -v password="${!variable:?}" <<'SQL'
create role :"service" login password :'password';
create database :"service" owner :"service";
revoke connect on database :"service" from public;
SQL
done
