"""What was done to the chat, and by whom: /audit at the console, and notices for operators (+s)."""

import signal
import unittest

from irc_case import IrcCase
from talk_case import LIMIT

PASSWORD = "correct horse battery"


class Audit(IrcCase):
    def audit(self, server, asked=""):
        """What it says, without times."""
        server.write(f"/audit {asked}\n/enough\n".encode())
        lines = []
        while True:
            line = self.hear_on_stdout(server, b"-- ").decode().strip()
            if "there is no /enough here" in line:
                return lines
            lines.append(line.partition(" UTC  ")[2] or line)

    def deeds(self, server, asked=""):
        """Only what was done."""
        return [line.split(": ", 1)[1].strip() for line in self.audit(server, asked)]

    def oper(self, client, name="root"):
        client.send(f"OPER {name} :{PASSWORD}")
        self.assertEqual(client.wait_for("381", "464", "491").command, "381")
        client.sync()
        return client

    def test_what_operators_do_is_told_kept_and_found(self):
        server = self.server_with_operators(PASSWORD)
        alice = self.oper(self.client(server, "alice"))
        self.assertEqual(self.commands(alice.ask("MODE alice +s")), ["MODE"])
        self.client(server, "bob")
        alice.send("KILL bob :spam")
        self.assertRegex(alice.wait_for("NOTICE").params[-1], r"^\*\*\* alice \(root\) from \S+: kill bob$")
        alice.send("KLINE 1d *@*.example :spam")
        self.assertIn("ban KLINE 1d *@*.example spam", alice.wait_for("NOTICE").params[-1])
        alice.sync()
        server.write(f"/account carol create {PASSWORD.replace(' ', '')}\n".encode())
        self.hear_on_stdout(server, b"-- there is an account carol")
        self.assertIn("operator from console: account create carol", alice.wait_for("NOTICE").params[-1])
        self.assertEqual(self.deeds(server),
                         ["oper", "kill bob", "ban KLINE 1d *@*.example spam", "account create carol"])
        self.assertEqual(self.deeds(server, "by:ROOT what:kill since:1d"), ["kill bob"])
        self.assertEqual(self.deeds(server, "to:carol"), ["account create carol"])
        self.assertEqual(len(self.deeds(server, "2")), 2)
        self.assertEqual(self.audit(server, "by:nobody"), ["-- nothing of that is known"])
        self.assertIn("/audit takes", self.audit(server, "nonsense")[0])
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(LIMIT)
        self.assertEqual(len(self.deeds(self.start_again())), 4)

    def test_what_others_do_with_accounts_and_rooms_is_kept(self):
        server = self.server_with_operators(PASSWORD)
        bob = self.client(server, "bob")
        bob.send(f"REGISTER * * :{PASSWORD}")
        bob.wait_for("REGISTER")
        bob.ask("JOIN #dev")
        bob.ask("CS REGISTER #dev")
        bob.send("OPER root wrong")
        bob.wait_for("464")
        bob.ask("CS UNREGISTER #dev")
        self.assertEqual(self.deeds(server, "by:bob"),
                         ["account make bob", "room register #dev", "oper failed as root", "room unregister #dev"])

    def test_only_operators_who_may_inspect_are_told(self):
        server = self.server_with_operators(PASSWORD)
        self.assertIn("481", self.commands(self.client(server, "eve").ask("MODE eve +s")))
        kim = self.oper(self.client(server, "kim"), "kim")
        self.assertIn("481", self.commands(kim.ask("MODE kim +s")))

    def test_settings_that_are_read_again(self):
        server = self.server_with_operators(PASSWORD)
        server.write(b"/reload\n")
        self.hear_on_stdout(server, b"-- ")
        self.assertRegex("".join(self.audit(server, "what:reload")), "operator from settings: reload ")

    def test_tokens_and_webhooks_without_what_is_secret_in_them(self):
        server = self.server_with_operators(PASSWORD)
        for line in ("/token add ci read", "/token list", "/hook #lobby out https://example.org/secret", "/hook #lobby"):
            server.write(f"{line}\n".encode())
        self.audit(server)  # what they were answered
        self.assertEqual(self.deeds(server), ["token add ci read", "hook out #lobby"])


if __name__ == "__main__":
    unittest.main()
