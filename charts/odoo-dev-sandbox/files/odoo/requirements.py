"""Installs the addons' requirements.txt into the volume, in an init container.

Each content of all the requirements has a folder of its own, named by its hash, so a
restart installs nothing; `current` points to the one in use (PYTHONUSERBASE).
"""

import glob
import hashlib
import os
import shutil
import signal
import subprocess
import sys

import addons

BASE = os.path.dirname(os.environ["PYTHONUSERBASE"])
CURRENT = os.environ["PYTHONUSERBASE"]


def files():
    """requirements.txt of every addon, and of the folders that hold them."""
    folders = list(addons.find().values()) + addons.paths() + addons.roots()
    found = (os.path.join(folder, "requirements.txt") for folder in folders)
    return [path for path in dict.fromkeys(found) if os.path.isfile(path)]


def key(paths):
    digest = hashlib.sha256(sys.version.encode())
    for path in paths:
        with open(path, "rb") as file:
            digest.update(file.read() + b"\0")
    return digest.hexdigest()[:16]


def install(paths, target):
    """Into a folder beside the target, which is renamed when all went well."""
    part = target + ".part"
    shutil.rmtree(part, ignore_errors=True)
    os.makedirs(part)
    command = [sys.executable, "-m", "pip", "install", "--user", "--no-cache-dir"]
    command += ["--disable-pip-version-check", "--no-warn-script-location"]
    for path in paths:
        command += ["-r", path]
    status = subprocess.run(command, env={**os.environ, "PYTHONUSERBASE": part}).returncode
    if status != 0:
        sys.exit(f"requirements: pip ended with status {status}; its output is above")
    os.rename(part, target)


def main():
    # Process 1 ignores SIGTERM unless it says otherwise.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    os.makedirs(BASE, exist_ok=True)
    paths = files()
    target = os.path.join(BASE, key(paths))
    if os.path.isdir(target):
        print("requirements: nothing new")
    else:
        print(f"requirements: installing {', '.join(paths) or 'nothing'}", flush=True)
        install(paths, target) if paths else os.makedirs(target)
    if os.path.isdir(CURRENT) and not os.path.islink(CURRENT):
        # Made by an addon's own pip before requirements were installed here.
        shutil.rmtree(CURRENT)
    link = CURRENT + ".new"
    if os.path.lexists(link):
        os.unlink(link)
    os.symlink(os.path.basename(target), link)
    os.replace(link, CURRENT)
    for old in glob.glob(os.path.join(BASE, "*")):
        if old not in (target, CURRENT):
            shutil.rmtree(old, ignore_errors=True)


if __name__ == "__main__":
    main()
