"""Who is kept out of the server (accounts that are banned, who comes anew without end), and who is not there: a caller who wants to hear answers only, and
an account that is written to while nobody is connected to it."""

import unittest

from irc_case import IrcCase

PASSWORD = "correct-horse-battery"


class AccountBans(IrcCase):
    def test_a_banned_account_is_put_out_with_all_its_clients_and_logs_in_no_more(self):
        server = self.chat_server("--rate", "0")
        self.account(server, "alice", PASSWORD)
        mine = [self.client(server, name) for name in ("one", "two")]
        bob = self.client(server, "bob")
        for client in mine:
            self.assertIn("900", [one.command for one in client.ask(f"NS IDENTIFY alice {PASSWORD}")])
        server.write(b"/ban a:ALICE 1h spam\n")
        self.assertEqual(self.console_line(server), "-- a:ALICE is banned")
        for client in mine:
            self.assertIn("Banned: spam", client.wait_for("ERROR").params[-1])
        self.assertIn("banned from this server: spam", bob.ask(f"NS IDENTIFY alice {PASSWORD}")[-1].params[-1])
        self.assertNotIn("900", [one.command for one in bob.ask(f"NS IDENTIFY alice {PASSWORD}")])
        nc = self.person(server, b"carol")
        nc.say(f"/login alice {PASSWORD}\n".encode())
        nc.until(b"-- you are banned from this server: spam\n")
        server.write(b"/ban a:* 1h everybody\n")
        self.assertEqual(self.console_line(server), "-- a:* is everybody")
        # The ban is of the account, whatever its name.
        server.write(b"/account alice rename alicia\n")
        self.hear_on_stdout(server, b"alicia")
        self.assertIn("banned from this server: spam", bob.ask(f"NS IDENTIFY alicia {PASSWORD}")[-1].params[-1])
        server.write(b"/unban a:alicia\n/account alicia rename alice\n")
        self.assertEqual(self.console_line(server), "-- a:alicia may come again")
        self.hear_on_stdout(server, b"alice")
        self.assertIn("900", [one.command for one in bob.ask(f"NS IDENTIFY alice {PASSWORD}")])

    def test_who_is_always_on_goes_though_nobody_is_connected(self):
        server = self.chat_server("--rate", "0")
        self.account(server, "alice", PASSWORD)
        alice, bob = self.client(server, "someone"), self.client(server, "bob")
        for line in (f"NS IDENTIFY alice {PASSWORD}", "NICK alice", "NS SET ALWAYS-ON on", "JOIN #dev"):
            alice.ask(line)
        bob.ask("JOIN #dev")
        alice.send("QUIT")
        alice.rest()
        self.assertIn("311", [one.command for one in bob.ask("WHOIS alice")])
        server.write(b"/ban a:alice spam\n")
        self.assertEqual(bob.wait_for("QUIT").nick, "alice")

    def console_line(self, server):
        while not (line := server.process.stdout.readline().decode().rstrip()).startswith("-- a:"):
            self.assertTrue(line)
        return line


