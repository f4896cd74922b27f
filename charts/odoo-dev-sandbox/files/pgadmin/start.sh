#!/bin/sh
# Starts pgAdmin with the sandbox's server registered and its password at hand. The
# password goes from the Secret into a file in memory; neither is printed.
set -eu

escape() {
    # pgpass separates its fields by colons.
    sed -e 's/\\/\\\\/g' -e 's/:/\\:/g'
}

umask 077
printf 'postgresql:5432:*:%s:%s\n' \
    "$(printf %s "$SANDBOX_DB_USER" | escape)" \
    "$(escape </run/secrets/postgresql/password)" >/tmp/pgpass

exec "$SANDBOX_PGADMIN_ENTRYPOINT"
