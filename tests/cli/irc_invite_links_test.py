"""Links into closed rooms: who makes them, whom they let in, for how long, and what ends them."""

import re
import signal
import subprocess
import tempfile
import time

from irc_case import IrcCase

LINK = re.compile(r"^Link http://127\.0\.0\.1:\d+/\?join=%23dev&key=([\w-]{24}) by (\S+)(?: until (\S+))? used (\d+)(?: of (\d+))?$")


class LinkCase(IrcCase):
    def founder(self, server, name="alice"):
        """Of a room that only those come into who were invited."""
        client = self.client(server, name)
        client.ask("JOIN #dev")
        client.ask("MODE #dev +ik secret")
        return client

    def link(self, client, *terms):
        answer = self.only(client.ask(" ".join(("CS LINK #dev ADD", *terms))), "NOTICE")
        self.assertRegex(answer.params[-1], LINK)
        return LINK.match(answer.params[-1])[1]

    def links(self, client):
        return [LINK.match(m.params[-1]).groups() for m in client.ask("CS LINK #dev") if LINK.match(m.params[-1])]

    def refused(self, server, nick, key, numeric="473"):
        client = self.client(server, nick)
        self.assertEqual(self.commands(client.ask(f"JOIN #dev {key}")), [numeric])
        client.send("QUIT")
        client.rest()


