"""Prepares the database before the server starts, in an init container.

Once for each database: create it, install the modules, load the language, set the
admin's password. Once for each change of image or module list: update. Else: nothing.

What was done is written into the database itself (table `sandbox_state`), last, so a run
that was killed is seen by the next one. Only a database that this script created and
never finished is dropped and made again; one that came from elsewhere is updated.
"""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import psycopg2
from psycopg2 import sql

import addons

HERE = os.path.dirname(os.path.abspath(__file__))
RUN = os.path.join(HERE, "run.sh")
FILESTORE = "/var/lib/odoo/filestore"
# Any number will do, as long as every run of this script asks for the same.
LOCK = 0x0D00
# No second server, no crons, no workers, no reloading while modules are being installed.
QUIET = ["--no-http", "--workers=0", "--max-cron-threads=0", "--dev="]


class Failure(Exception):
    """What stops the start; its text is all that is printed."""


def log(text):
    print(f"init: {text}", flush=True)


def settings():
    with open(os.path.join(HERE, "init.json"), encoding="utf-8") as file:
        return json.load(file)


# --- PostgreSQL ---------------------------------------------------------------------


def connect(database):
    with open(os.environ["PASSWORD_FILE"], encoding="utf-8") as file:
        password = file.read().rstrip("\n")
    connection = psycopg2.connect(
        host=os.environ["HOST"],
        port=os.environ["PORT"],
        user=os.environ["USER"],
        password=password,
        dbname=database,
        connect_timeout=5,
    )
    connection.autocommit = True
    return connection


def wait_for_postgresql(seconds):
    end = time.monotonic() + seconds
    while True:
        try:
            return connect("postgres")
        except psycopg2.OperationalError as error:
            reason = str(error).strip().splitlines()[0]
            if "password authentication failed" in reason:
                raise Failure(
                    "PostgreSQL refuses the password of the Secret: its volume is older than the Secret"
                ) from None
            if time.monotonic() > end:
                raise Failure(f"no PostgreSQL within {seconds} s: {reason}") from None
            log(f"waiting for PostgreSQL: {reason}")
            time.sleep(2)


def lock(connection, seconds):
    """Two runs never work at once; the lock goes with the connection."""
    end = time.monotonic() + seconds
    while not one(connection, "SELECT pg_try_advisory_lock(%s)", LOCK):
        if time.monotonic() > end:
            raise Failure(f"another initialisation still runs after {seconds} s")
        log("another initialisation runs, waiting for it")
        time.sleep(5)


def one(connection, query, *values):
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        row = cursor.fetchone()
    return row[0] if row else None


def has_table(connection, name):
    return one(connection, "SELECT to_regclass(%s)", f"public.{name}") is not None


def create(server, database):
    query = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C'")
    with server.cursor() as cursor:
        cursor.execute(query.format(sql.Identifier(database)))
    # As Odoo does for the databases it creates itself: for its trigram indexes.
    connection = connect(database)
    try:
        with connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except psycopg2.Error as error:
        log(f"warning: no pg_trgm: {str(error).strip().splitlines()[0]}")
    finally:
        connection.close()


def drop(server, database):
    with server.cursor() as cursor:
        cursor.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(database)))
    shutil.rmtree(os.path.join(FILESTORE, database), ignore_errors=True)


# --- The record of what was done ----------------------------------------------------


def read_state(connection):
    """None, `started`, or the key of the last complete run."""
    if not has_table(connection, "sandbox_state"):
        return None
    return one(connection, "SELECT key FROM sandbox_state")


def write_state(connection, key):
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE IF NOT EXISTS sandbox_state ("
            " id boolean PRIMARY KEY DEFAULT true CHECK (id),"
            " key text NOT NULL, settings text NOT NULL DEFAULT '',"
            " changed timestamptz NOT NULL DEFAULT now())"
        )
        cursor.execute(
            "INSERT INTO sandbox_state (key) VALUES (%s)"
            " ON CONFLICT (id) DO UPDATE SET key = excluded.key, changed = now()",
            (key,),
        )


def digest(value):
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


# --- Odoo ---------------------------------------------------------------------------


def odoo(*arguments, stdin=None):
    """Runs Odoo to its end, and takes it along when this container is asked to stop."""
    with subprocess.Popen([RUN, *arguments], stdin=stdin) as child:
        try:
            status = child.wait()
        except BaseException:
            child.terminate()
            raise
    if status != 0:
        raise Failure(f"odoo ended with status {status}; its log is above")


