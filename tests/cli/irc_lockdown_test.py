"""A lock-down: who is here stays, and others do not come in until it is over."""

import os
import signal
import time
import unittest

from irc_accounts_test import PASSWORD, AccountCase
from talk_case import LIMIT


class Lockdown(AccountCase):
    def setUp(self):
        self.data = os.path.join(self.folder(), "data")
        self.server = self.serve_it()
        self.account(self.server, "alice")

    def serve_it(self):
        return self.chat_server("--grace", "0", "--data", self.data)

    def order(self, line, answer):
        self.server.write(line.encode() + b"\n")
        return self.hear_on_stdout(self.server, answer.encode()).decode()

    def refused(self, why):
        stranger = self.stranger(self.server)
        for line in "NICK eve", "USER e 0 * :e":
            stranger.send(line)
        self.assertIn(why.encode(), stranger.rest())
        self.assertIn(b"-- " + why.encode(), self.caller(self.server, b"hello\n").rest())

    def test_strangers_stay_out_and_who_is_here_stays_until_it_is_lifted(self):
        bob = self.client(self.server, "bob")
        self.order("/lockdown", "-- there is no lock-down")
        self.order("/lockdown accounts", "-- nobody comes in without an account until /lockdown off")
        why = "Only who is logged in to an account comes in just now"
        self.refused(why)
        self.assertEqual(self.commands(bob.ask("PING x")), ["PONG"])
        answer = self.only(bob.ask(f"REGISTER * * :{PASSWORD}"), "FAIL")
        self.assertEqual(answer.params[1], "TEMPORARILY_UNAVAILABLE")
        self.member(self.server, "alice").close()
        self.server.process.send_signal(signal.SIGTERM)
        self.server.process.wait(LIMIT)
        self.server = self.serve_it()
        self.refused(why)
        self.order("/lockdown off", "-- the lock-down is lifted")
        self.order("/lockdown off", "-- there is no lock-down")
        self.client(self.server, "eve")
        self.order("/audit what:lockdown", "operator from console: lockdown off")

    def test_nobody_new_comes_in_but_one_more_client_of_who_is_here(self):
        alice = self.member(self.server, "alice")
        self.order("/lockdown all 1h", "-- nobody new comes in until 20")
        self.refused("Nobody new comes in just now")
        self.member(self.server, "alice")  # as she is here
        alice.close()

    def test_it_ends_by_itself(self):
        self.order("/lockdown all 2s", "-- nobody new comes in until 20")
        until = time.monotonic() + LIMIT
        while b"001" not in self.welcome():
            self.assertLess(time.monotonic(), until)
            time.sleep(0.05)

    def welcome(self):
        stranger = self.stranger(self.server)
        for line in "NICK eve", "USER e 0 * :e", "QUIT":
            stranger.send(line)
        return stranger.rest()

    def test_what_it_does_not_understand_is_told(self):
        for line in "/lockdown some", "/lockdown all soon":
            self.order(line, "-- /lockdown takes all or accounts, and for how long, as 1h; or off")
        self.client(self.server, "bob")


if __name__ == "__main__":
    unittest.main()
