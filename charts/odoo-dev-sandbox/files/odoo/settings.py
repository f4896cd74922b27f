# Fed to `odoo shell` by init.py: `env` is Odoo's. Everything here is one transaction, and
# the line that says it was done is part of it. No value is printed.
import json
import os

with open("/opt/sandbox/init.json", encoding="utf-8") as file:
    config = json.load(file)

parameters = dict(config["parameters"])
if config["apiKeyFile"]:
    with open(config["apiKeyFile"], encoding="utf-8") as file:
        parameters["woow_paas_platform.operator_api_key"] = file.read().strip()
for name, value in sorted(parameters.items()):
    env["ir.config_parameter"].sudo().set_param(name, value)

if os.environ.get("SANDBOX_SET_PASSWORD"):
    with open(config["passwordFile"], encoding="utf-8") as file:
        env.ref("base.user_admin").write({"password": file.read().rstrip("\n")})

env.flush_all()
env.cr.execute("UPDATE sandbox_state SET settings = %s", (os.environ["SANDBOX_SETTINGS_KEY"],))
env.cr.commit()
print(f"settings: {len(parameters)} parameters set")
