{
    "name": "Sandbox extra",
    "version": "1.0",
    "summary": "Installed later, by a changed list of modules",
    "license": "LGPL-3",
    "depends": ["sandbox_probe"],
    "installable": True,
}
