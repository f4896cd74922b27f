from odoo.tests import TransactionCase


class TestPlanted(TransactionCase):
    def test_planted_failure(self):
        self.assertEqual("what is", "what should be", "planted")
