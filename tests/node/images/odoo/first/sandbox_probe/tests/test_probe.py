from odoo.tests import HttpCase, TransactionCase, tagged


class TestProbe(TransactionCase):
    def test_name(self):
        probe = self.env["sandbox.probe"].create({"name": "one"})
        self.assertEqual(probe.name, "one")


@tagged("post_install", "-at_install")
class TestLogin(HttpCase):
    def test_login_page(self):
        self.assertEqual(self.url_open("/web/login").status_code, 200)
