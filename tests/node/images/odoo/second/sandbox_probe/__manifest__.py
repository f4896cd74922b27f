{
    "name": "Sandbox probe",
    "version": "2.0",
    "summary": "An addon under development, for tests of sandboxes",
    "license": "LGPL-3",
    "depends": ["base", "web"],
    "installable": True,
}