class Arrivals(IrcCase):
    def test_who_comes_anew_without_end_is_told_to_wait_and_files_are_had(self):
        server = self.chat_server("--set", "limits.exempt=", "--set", "limits.arrivals=5")
        why = b"Too many have come from your address just now"

        def is_refused(says):
            return why in self.caller(server, says).rest()

        # Faster than one a second.
        for says in (b"NICK one\r\nUSER u 0 * :u\r\nQUIT\r\n", b"/nick two\n/quit\n"):
            self.assertTrue(any(is_refused(says) for _ in range(500)), says)
        for _ in range(10):
            self.assertIn(b"200 OK", self.caller(server, b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").rest())


class Quiet(IrcCase):
    def test_a_script_hears_answers_and_what_people_say_and_nothing_else(self):
        server = self.chat_server("--rate", "0")
        bob = self.client(server, "bob")
        bob.ask("JOIN #lobby")
        bob.ask("PRIVMSG #lobby :said before")
        nc = self.caller(server, b"/quiet ci\n/who\n")
        self.assertRegex(nc.until(b"\n"), rb"^-- .*ci")
        carol = self.client(server, "carol")
        carol.ask("JOIN #lobby")
        carol.ask("PRIVMSG #lobby :hello ci")
        self.assertEqual(nc.until(b"\n"), b"carol: hello ci\n")
        nc.say(b"deployed\n/quit\n")
        self.assertEqual([one.params for one in bob.sync() if one.command == "PRIVMSG" and one.nick == "ci"] or [bob.wait_for("PRIVMSG").params], [["#lobby", "deployed"]])


class Absent(IrcCase):
    def test_what_is_said_to_an_account_waits_for_its_owner(self):
        server = self.chat_server("--rate", "0")
        for name in ("alice", "bob"):
            self.account(server, name, PASSWORD)
        bob = self.client(server, "bobby", "echo-message")
        guest = self.client(server, "guest")
        self.assertEqual([one.command for one in guest.ask("PRIVMSG alice :from a guest")], ["477"])
        bob.ask(f"NS IDENTIFY bob {PASSWORD}")
        for n in range(3):
            answer = bob.ask(f"PRIVMSG alice :message {n}")
            self.assertEqual([one.command for one in answer], ["PRIVMSG", "301"])
            self.assertIn("kept", answer[-1].params[-1])
        self.assertEqual([one.command for one in bob.ask("PRIVMSG nobody :x")], ["401"])
        # irssi and the like are shown it, once.
        alice = self.stranger(server)
        for line in (f"PASS alice:{PASSWORD}", "NICK alice", "USER a 0 * :a"):
            alice.send(line)
        said = []
        while len(said) < 3:
            said.append(alice.wait_for("PRIVMSG").params)
        self.assertEqual(said, [["alice", f"message {n}"] for n in range(3)])
        alice.send("QUIT")
        alice.rest()
        again = self.client(server, "al")
        again.ask(f"NS IDENTIFY alice {PASSWORD}")
        self.assertEqual([one for one in again.sync() if one.command == "PRIVMSG"], [])
        again.send("QUIT")
        again.rest()
        # So is who identifies late, and a plain caller.
        bob.ask("PRIVMSG alice :later")
        late = self.client(server, "al")
        self.assertEqual([one.params[-1] for one in late.ask(f"NS IDENTIFY alice {PASSWORD}") if one.command == "PRIVMSG"], ["later"])
        late.send("QUIT")
        late.rest()
        plain = self.person(server, b"carol")
        plain.say(f"/login bob {PASSWORD}\n/to alice and once more\n/to #lobby not a person\n".encode())
        plain.until(b"-- alice is not connected; it is kept, and shown when they log in\n-- nobody here is called #lobby\n")
        nc = self.person(server, b"somebody")
        nc.say(f"/login alice {PASSWORD}\n".encode())
        nc.until(b"missed from ")
        nc.until(b"and once more\n")

    def test_a_script_does_not_take_what_its_owner_has_missed(self):
        server = self.chat_server("--rate", "0")
        for name in ("alice", "bob"):
            self.account(server, name, PASSWORD)
        alice, bob = self.client(server, "al"), self.client(server, "bobby")
        for line in (f"NS IDENTIFY alice {PASSWORD}", "NICK alice", "NS SET ALWAYS-ON on", "JOIN #dev"):
            alice.ask(line)
        bob.ask("JOIN #dev")
        alice.send("QUIT")
        alice.rest()
        bob.ask("PRIVMSG #dev :in the room")
        bob.ask("PRIVMSG alice :in private")
        # Who can ask for it by itself is shown nothing, and has not taken it.
        for n in range(2):
            script = self.stranger(server)
            for line in (f"PASS alice:{PASSWORD}", "CAP REQ :draft/chathistory batch message-tags", "NICK alice", "USER a 0 * :a", "CAP END"):
                script.send(line)
            script.wait_for("422", "376")
            self.assertEqual([one for one in script.sync() if one.command == "PRIVMSG"], [])
            script.send("QUIT")
            script.rest()
        for expected in ([["alice", "in private"], ["#dev", "in the room"]], []):
            owner = self.stranger(server)
            for line in (f"PASS alice:{PASSWORD}", "NICK alice", "USER a 0 * :a"):
                owner.send(line)
            owner.wait_for("422", "376")
            self.assertEqual([one.params for one in owner.sync() if one.command == "PRIVMSG"], expected)
            owner.send("QUIT")
            owner.rest()

    def test_who_identifies_late_becomes_one_more_client_of_their_own_person(self):
        server = self.chat_server("--rate", "0")
        self.account(server, "alice", PASSWORD)
        first, bob = self.client(server, "one"), self.client(server, "bob")
        bob.ask("JOIN #dev")
        for line in (f"NS IDENTIFY alice {PASSWORD}", "NICK alice", "JOIN #dev"):
            first.ask(line)
        late = self.client(server, "two")
        late.ask("JOIN #other")
        self.assertIn("433", [one.command for one in late.ask("NICK alice")])
        late.ask(f"NS IDENTIFY alice {PASSWORD}")
        told = [(one.command, one.params[0]) for one in late.ask("NICK alice") if one.command in ("PART", "NICK", "JOIN", "433")]
        self.assertEqual(told, [("PART", "#other"), ("NICK", "alice"), ("JOIN", "#dev")])
        # A plain caller does by logging in.
        nc = self.person(server, b"somebody")
        nc.say(f"/login alice {PASSWORD}\n".encode())
        nc.until(b"-- you are now alice, as your other clients are, and speak in #dev\n")
        late.send("PRIVMSG #dev :by the second")
        self.assertEqual(first.wait_for("PRIVMSG").params, ["#dev", "by the second"])
        self.assertEqual(bob.wait_for("PRIVMSG").nick, "alice")
        late.send("QUIT")
        late.rest()
        self.assertIn("311", [one.command for one in bob.ask("WHOIS alice")])

    def test_who_is_silenced_is_not_kept(self):
        server = self.chat_server("--rate", "0")
        for name in ("alice", "bob"):
            self.account(server, name, PASSWORD)
        alice = self.client(server, "al")
        alice.ask(f"NS IDENTIFY alice {PASSWORD}")
        alice.ask("SILENCE +a:bob")
        alice.send("QUIT")
        alice.rest()
        bob = self.client(server, "bobby")
        bob.ask(f"NS IDENTIFY bob {PASSWORD}")
        # And is not told so.
        self.assertEqual([one.command for one in bob.ask("PRIVMSG alice :unheard")], ["301"])
        alice = self.client(server, "al")
        self.assertEqual([one for one in alice.ask(f"NS IDENTIFY alice {PASSWORD}") if one.command == "PRIVMSG"], [])


if __name__ == "__main__":
    unittest.main()
