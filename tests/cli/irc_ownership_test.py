"""What belongs to accounts: ranks in rooms, and what is kept of readers when a room gets another name."""

import time
import unittest

from irc_accounts_test import AccountCase


class Ranks(AccountCase):
    def setUp(self):
        super().setUp()
        self.server = self.chat_server("--rate", "0")
        self.account(self.server, "alice")
        self.alice = self.member(self.server, "alice")
        self.alice.ask("JOIN #a")
        self.alice.ask("CS REGISTER #a")

    def test_others_are_told_of_the_rank_that_an_account_has_on_coming_in(self):
        bob = self.client(self.server, "bob")
        bob.ask("JOIN #a")
        self.alice.ask("PART #a")
        bob.sync()
        self.assertNotIn("MODE", self.commands(self.alice.ask("JOIN #a")))
        self.assertEqual([[m.command] + m.params for m in bob.sync()],
                         [["JOIN", "#a"], ["MODE", "#a", "+q", "alice"]])

    def test_who_logs_in_inside_a_room_gets_its_rank_there(self):
        self.account(self.server, "bob")
        self.alice.ask("CS AMODE #a +o bob")
        bob = self.client(self.server, "robert")
        bob.ask("JOIN #a")
        self.alice.sync()
        self.assertIn("MODE", self.commands(self.authenticate(bob, "bob")))
        self.assertEqual(self.only(self.alice.sync(), "MODE").params, ["#a", "+o", "robert"])
        self.assertEqual(self.commands(bob.ask("TOPIC #a :mine")), ["TOPIC"])


    def test_a_rank_that_is_taken_from_an_account_is_gone_at_once(self):
        self.account(self.server, "bob")
        bob = self.member(self.server, "bob")
        bob.ask("JOIN #a")
        for change in ("+o", "+v", "-v", "-o"):
            told = self.alice.ask(f"CS AMODE #a {change} bob")
            self.assertEqual(self.only(told, "MODE").params, ["#a", change, "bob"])
            self.assertEqual(self.only(bob.sync(), "MODE").params, ["#a", change, "bob"])
        self.assertEqual(self.commands(bob.ask("MODE #a +m")), ["482"])
        self.assertNotIn("MODE", self.commands(self.alice.ask("CS AMODE #a -o bob")))


class Renaming(AccountCase):
    def test_read_markers_go_along(self):
        server = self.chat_server("--rate", "0")
        self.account(server, "bob")
        alice = self.client(server, "alice", "draft/read-marker", "draft/channel-rename")
        bob = self.member(server, "bob", "draft/read-marker")
        for client in (alice, bob):
            client.ask("JOIN #a")
            client.ask("MARKREAD #a timestamp=2026-01-02T03:04:05.000Z")
        bob.ask("PART #a")
        self.account(server, "carol")
        carol = self.member(server, "carol", "draft/read-marker")
        carol.ask("JOIN #a")
        carol.ask("MARKREAD #a timestamp=2026-01-02T03:04:05.000Z")
        alice.ask("RENAME #a #b")
        self.assertEqual([m.params for m in carol.sync() if m.command == "MARKREAD"],
                         [["#b", "timestamp=2026-01-02T03:04:05.000Z"]])
        for client in (alice, bob, carol):
            self.assertEqual(client.ask("MARKREAD #b")[0].params[1], "timestamp=2026-01-02T03:04:05.000Z")
            self.assertEqual(client.ask("MARKREAD #a")[0].params[1], "*")

    def test_who_came_first_before_it_still_reads_from_there(self):
        server = self.chat_server("--rate", "0", "--set", "history.before_join=joined")
        self.account(server, "bob")
        alice = self.client(server, "alice")
        bob = self.member(server, "bob", "draft/chathistory", "batch")
        for client in (alice, bob):
            client.ask("JOIN #a")
        alice.ask("PRIVMSG #a :while bob is there")
        bob.ask("PART #a")
        alice.ask("RENAME #a #b")
        bob.ask("JOIN #b")
        self.assertIn("while bob is there", [m.params[-1] for m in bob.ask("CHATHISTORY LATEST #b * 10")])

    def test_who_logged_in_after_coming_still_reads_from_there(self):
        server = self.chat_server("--rate", "0", "--set", "history.before_join=joined")
        self.account(server, "bob")
        alice, bob = self.client(server, "alice"), self.client(server, "bobby", "sasl")
        alice.ask("JOIN #a")
        alice.ask("PRIVMSG #a :before bob is there")
        bob.ask("JOIN #a")
        alice.ask("PRIVMSG #a :while bob is there")
        self.authenticate(bob, "bob")
        bob.send("QUIT")
        bob.rest()
        bob = self.member(server, "bob", "draft/chathistory", "batch")
        bob.ask("JOIN #a")
        told = [m.params[-1] for m in bob.ask("CHATHISTORY LATEST #a * 10") if m.command == "PRIVMSG"]
        self.assertEqual(told, ["while bob is there"])


class Ending(AccountCase):
    def code(self, client, name):
        return client.ask(f"NS UNREGISTER {name}")[-1].params[-1].split()[-1]

    def test_it_takes_a_code_that_only_the_owner_is_told(self):
        server = self.chat_server("--rate", "0")
        self.account(server, "alice")
        alice, mallory = self.member(server, "alice"), self.client(server, "mallory")
        code = self.code(alice, "alice")
        self.assertIn("not your account", mallory.ask(f"NS UNREGISTER alice {code}")[0].params[-1])
        self.assertEqual(len(alice.ask("NS UNREGISTER alice 00000000")), 2)
        alice.send(f"NS UNREGISTER alice {code}")
        alice.wait_for("ERROR")
        self.assertEqual(self.commands(self.authenticate(self.begin(server), "alice"))[-1], "904")

    def test_who_takes_its_name_next_does_not_own_what_was_said(self):
        server = self.chat_server("--rate", "0")
        self.account(server, "alice")
        bob = self.client(server, "bob", "message-tags")
        bob.ask("JOIN #a")
        alice = self.member(server, "alice")
        alice.ask("JOIN #a")
        alice.ask("PRIVMSG #a :mine")
        said = self.only(bob.sync(), "PRIVMSG").tags["msgid"]
        alice.send(f"NS UNREGISTER alice {self.code(alice, 'alice')}")
        alice.wait_for("ERROR")
        time.sleep(1)  # an account's age is told in seconds
        self.account(server, "alice")
        other = self.member(server, "alice", "draft/message-redaction")
        other.ask("JOIN #a")
        self.assertEqual(self.only(other.ask(f"REDACT #a {said}"), "FAIL").params[1], "REDACT_FORBIDDEN")

    def test_its_rooms_are_released_and_its_ranks_gone(self):
        server = self.chat_server("--rate", "0")
        for name in ("alice", "bob"):
            self.account(server, name)
        alice, bob = self.member(server, "alice"), self.member(server, "bob")
        alice.ask("JOIN #a,#empty")
        bob.ask("JOIN #a,#b")
        for line in ("CS REGISTER #a", "CS REGISTER #empty", "PART #empty"):
            alice.ask(line)
        bob.ask("CS REGISTER #b")
        bob.ask("CS AMODE #b +o alice")
        alice.send(f"NS UNREGISTER alice {self.code(alice, 'alice')}")
        alice.wait_for("ERROR")
        for name in ("#a", "#empty"):
            self.assertIn("no registered channel", bob.ask(f"CS INFO {name}")[-1].params[-1])
        self.assertEqual(len(bob.ask("CS AMODE #b")), 1)


if __name__ == "__main__":
    unittest.main()
