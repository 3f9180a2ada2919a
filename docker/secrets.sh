#!/bin/sh
# Makes the passwords and certificates of docker-compose.yml, once, into docker/secrets/.
# Delete that folder, and the containers' volumes, to make new ones.
set -eu
cd "$(dirname "$0")"

if [ -e secrets ]; then
  echo "docker/secrets exists: nothing done" >&2
  exit 0
fi
command -v openssl >/dev/null || { echo "openssl is needed: sudo apt-get install openssl" >&2; exit 1; }

# The folder is closed to others; a file in it is readable, because its container runs as
# another user and sees the file alone.
umask 077
mkdir secrets.new
trap 'rm -rf secrets.new' EXIT
cd secrets.new

for name in postgres_password owner_password app_password; do
  openssl rand -hex 24 | tr -d '\n' > "$name"
done
url() { printf 'postgres://%s:%s@postgres:5432/cob?sslmode=verify-full&sslrootcert=/run/secrets/database_ca' "$1" "$(cat "$2")"; }
url cob app_password > database_url
url cob_owner owner_password > migrate_database_url

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 \
  -subj '/CN=COB container stack' -keyout ca.key -out ca.crt 2>/dev/null
openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
  -subj '/CN=postgres' -keyout server.key -out server.csr 2>/dev/null
printf 'subjectAltName=DNS:postgres\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n' > server.ext
openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 3650 -extfile server.ext -out server.crt 2>/dev/null
rm ca.key ca.srl server.csr server.ext

chmod 0444 ./*
cd ..
mv secrets.new secrets
trap - EXIT
echo "made docker/secrets"
