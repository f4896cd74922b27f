from odoo import fields, models


class Probe(models.Model):
    _name = "sandbox.probe"
    _description = "Sandbox probe"

    name = fields.Char(required=True)
