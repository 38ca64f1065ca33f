"""Rooms whose people see only those with a rank (+u)."""

import unittest

from irc_case import IrcCase


class Auditorium(IrcCase):
    def setUp(self):
        super().setUp()
        self.server = self.chat_server("--rate", "0")
        self.speaker = self.client(self.server, "speaker")
        self.speaker.ask("JOIN #a")
        self.speaker.ask("MODE #a +u")
        self.one, self.two = self.listener("one"), self.listener("two")

    def listener(self, nick):
        client = self.client(self.server, nick, "away-notify", "setname", "draft/metadata-2", "batch",
                             "draft/chathistory", "draft/event-playback")
        client.ask("JOIN #a")
        return client

    def names(self, client):
        return set(self.only(client.ask("NAMES #a"), "353").params[-1].split())

    def test_who_comes_changes_and_goes_is_told_only_to_those_with_a_rank(self):
        self.speaker.sync()
        self.one.sync()
        for line in ("AWAY :out", "SETNAME :Deux", "NICK deux", "PART #a", "JOIN #a"):
            self.two.ask(line)
        self.assertEqual(self.commands(self.speaker.sync()), ["NICK", "PART", "JOIN"])
        self.speaker.ask("KICK #a deux")
        self.two.ask("JOIN #a")
        self.two.send("QUIT")
        self.two.rest()
        self.assertEqual(self.commands(self.speaker.sync()), ["JOIN", "QUIT"])
        self.assertEqual(self.one.sync(), [])

    def test_everybody_hears_what_is_said_and_sees_those_with_a_rank(self):
        self.one.ask("PRIVMSG #a :hello")
        self.assertEqual(self.only(self.two.sync(), "PRIVMSG").nick, "one")
        self.assertEqual(self.names(self.speaker), {"@speaker", "one", "two"})
        self.assertEqual(self.names(self.two), {"@speaker"})
        self.speaker.ask("MODE #a +v one")
        self.two.sync()
        self.assertEqual(self.names(self.two), {"@speaker", "+one"})
        self.one.ask("PART #a")
        self.assertEqual(self.commands(self.two.sync()), ["PART"])

    def test_nothing_else_tells_who_is_there(self):
        self.assertEqual({m.params[5] for m in self.one.ask("WHO #a") if m.command == "352"}, {"speaker", "one"})
        self.assertNotIn("319", self.commands(self.one.ask("WHOIS two")))
        self.two.ask("METADATA * SET color red")
        self.assertEqual(self.commands(self.one.ask("METADATA * SUB color")), ["770"])
        self.two.ask("METADATA * SET color blue")
        self.assertEqual(self.one.sync(), [])
        self.two.ask("PART #a")
        played = self.one.ask("CHATHISTORY LATEST #a * 100")
        self.assertTrue(all(m.nick == "speaker" for m in played[1:-1]), played)


if __name__ == "__main__":
    unittest.main()
