"""Filters: what is not to be said, by the console and by operators, for every dialect, and after a restart."""

import os
import signal
import unittest

from irc_operators_test import OperatorCase
from talk_case import LIMIT


class Filters(OperatorCase):
    def setUp(self):
        self.data = os.path.join(self.folder(), "data")
        self.server = self.operated("--grace", "0", "--data", self.data, "--set", "limits.exempt=127.0.0.1")

    def order(self, line, answer):
        self.server.write(line.encode() + b"\n")
        return self.hear_on_stdout(self.server, answer.encode()).decode()

    def test_the_console_has_them_and_they_are_kept(self):
        self.order("/filter", "-- filters: 0")
        self.order(r"/filter add cheap\s+pills block pn no advertising here", r"-- filter 1 block pn cheap\s+pills")
        self.order("/filter add .* kill *", "-- that pattern is found in everything")
        self.order("/filter test Cheap pills!", "-- filter 1 block")
        alice, plain = self.client(self.server, "alice"), self.person(self.server, b"bob")
        alice.ask("JOIN #lobby")
        answer = self.only(alice.ask("PRIVMSG #lobby :CHEAP  pills"), "404")
        self.assertEqual(answer.params[2], "Your message has been blocked: no advertising here")
        plain.say(b"cheap pills\n")
        plain.until(b"-- that is not to be said here: no advertising here\n")
        plain.say(b"hello\n")
        self.assertEqual(alice.wait_for("PRIVMSG").params[1], "hello")
        self.order("/filter list", "-- filters: 1")
        self.order("/audit what:filter", r"operator from console: filter add cheap\s+pills block pn no advertising here")
        self.server.process.send_signal(signal.SIGTERM)
        self.server.process.wait(LIMIT)
        self.server = self.operated("--grace", "0", "--data", self.data, "--set", "limits.exempt=127.0.0.1")
        self.order("/filter", "filters: 1")
        alice = self.client(self.server, "alice")
        alice.ask("JOIN #lobby")
        self.only(alice.ask("PRIVMSG #lobby :cheap pills"), "404")
        self.order("/filter del 1", "-- filter 1 is no more")
        self.assertEqual(alice.ask("PRIVMSG #lobby :cheap pills"), [])

    def test_reactions_are_read_as_their_readers_do(self):
        self.order(r"/filter add cheap\s+pills block pn no advertising here", "-- filter 1")
        alice, bob = (self.client(self.server, name, "message-tags") for name in ("alice", "bob"))
        bob.ask("JOIN #lobby")
        alice.ask("JOIN #lobby")
        for tags in (r"+draft/react=cheap\spills", r"+draft/react=ch\eap\spills", r"+draft/react=cheap\npills", r"+a=+draft/react=ok;+draft/react=cheap\spills",
                     r"+draft/react=ok;+draft/react=cheap\spills"):
            alice.send(f"@{tags} TAGMSG #lobby")
            alice.send(f"@{tags} PRIVMSG #lobby :beside a text")
        alice.send(r"@+draft/react=yes;+a=cheap\spills TAGMSG #lobby")
        alice.sync()
        heard = [one for one in bob.sync() if one.command in ("TAGMSG", "PRIVMSG")]
        self.assertEqual([one.tags.get("+draft/react") for one in heard], ["yes"])

    def test_who_says_it_is_put_out_and_does_not_come_back(self):
        boss = self.operator(self.server)
        self.only(boss.ask(r"FILTER ADD \bspam\b ban p 1h :we know you"), "NOTICE")
        boss.ask("MODE boss +s")
        eve = self.client(self.server, "eve", source="127.0.0.2")
        eve.send("PRIVMSG boss :spam, spam")
        self.assertIn(b"[Filtered: we know you]", eve.rest())
        # He may ban, so he is not put out himself, and neither hears it.
        told = [m.params[-1] for m in boss.ask("PING x") if m.command == "NOTICE"]
        self.assertTrue(any("filter 1 (ban): messages of eve!" in text for text in told), told)
        self.assertFalse(any("spam, spam" in text for text in told), told)
        self.server.until("filtered.*filter=1")
        self.order("/bans", "127.0.0.2")
        self.order("/audit what:ban", "filter 1 (root) from 127.0.0.2: ban eve!~eve@")


if __name__ == "__main__":
    unittest.main()
