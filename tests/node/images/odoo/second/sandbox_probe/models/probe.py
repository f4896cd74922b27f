from odoo import fields, models


class Probe(models.Model):
    _name = "sandbox.probe"
    _description = "Sandbox probe"

    name = fields.Char(required=True)
    # New in this version: an update of the module adds the column.
    note = fields.Char()
