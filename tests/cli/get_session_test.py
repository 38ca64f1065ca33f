"""`parlance get --session`: what one run leaves to the next."""

import json
import os
import unittest

from get_case import GetCase, response
from get_cookies_test import cookie_of


class Session(GetCase):
    def setUp(self):
        self.home = self.folder()
        self.env = {**os.environ, "XDG_DATA_HOME": self.home}

    def run_get(self, *arguments):
        code, out, err = self.get(*arguments, env=self.env)
        self.assertEqual(code, 0, err)

    def test_fields_cookies_and_the_login_are_there_the_next_time(self):
        server = self.serve_http(response(b"", "Set-Cookie: id=1"))
        self.run_get("--session", "mine", "-H", "X-Mine: yes", "-H", "Content-Language: en", "-u", "me:secret", server.origin)
        self.run_get("--session", "mine", server.origin + "/there")
        self.assertIn("X-Mine: yes", server.heads[1])
        self.assertNotIn("Content-Language", server.heads[1])
        self.assertIn("Authorization: Basic bWU6c2VjcmV0", server.heads[1])
        self.assertEqual(cookie_of(server.heads[1]), "id=1")
        path = os.path.join(self.home, "parlance/sessions", server.address.replace(":", "_"), "mine.json")
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        with open(path) as file:
            self.assertEqual(json.load(file)["fields"], [["X-Mine", "yes"]])
        os.chmod(path, 0o644)
        self.run_get("--session", "mine", server.origin)
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)

    def test_another_session_and_another_host_have_none_of_it(self):
        server, other = (self.serve_http(response(b"", "Set-Cookie: id=1")) for _ in range(2))
        self.run_get("--session", "mine", "-u", "me:secret", server.origin)
        self.run_get("--session", "yours", server.origin)
        self.run_get("--session", "mine", other.origin)
        for head in (server.heads[1], other.heads[0]):
            self.assertNotIn("Authorization", head)
            self.assertIsNone(cookie_of(head))

    def test_the_command_line_goes_before_it(self):
        server = self.serve_http(response(b""))
        path = os.path.join(self.home, "here.json")
        self.run_get("--session", path, "-H", "X-Mine: 1", "-u", "me:secret", server.origin)
        self.run_get("--session", path, "-H", "X-Mine: 2", "--bearer", "token", server.origin)
        self.run_get("--session", path, "--session-read-only", "-H", "X-Mine: 3", server.origin)
        self.run_get("--session", path, server.origin)
        self.assertIn("X-Mine: 2", server.heads[1])
        self.assertIn("Bearer token", server.heads[1])
        self.assertIn("X-Mine: 3", server.heads[2])
        self.assertIn("X-Mine: 2", server.heads[3])
        self.assertIn("Bearer token", server.heads[3])

    def test_what_was_said_over_tls_is_not_sent_without(self):
        context, ca = self.tls("IP:127.0.0.1")
        secure, plain = self.serve_http(response(b""), context), self.serve_http(response(b""))
        path = os.path.join(self.home, "both.json")
        self.run_get("--session", path, "--ca", ca, "-u", "me:secret", secure.origin)
        self.fails(2, "is of an https:// address", "--session", path, plain.origin)
        self.run_get("--session", path, "--ca", ca, secure.origin)
        self.assertIn("Authorization: Basic bWU6c2VjcmV0", secure.heads[1])
        self.assertEqual(plain.heads, [])

    def test_what_makes_no_sense_is_told(self):
        server = self.serve_http(response(b""))
        path = os.path.join(self.home, "broken")
        for text in ("{", "[]", '{"fields": 1}', '{"fields": [], "cookies": [{}]}', "\xff"):
            with open(path, "w") as file:
                file.write(text)
            self.fails(2, "no session", "--session", path, server.origin)
        self.fails(2, "dot", "--session", "..", server.origin)
        self.fails(2, "one host", "--session", "x", server.origin, "http://127.0.0.1:1/")
        self.assertEqual(server.heads, [])


if __name__ == "__main__":
    unittest.main()
