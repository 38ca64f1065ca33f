"""What accounts and restarts change about what is read again."""

import signal
import unittest

from irc_accounts_test import AccountCase
from irc_history_test import FULL, HistoryCase, EARLIEST, LATEST


class Accounts(AccountCase, HistoryCase):
    def setUp(self):
        self.server = self.chat_server("--rate", "0")
        for name in ("alice", "bob"):
            self.account(self.server, name)
        self.alice = self.member(self.server, "alice", *FULL)

    def texts(self, client, request):
        return [text for _, _, text in self.history(client, request)]

    def test_a_talk_is_found_while_the_other_is_gone_and_when_it_is_back(self):
        bob = self.member(self.server, "bob", *FULL)
        self.alice.ask("PRIVMSG bob :hello")
        bob.send("QUIT")
        bob.rest()
        self.assertEqual(self.texts(self.alice, "LATEST bob * 5"), ["hello"])
        targets = self.alice.ask(f"CHATHISTORY TARGETS {EARLIEST} {LATEST} 5")
        self.assertEqual([m.params[1] for m in targets[1:-1]], ["bob"])
        bob = self.member(self.server, "bob", *FULL)
        self.assertEqual(self.texts(bob, "LATEST alice * 5"), ["hello"])

    def test_a_marker_is_told_to_every_client_of_the_account_and_kept(self):
        first = self.member(self.server, "bob", "draft/read-marker")
        first.ask("JOIN #a")
        second = self.member(self.server, "bob", "draft/read-marker")
        stamp = "timestamp=2022-11-11T11:11:11.111Z"
        first.ask(f"MARKREAD #a {stamp}")
        self.assertEqual(self.only(second.sync(), "MARKREAD").params, ["#a", stamp])
        self.assertEqual(self.alice.sync(), [])
        for client in (first, second):
            client.send("QUIT")
            client.rest()
        third = self.member(self.server, "bob", "draft/read-marker")
        self.assertEqual(self.only(third.ask("JOIN #a"), "MARKREAD").params, ["#a", stamp])


class Restarts(HistoryCase):
    def begin(self, folder, *more):
        return self.chat_server("--set", f"store.folder={folder}", *more, "--rate", "0")

    def end(self, server):
        server.process.send_signal(signal.SIGTERM)
        server.process.wait()

    def test_history_outlives_the_server_and_what_is_too_much_is_forgotten(self):
        folder = self.folder()
        server = self.begin(folder)
        alice = self.client(server, "alice", *FULL)
        alice.ask("JOIN #lobby")
        for n in range(10):
            alice.ask(f"PRIVMSG #lobby :message {n}")
        self.end(server)
        server = self.begin(folder)
        alice = self.client(server, "alice", *FULL)
        alice.ask("JOIN #lobby")
        self.assertEqual(len(self.history(alice, "LATEST #lobby * 50")), 10)
        self.end(server)
        server = self.begin(folder, "--set", "history.retention_count=8")
        alice = self.client(server, "alice", *FULL)
        alice.ask("JOIN #lobby")
        kept = [text for _, _, text in self.history(alice, "LATEST #lobby * 50")]
        self.assertEqual(kept, [f"message {n}" for n in range(2, 10)])


if __name__ == "__main__":
    unittest.main()
