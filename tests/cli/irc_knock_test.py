"""KNOCK: asking to be let into a room."""

import unittest

from irc_case import IrcCase


class Knocking(IrcCase):
    def setUp(self):
        super().setUp()
        self.server = self.chat_server("--rate", "0")
        self.alice, self.bob = self.client(self.server, "alice"), self.client(self.server, "bob")
        self.alice.ask("JOIN #a")

    def test_the_operators_of_a_closed_room_are_asked(self):
        member = self.client(self.server, "member")
        member.ask("JOIN #a")
        self.alice.ask("MODE #a +i")
        member.sync()
        self.assertEqual([m.command for m in self.bob.ask("KNOCK #a :it is me")], ["711"])
        asked = self.only(self.alice.sync(), "710")
        self.assertEqual(asked.params[:2], ["alice", "#a"])
        self.assertTrue(asked.params[2].startswith("bob!"))
        self.assertIn("it is me", asked.params[3])
        self.assertEqual(member.sync(), [])
        self.alice.ask("INVITE bob #a")
        self.bob.sync()
        self.assertEqual(self.bob.ask("JOIN #a")[0].command, "JOIN")

    def test_where_there_is_nothing_to_ask_that_is_told(self):
        self.assertEqual(self.commands(self.bob.ask("KNOCK #none")), ["403"])
        self.assertEqual(self.commands(self.bob.ask("KNOCK #a")), ["713"])
        self.assertEqual(self.commands(self.alice.ask("KNOCK #a")), ["714"])
        self.alice.ask("MODE #a +ib bob")
        self.assertEqual(self.commands(self.bob.ask("KNOCK #a")), ["474"])
        self.alice.ask("MODE #a +K-b bob")
        self.assertEqual(self.commands(self.bob.ask("KNOCK #a")), ["480"])
        self.alice.ask("MODE #a +s")
        self.assertEqual(self.commands(self.bob.ask("KNOCK #a")), ["403"])

    def test_who_knocks_too_often_has_to_wait(self):
        self.alice.ask("MODE #a +k key")
        self.assertEqual([self.commands(self.bob.ask("KNOCK #a"))[0] for _ in range(4)], ["711"] * 3 + ["712"])


if __name__ == "__main__":
    unittest.main()
