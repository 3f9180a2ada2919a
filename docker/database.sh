#!/bin/sh
# Runs once, when the postgres container makes its cluster: the roles of production and the
# database that the owner migrates.
set -eu

PGOPTIONS="-c cob.owner_password=$(cat /run/secrets/owner_password) -c cob.app_password=$(cat /run/secrets/app_password)" \
  psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username="${POSTGRES_USER:-postgres}" --dbname=postgres --file=/roles.sql
createdb --username="${POSTGRES_USER:-postgres}" --owner=cob_owner --template=template0 cob
