"""An account that gets another name keeps what is its own, also after a restart; who takes the old name gets nothing of it."""

import os
import signal
import unittest

from irc_accounts_test import AccountCase
from talk_case import LIMIT


class Renaming(AccountCase):
    def serve(self):
        return self.chat_server("--grace", "0", "--rate", "0", "--data", self.data)

    def order(self, line, answer):
        self.server.write(line.encode() + b"\n")
        return self.hear_on_stdout(self.server, answer.encode()).decode()

    def test_what_is_its_own_goes_along(self):
        self.data = os.path.join(self.folder(), "data")
        self.server = self.serve()
        for name in "alice", "bob":
            self.account(self.server, name)
        alice, bob = self.member(self.server, "alice", "account-notify"), self.member(self.server, "bob")
        for line in "JOIN #dev", "CS REGISTER #dev", "NS SET ALWAYS-ON on", "PRIVMSG bob :hello", "METADATA * SET url :x":
            alice.ask(line)
        self.order("/account alice rename bob", "-- somebody is called bob now")
        self.order("/account alice rename alicia", "-- the account alice is called alicia now")
        told = alice.sync()
        self.assertEqual([m.params for m in told if m.command in ("ACCOUNT", "NICK")], [["alicia"], ["alicia"]])
        self.account(self.server, "alice")
        alice.close()
        self.server.process.send_signal(signal.SIGTERM)
        self.server.process.wait(LIMIT)
        self.server = self.serve()
        bob = self.member(self.server, "bob", "draft/chathistory", "batch")
        self.assertEqual(self.commands(bob.ask("WHOIS alicia"))[0], "311")  # she is always on
        self.assertIn("hello", [m.params[-1] for m in bob.ask("CHATHISTORY LATEST alicia * 10")])
        alicia, next_alice = self.member(self.server, "alicia"), self.member(self.server, "alice", "draft/chathistory", "batch")
        self.assertNotIn("hello", [m.params[-1] for m in next_alice.ask("CHATHISTORY LATEST bob * 10")])
        self.assertIn("~alicia", " ".join(m.params[-1] for m in alicia.ask("NAMES #dev")))
        self.assertIn("x", [m.params[-1] for m in alicia.ask("METADATA * GET url")])
        next_alice.ask("JOIN #dev")
        self.assertIn("belongs to alicia", next_alice.ask("CS UNREGISTER #dev")[0].params[-1])
        self.order("/account alicia", "-- was called alice")
        self.order("/audit what:account", "operator from console: account rename alice alicia")


if __name__ == "__main__":
    unittest.main()
