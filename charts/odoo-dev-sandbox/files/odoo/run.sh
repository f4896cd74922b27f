#!/bin/sh
# Runs Odoo: the server, the initialisation, and every `kubectl exec` go through here, so
# that all of them see the same addons and the same database.
#
#   run.sh [SUBCOMMAND] [OPTION…]
#
# Takes HOST, PORT, USER and PASSWORD_FILE, as the official image's entrypoint does.
set -eu

here=$(dirname "$0")

command=""
case "${1:-}" in
'' | -*) ;;
*)
    command=$1
    shift
    ;;
esac

# The command line's list is checked by Odoo, and an empty folder is an error there.
paths=$(python3 "$here/addons.py" paths)
if [ -n "$paths" ]; then
    set -- "--addons-path=$paths" "$@"
fi
if [ -n "$command" ]; then
    set -- "$command" "$@"
fi

if [ -z "${SANDBOX_ODOO_BINARY:-}" ] && [ -x /entrypoint.sh ]; then
    exec /entrypoint.sh odoo "$@"
fi

# No entrypoint: libpq reads these itself.
PGPASSWORD=$(cat "$PASSWORD_FILE")
export PGPASSWORD PGHOST="$HOST" PGPORT="$PORT" PGUSER="$USER"
exec "${SANDBOX_ODOO_BINARY:-odoo}" "$@"
