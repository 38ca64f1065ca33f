"""Messages that are taken back, and how far somebody has read."""

import contextlib
import sqlite3
import unittest

from irc_case import IrcCase

REDACT = ("batch", "message-tags", "echo-message", "draft/message-redaction")


class Redaction(IrcCase):
    def setUp(self):
        self.server = self.chat_server("--rate", "0")
        self.alice, self.bob = (self.client(self.server, nick, *REDACT) for nick in ("alice", "bob"))
        for client in (self.alice, self.bob):
            client.ask("JOIN #a")
        self.alice.sync()

    def said(self, by, target="#a"):
        return self.only(by.ask(f"PRIVMSG {target} :oops"), "PRIVMSG").tags["msgid"]

    def test_its_author_takes_a_message_back_and_everybody_is_told(self):
        carol = self.client(self.server, "carol")
        carol.ask("JOIN #a")
        msgid = self.said(self.bob)
        carol.sync(), self.alice.sync()
        told = self.only(self.bob.ask(f"REDACT #a {msgid} :wrong room"), "REDACT")
        self.assertEqual((told.nick, told.params), ("bob", ["#a", msgid, "wrong room"]))
        self.assertEqual(self.only(self.alice.sync(), "REDACT").params, told.params)
        self.assertEqual(carol.sync(), [])
        again = self.only(self.bob.ask(f"REDACT #a {msgid}"), "FAIL")
        self.assertEqual(again.params[:-1], ["REDACT", "UNKNOWN_MSGID", "#a", msgid])

    def test_operators_of_the_room_take_back_what_others_said_and_nobody_else_does(self):
        self.assertEqual(self.only(self.alice.ask(f"REDACT #a {self.said(self.bob)}"), "REDACT").nick, "alice")
        msgid = self.said(self.alice)
        self.bob.sync()
        refused = self.only(self.bob.ask(f"REDACT #a {msgid}"), "FAIL")
        self.assertEqual(refused.params[:-1], ["REDACT", "REDACT_FORBIDDEN", "#a", msgid])
        self.assertEqual(self.alice.sync(), [])

    def test_nobody_passes_for_the_author_by_taking_the_nick(self):
        msgid = self.said(self.bob)
        self.bob.ask("NICK rob")
        carol = self.client(self.server, "bob", *REDACT)
        carol.ask("JOIN #a")
        self.assertEqual(self.only(carol.ask(f"REDACT #a {msgid}"), "FAIL").params[1], "REDACT_FORBIDDEN")
        self.assertEqual(self.only(self.bob.ask(f"REDACT #a {msgid}"), "REDACT").params, ["#a", msgid])

    def test_a_private_message_is_taken_back_on_both_sides(self):
        msgid = self.said(self.alice, "bob")
        self.bob.sync()
        self.assertEqual(self.only(self.alice.ask(f"REDACT bob {msgid}"), "REDACT").params, ["bob", msgid])
        self.assertEqual(self.only(self.bob.sync(), "REDACT").params, ["bob", msgid])

    def test_what_is_not_there_is_refused(self):
        self.assertEqual(self.only(self.alice.ask("REDACT #b abc"), "FAIL").params[:-1],
                         ["REDACT", "INVALID_TARGET", "#b"])
        self.assertEqual(self.only(self.alice.ask("REDACT #a abc"), "FAIL").params[:-1],
                         ["REDACT", "UNKNOWN_MSGID", "#a", "abc"])


class OnALockedDatabase(IrcCase):
    def test_nobody_is_told_of_a_redaction_that_is_not_kept(self):
        data = self.folder() + "/data"
        server = self.chat_server("--data", data, "--rate", "0")
        alice, bob = (self.client(server, nick, *REDACT) for nick in ("alice", "bob"))
        for client in alice, bob:
            client.ask("JOIN #a")
        bob.sync()
        msgid = self.only(alice.ask("PRIVMSG #a :my password is hunter2"), "PRIVMSG").tags["msgid"]
        bob.sync()
        with contextlib.closing(sqlite3.connect(data + "/chat.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            self.assertEqual(self.commands(alice.ask(f"REDACT #a {msgid}")), ["FAIL"])
            self.assertEqual(bob.sync(), [])
            other.execute("ROLLBACK")
        self.only(alice.ask(f"REDACT #a {msgid}"), "REDACT")
        self.only(bob.sync(), "REDACT")


class ReadMarkers(IrcCase):
    def setUp(self):
        self.alice = self.client(self.chat_server("--rate", "0"), "alice", "draft/read-marker")

    def marker(self, line):
        return self.only(self.alice.ask(line), "MARKREAD").params

    def test_a_join_tells_how_far_the_room_was_read(self):
        joined = self.commands(self.alice.ask("JOIN #a"))
        self.assertLess(joined.index("MARKREAD"), joined.index("366"))
        self.marker("MARKREAD #a timestamp=2020-03-15T10:00:00.000Z")
        self.alice.ask("PART #a")
        self.assertEqual(self.marker("JOIN #a"), ["#a", "timestamp=2020-03-15T10:00:00.000Z"])

    def test_a_marker_only_moves_forward(self):
        self.assertEqual(self.marker("MARKREAD bob"), ["bob", "*"])
        newer, older = "timestamp=2019-06-01T12:00:00.000Z", "timestamp=2019-01-01T00:00:00.000Z"
        self.assertEqual(self.marker(f"MARKREAD bob {newer}"), ["bob", newer])
        self.assertEqual(self.marker(f"MARKREAD BOB {older}"), ["BOB", newer])
        future = self.marker("MARKREAD bob timestamp=2200-01-01T00:00:00.000Z")[1]
        self.assertLess(future, "timestamp=2200")

    def test_what_cannot_be_understood_is_refused(self):
        for line, about in {
            "MARKREAD": ["NEED_MORE_PARAMS"],
            "MARKREAD #a *": ["INVALID_PARAMS", "#a", "*"],
            "MARKREAD #a timestamp=soon": ["INVALID_PARAMS", "#a", "timestamp=soon"],
            "MARKREAD #a timestamp=2019-02-30T00:00:00.000Z":
                ["INVALID_PARAMS", "#a", "timestamp=2019-02-30T00:00:00.000Z"],
            "MARKREAD a,b": ["INVALID_PARAMS", "a,b"],
        }.items():
            self.assertEqual(self.only(self.alice.ask(line), "FAIL").params[1:-1], about, line)


class Plain(IrcCase):
    def test_who_comes_into_a_room_is_shown_what_was_said_last(self):
        server = self.chat_server("--rate", "0")
        alice = self.person(server, b"alice")
        alice.say(b"hello\n/me waves\n/rooms\n")
        alice.until(b"-- rooms")
        bob = self.caller(server, b"/nick bob\n")
        shown = bob.until(b"you are now bob\n").decode()
        self.assertRegex(shown, r"\n\[\d\d:\d\d\] alice: hello\n\[\d\d:\d\d\] \* alice waves\n")
        bob.say(b"/history 1\n")
        self.assertRegex(bob.until(b"waves\n").decode(), r"^\[\d\d:\d\d\] \* alice waves\n$")
        bob.say(b"/history many\n")
        bob.until(b"-- /history [N] takes a number from 1 to 100\n")

    def test_a_program_that_sends_no_newline_is_shown_nothing_but_answers(self):
        server = self.chat_server("--rate", "0")
        alice = self.person(server, b"alice")
        alice.say(b"hello\n/rooms\n")
        alice.until(b"-- rooms")
        program = self.caller(server, b"ping")
        self.assertEqual(program.until(b"\n"), b"guest1: ping\n")


if __name__ == "__main__":
    unittest.main()