class InviteLinks(LinkCase):
    def test_one_lets_in_for_so_many_people_and_then_no_more(self):
        server = self.chat_server("--rate", "0")
        alice = self.founder(server)
        token = self.link(alice, "1h", "2")
        self.refused(server, "eve", "A" * 24)
        self.refused(server, "eve", "secret")
        bob = self.client(server, "bob")
        self.assertIn("JOIN", self.commands(bob.ask(f"JOIN #dev {token}")))
        # Who comes again, after a lost connection, is not counted twice.
        bob.ask("PART #dev")
        self.assertIn("JOIN", self.commands(bob.ask(f"JOIN #dev {token}")))
        self.assertEqual(self.links(alice)[0][3:], ("1", "2"))
        self.assertIn("JOIN", self.commands(self.client(server, "carol").ask(f"JOIN #dev {token}")))
        self.refused(server, "dave", token)
        # Where one comes in anyway, a link is not used up.
        alice.ask("MODE #dev -ik secret")
        other = self.link(alice, "1h", "1")
        self.client(server, "erin").ask(f"JOIN #dev {other}")
        self.assertIn((other, "alice", "0", "1"), [(one[0], one[1], one[3], one[4]) for one in self.links(alice)])

    def test_who_guesses_pays_as_for_keys(self):
        server = self.chat_server("--rate", "0", "--set", "limits.exempt=", "--set", "limits.failed_logins=4")
        alice = self.founder(server)
        alice.ask("MODE #dev -k secret")
        token = self.link(alice, "1h", "0")
        eve = self.client(server, "eve")
        for letter in "ABCD":
            self.assertEqual(self.commands(eve.ask(f"JOIN #dev {letter * 24}")), ["473"])
            server.until(r"key_wrong address=127\.0\.0\.1 name=eve room=#dev")
        # Right or wrong, on another connection, too.
        answer = self.only(self.client(server, "mallory").ask(f"JOIN #dev {token}"), "475")
        self.assertIn("too many wrong keys", answer.params[-1])
        # What can be no link is no guess, and who is invited comes in.
        self.assertEqual(self.commands(eve.ask("JOIN #dev short")), ["473"])
        alice.ask("INVITE eve #dev")
        self.assertIn("JOIN", self.commands(eve.ask(f"JOIN #dev {token}")))

    def test_who_is_banned_stays_out(self):
        server = self.chat_server("--rate", "0")
        alice = self.founder(server)
        token = self.link(alice)
        alice.ask("MODE #dev +b bob!*@*")
        self.refused(server, "bob", token, "474")

    def test_one_ends_with_its_time_and_when_it_is_taken_back(self):
        server = self.chat_server("--rate", "0")
        alice = self.founder(server)
        short, other = self.link(alice, "1s"), self.link(alice, "0")
        time.sleep(2.2)
        self.assertEqual([(one[0], one[2]) for one in self.links(alice)], [(other, None)])
        self.refused(server, "bob", short)
        self.assertIn("no such link", self.only(alice.ask(f"CS LINK #dev DEL {short}"), "NOTICE").params[-1])
        self.assertIn("any more", self.only(alice.ask(f"CS LINK #dev DEL {other}"), "NOTICE").params[-1])
        self.refused(server, "bob", other)
        self.assertEqual(self.links(alice), [])

    def test_only_who_may_invite_makes_and_sees_them(self):
        server = self.chat_server("--rate", "0")
        alice = self.founder(server)
        token = self.link(alice)
        bob = self.client(server, "bob")
        bob.ask(f"JOIN #dev {token}")
        for words in ("", " ADD", f" DEL {token}"):
            self.assertIn("not a channel operator", self.only(bob.ask(f"CS LINK #dev{words}"), "NOTICE").params[-1])
        carol = self.client(server, "carol")
        self.assertIn("no such channel", self.only(carol.ask("CS LINK #dev"), "NOTICE").params[-1])
        for wrong in ("soon", "1h many", "1h 1001", "1h -1"):
            self.assertIn("for how long", self.only(alice.ask(f"CS LINK #dev ADD {wrong}"), "NOTICE").params[-1])

    def test_a_room_has_only_so_many(self):
        server = self.chat_server("--rate", "0", "--set", "limits.list_modes=2")
        alice = self.founder(server)
        self.link(alice), self.link(alice)
        self.assertIn("as many links", self.only(alice.ask("CS LINK #dev ADD"), "NOTICE").params[-1])

    def test_they_last_over_a_kill_and_end_with_the_room(self):
        folder = tempfile.mkdtemp()
        self.addCleanup(subprocess.run, ["rm", "-rf", folder])
        server = self.chat_server("--set", f"store.folder={folder}", "--rate", "0")
        alice = self.founder(server)
        alice.ask("REGISTER * * :pass")
        alice.ask("CS REGISTER #dev")
        token = self.link(alice, "1h", "2")
        self.assertIn("JOIN", self.commands(self.client(server, "bob").ask(f"JOIN #dev {token}")))
        server.process.send_signal(signal.SIGKILL)
        server.process.wait(30)
        server = self.chat_server("--set", f"store.folder={folder}", "--rate", "0")
        carol = self.client(server, "carol")
        self.assertIn("JOIN", self.commands(carol.ask(f"JOIN #dev {token}")))
        self.refused(server, "dave", token)
        carol.ask("PART #dev")

    def test_of_a_room_that_is_over_nothing_opens_the_next_of_its_name(self):
        server = self.chat_server("--rate", "0")
        for modes in ("+i", ""):
            alice = self.client(server, "alice")
            alice.ask("JOIN #dev")
            if modes:
                alice.ask(f"MODE #dev {modes}")
            token = self.link(alice, "0")
            alice.send("QUIT")
            alice.rest()
            bob = self.client(server, "bob")
            bob.ask("JOIN #dev")
            bob.ask("MODE #dev +i")
            self.assertEqual(self.links(bob), [])
            self.refused(server, "eve", token)
            bob.send("QUIT")
            bob.rest()

    def test_it_goes_along_with_a_room_that_is_renamed(self):
        server = self.chat_server("--rate", "0")
        alice = self.founder(server)
        token = self.link(alice)
        alice.ask("RENAME #dev #news")
        self.assertIn("JOIN", self.commands(self.client(server, "bob").ask(f"JOIN #news {token}")))

    def test_plain_callers_make_and_follow_them(self):
        server = self.chat_server("--rate", "0")
        alice = self.person(server, b"alice")
        alice.say(b"/join #dev\n")
        alice.until(b"you are in #dev")
        alice.until(b"\n")
        alice.say(b"/invite-link 2h\n")
        said = alice.until(b"\n").decode()
        token = re.fullmatch(rf"-- http://127\.0\.0\.1:{server.port}/\?join=%23dev&key=(\S{{24}}) or /join #dev \1\n", said)[1]
        irc = self.client(server, "op")
        irc.ask("JOIN #dev")
        bob = self.person(server, b"bob")
        bob.say(b"/invite-link\n")
        self.assertIn(b"only operators of #lobby", bob.until(b"\n"))
        bob.say(f"/join #dev {token}\n".encode())
        bob.until(b"you are in #dev")
        alice.say(b"/invite-link soon\n")
        alice.until(b"say for how long")
