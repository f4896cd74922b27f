{
    "name": "Sandbox probe",
    "version": "1.0",
    "summary": "An addon under development, for tests of sandboxes",
    "license": "LGPL-3",
    "depends": ["base", "web"],
    "installable": True,
}
