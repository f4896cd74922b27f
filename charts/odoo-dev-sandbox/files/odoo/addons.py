"""Finds the addons below the folders named in SANDBOX_ADDONS.

`addons.py paths` prints the folders for Odoo's --addons-path, `addons.py names` the
addons as NAME=VERSION lines. An addon may lie deeper than its root: archives are often
unpacked as `sale_x-18.0.1.0/sale_x`.
"""

import ast
import os
import sys

# An archive's folder, and one more for those that were packed twice.
MAX_DEPTH = 3


def roots():
    """The folders to scan, in the order in which they win."""
    return [path for path in os.environ.get("SANDBOX_ADDONS", "").split(":") if path]


def is_addon(path):
    return all(
        os.path.isfile(os.path.join(path, name))
        for name in ("__init__.py", "__manifest__.py")
    )


def walk(root):
    """Folders of addons, the shallow ones first; what lies inside an addon is its own."""
    level = [root]
    for _ in range(MAX_DEPTH):
        below = []
        for folder in level:
            try:
                names = sorted(os.listdir(folder))
            except OSError as error:
                warn(f"{folder} cannot be read: {error.strerror}")
                continue
            for name in names:
                path = os.path.join(folder, name)
                if name.startswith(".") or not os.path.isdir(path):
                    continue
                if "," in name:
                    # Odoo separates its list of folders by commas.
                    warn(f"{path} is left out: a comma in its name")
                    continue
                if is_addon(path):
                    yield path
                else:
                    below.append(path)
        level = below


def find():
    """Every addon once, as {name: folder}; where two have one name, the first wins."""
    found = {}
    for root in roots():
        if not os.path.isdir(root):
            continue
        for path in walk(root):
            name = os.path.basename(path)
            if name in found:
                warn(f"{path} is hidden by {found[name]}")
            else:
                found[name] = path
    return found


def manifest(path):
    """The manifest as a dict; empty, with a warning, where it cannot be read."""
    file = os.path.join(path, "__manifest__.py")
    try:
        with open(file, encoding="utf-8") as source:
            value = ast.literal_eval(source.read())
    except (OSError, SyntaxError, ValueError) as error:
        warn(f"{file} cannot be read: {error}")
        return {}
    return value if isinstance(value, dict) else {}


def installable():
    """Addons that may be installed, as {name: version}."""
    versions = {}
    for name, path in find().items():
        values = manifest(path)
        if values and values.get("installable", True):
            versions[name] = str(values.get("version", ""))
    return versions


def paths():
    """The folders that hold addons, in the order in which they win."""
    return list(dict.fromkeys(os.path.dirname(path) for path in find().values()))


def warn(text):
    print(f"addons: {text}", file=sys.stderr)


def main():
    if sys.argv[1:] == ["paths"]:
        print(",".join(paths()))
    elif sys.argv[1:] == ["names"]:
        for name, version in sorted(installable().items()):
            print(f"{name}={version}")
    else:
        sys.exit("usage: addons.py paths|names")


if __name__ == "__main__":
    main()