def wanted_modules(config):
    """The modules to install, as {name: version}; the version only where it was found by scan."""
    found = addons.installable()
    names = list(config["modules"]) + (list(found) if config["scan"] else [])
    return {name: found.get(name, "") for name in names if name not in config["exclude"]}


def modules_in(connection, names, *states):
    """Those of the modules that are in one of Odoo's states."""
    if not has_table(connection, "ir_module_module"):
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM ir_module_module WHERE state = ANY(%s) AND name = ANY(%s)",
            (list(states), list(names)),
        )
        return {row[0] for row in cursor.fetchall()}


def install(config, names):
    arguments = ["-i", ",".join(names), "--without-demo=all"]
    if config["language"]:
        arguments.append(f"--load-language={config['language']}")
    odoo("-d", config["database"], *arguments, "--stop-after-init", *QUIET)


def update(config, connection, names):
    """One run: what is there is updated, what is new is installed."""
    present = modules_in(connection, names, "installed", "to upgrade")
    # `-u base` would update every module there is.
    old = sorted(present - {"base", "web"})
    new = sorted(set(names) - present)
    arguments = []
    if old:
        arguments += ["-u", ",".join(old)]
    if new:
        arguments += ["-i", ",".join(new), "--without-demo=all"]
    if arguments:
        odoo("-d", config["database"], *arguments, "--stop-after-init", *QUIET)


def check_modules(config, connection, names):
    missing = sorted(set(names) - modules_in(connection, names, "installed"))
    if not missing:
        return
    text = f"not installed: {', '.join(missing)} (not in the image or the addon folders, or not installable)"
    if config["strict"]:
        raise Failure(text)
    log(f"warning: {text}")


def apply_settings(config, connection, key, set_password):
    """System parameters, and at the first time the admin's password, in one transaction of Odoo's."""
    os.environ["SANDBOX_SETTINGS_KEY"] = key
    os.environ["SANDBOX_SET_PASSWORD"] = "1" if set_password else ""
    with open(os.path.join(HERE, "settings.py"), encoding="utf-8") as script:
        odoo("shell", "-d", config["database"], *QUIET, stdin=script)
    if one(connection, "SELECT settings FROM sandbox_state") != key:
        raise Failure("odoo shell did not apply the settings; its log is above")


# --- The whole ----------------------------------------------------------------------


def settings_key(config):
    secret = ""
    if config["apiKeyFile"]:
        with open(config["apiKeyFile"], encoding="utf-8") as file:
            secret = file.read()
    return digest([config["parameters"], secret])


def prepare(server, config):
    """Makes sure that the database exists; says whether it must be filled from nothing."""
    database = config["database"]
    exists = one(server, "SELECT 1 FROM pg_database WHERE datname = %s", database)
    if exists:
        connection = connect(database)
        state = read_state(connection)
        filled = has_table(connection, "ir_module_module")
        connection.close()
        if state != "started" and filled:
            return False
        if state == "started":
            log(f"the first initialisation of {database} was interrupted; beginning again")
            drop(server, database)
            exists = None
    if not exists:
        create(server, database)
    connection = connect(database)
    write_state(connection, "started")
    connection.close()
    return True


def main():
    # Process 1 ignores SIGTERM unless it says otherwise.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    config = settings()
    server = wait_for_postgresql(config["waitSeconds"])
    lock(server, config["waitSeconds"])
    modules = wanted_modules(config)
    key = digest([config["image"], modules])
    fresh = prepare(server, config)
    connection = connect(config["database"])
    state = read_state(connection)

    if fresh:
        log(f"first start: installing {', '.join(modules)}")
        install(config, modules)
        check_modules(config, connection, modules)
    elif state != key:
        log("image or module list changed: updating")
        update(config, connection, modules)
        check_modules(config, connection, modules)
    else:
        log("nothing to install or update")

    if state is None:
        # A database from elsewhere has no record yet; the settings are written into it.
        write_state(connection, "adopted")
    wanted = settings_key(config)
    applied = one(connection, "SELECT settings FROM sandbox_state")
    if applied != wanted:
        apply_settings(config, connection, wanted, set_password=not applied)
    if state != key:
        write_state(connection, key)
    log("ready")


if __name__ == "__main__":
    try:
        main()
    except (Failure, psycopg2.Error) as error:
        sys.exit(f"init: {str(error).strip()}")
