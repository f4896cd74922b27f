"""Runs an addon's tests in a database of their own: made anew, and dropped when they are over.

    test.py ADDON [OPTION…]

The options are Odoo's. Without `--test-tags` all tests of the addon are run. The server that
runs beside it, and its database, are left alone.
"""

import signal
import subprocess
import sys

import psycopg2

import init

# Any number will do, but that of the initialisation.
LOCK = 0x0D01


def command(database, addon, options):
    # Without `-u` the tests at install never run, and nothing of it fails.
    modules = ["-i", f"base,{addon}", "-u", addon, "--without-demo=all"]
    if not any(option.split("=")[0] == "--test-tags" for option in options):
        options = [*options, f"--test-tags=/{addon}"]
    own = ["--test-enable", "--stop-after-init", "--http-port=8070", "--workers=0"]
    quiet = ["--max-cron-threads=0", "--dev="]
    return [init.RUN, "-d", database, *modules, *own, *quiet, *options]


def exists(server, database):
    return init.one(server, "SELECT 1 FROM pg_database WHERE datname = %s", database) is not None


def main(addon, options):
    config = init.settings()
    database = f"{config['database']}_test"
    server = init.wait_for_postgresql(config["waitSeconds"])
    if not init.one(server, "SELECT pg_try_advisory_lock(%s)", LOCK):
        raise init.Failure("another run of the tests is at work; wait until it is over")
    if exists(server, database):
        # Of a run that was killed.
        init.drop(server, database)
    init.create(server, database)
    try:
        return subprocess.call(command(database, addon, options))
    finally:
        # The connection may have been idle for long.
        server = init.wait_for_postgresql(config["waitSeconds"])
        if exists(server, database):
            init.drop(server, database)


if __name__ == "__main__":
    # So that the database goes.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGHUP, lambda *_: sys.exit(129))
    if len(sys.argv) < 2:
        sys.exit("test: which addon? test.py ADDON [OPTION…]")
    try:
        sys.exit(main(sys.argv[1], sys.argv[2:]))
    except (init.Failure, psycopg2.Error) as error:
        sys.exit(f"test: {str(error).strip()}")
