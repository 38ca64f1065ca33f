"""What is done with whole rooms: over restarts, and at the console."""

import os
import signal
import time
import unittest

from irc_accounts_test import AccountCase
from talk_case import LIMIT


class RoomControl(AccountCase):
    def setUp(self):
        self.data = os.path.join(self.folder(), "data")
        self.server = self.serve_it()
        for name in "alice", "bob":
            self.account(self.server, name)
        self.alice, self.bob = self.member(self.server, "alice"), self.member(self.server, "bob")
        for line in "JOIN #dev", "CS REGISTER #dev", "PRIVMSG #dev :hello":
            self.alice.ask(line)

    def serve_it(self):
        return self.chat_server("--grace", "0", "--rate", "0", "--data", self.data)

    def again(self):
        self.server.process.send_signal(signal.SIGTERM)
        self.server.process.wait(LIMIT)
        self.server = self.serve_it()

    def order(self, line, answer):
        self.server.write(line.encode() + b"\n")
        return self.hear_on_stdout(self.server, answer.encode()).decode()

    def bans(self, client):
        return [m.params[2] for m in client.ask("MODE #dev +b") if m.command == "367"]

    def told(self, client, line):
        return [m.params[-1] for m in client.ask(line) if m.command == "NOTICE"]

    def test_an_offer_outlasts_a_restart(self):
        self.told(self.alice, "CS TRANSFER #dev bob")
        self.again()
        bob = self.member(self.server, "bob")
        self.assertEqual(self.told(bob, "CS TRANSFER ACCEPT #dev"), ["#dev belongs to bob now"])
        self.again()
        self.order("/room #dev", "registered to bob")

    def test_the_console_gives_clears_and_ends_rooms(self):
        self.bob.ask("JOIN #dev")
        self.order("/room #dev transfer nobody", "-- there is no account nobody")
        self.order("/room #dev transfer bob", "-- #dev belongs to bob")
        self.order("/room #dev clear start again", "-- 2 people are put out of #dev")
        kicks = [self.bob.wait_for("KICK").params[1:] for _ in range(2)]
        self.assertEqual(sorted(kicks), [["alice", "start again"], ["bob", "start again"]])
        self.order("/room #dev purge spam", "-- #dev is ended, and nobody comes in any more")
        self.order("/room #dev", "-- #dev is purged")
        self.again()
        alice = self.member(self.server, "alice")
        self.assertEqual(self.commands(alice.ask("JOIN #dev"))[0], "403")
        plain = self.person(self.server, b"pat")
        plain.say(b"/join dev\n")
        plain.until(b"-- #dev was closed by operators")
        self.order("/room #dev unpurge", "-- #dev can be made again")
        self.order("/room #dev unpurge", "-- #dev is not purged")
        alice.ask("CAP REQ :draft/chathistory batch")
        alice.ask("JOIN #dev")
        self.assertNotIn("hello", " ".join(m.params[-1] for m in alice.ask("CHATHISTORY LATEST #dev * 10")))
        self.order("/audit what:room", "operator from console: room #dev transfer bob")

    def test_a_ban_for_a_time_ends_by_itself_also_after_a_restart(self):
        self.alice.ask("TBAN #dev 2s *!*@192.0.2.1")
        self.alice.ask("TBAN #dev 1h *!*@192.0.2.2")
        self.again()
        alice = self.member(self.server, "alice")
        alice.ask("JOIN #dev")
        until = time.monotonic() + LIMIT
        while self.bans(alice) != ["*!*@192.0.2.2"]:
            self.assertLess(time.monotonic(), until)
            time.sleep(0.05)

    def test_a_plain_caller_is_told_to_wait_in_a_slow_room(self):
        self.alice.ask("MODE #dev +W 3600")
        plain = self.person(self.server, b"pat")
        plain.say(b"/join dev\n")
        plain.until(b"you are in #dev")
        plain.say(b"one\ntwo\n")
        plain.until(b"-- #dev is slow: wait a little before you say more\n")


if __name__ == "__main__":
    unittest.main()
