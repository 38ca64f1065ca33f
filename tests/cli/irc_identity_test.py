"""A login is to an account, and not to a name: what began before it was dropped, or got another password, comes to nothing."""

import os
import signal
import unittest

from irc_accounts_test import AccountCase, Scram, encoded

OLD, NEW = "old-password", "new-password"


class Identity(AccountCase):
    def setUp(self):
        self.server = self.chat_server("--rate", "0")
        self.operate(f"/account alice create {OLD}", b"alice now")

    def operate(self, line, answer):
        self.server.write(line.encode() + b"\n")
        self.hear_on_stdout(self.server, answer)

    def another(self):
        """Another account of that name."""
        self.operate("/account alice drop", b"no more")
        self.operate(f"/account alice create {NEW}", b"alice now")

    def other_password(self):
        self.operate(f"/account alice password {NEW}", b"alice has another password")

    def begin_scram(self, client):
        scram = Scram("alice", OLD)
        client.send("AUTHENTICATE SCRAM-SHA-256")
        client.wait_for("AUTHENTICATE")
        client.send("AUTHENTICATE " + scram.first())
        final = scram.final(client.wait_for("AUTHENTICATE").params[0])

        def go_on():
            client.send("AUTHENTICATE " + final)
            if (answer := client.wait_for("AUTHENTICATE", "904")).command == "904":
                return answer.command
            return client.ask("AUTHENTICATE +")[0].command
        return go_on

    def test_an_exchange_that_began_before(self):
        for change in (self.another, self.other_password):
            with self.subTest(change=change.__name__):
                go_on = self.begin_scram(self.begin(self.server))
                change()
                self.assertEqual(go_on(), "904")
                self.operate("/account alice drop", b"no more")
                self.operate(f"/account alice create {OLD}", b"alice now")

    def test_an_exchange_that_nobody_disturbs(self):
        self.assertEqual(self.begin_scram(self.begin(self.server))(), "900")

    def test_who_logged_in_and_has_not_come_in_yet(self):
        for change in (self.another, self.other_password):
            with self.subTest(change=change.__name__):
                client = self.begin(self.server)
                client.send("AUTHENTICATE PLAIN")
                client.wait_for("AUTHENTICATE")
                self.assertEqual(client.ask("AUTHENTICATE " + encoded("", "alice", OLD))[0].command, "900")
                change()
                client.send("NICK mallory\r\nUSER m 0 * :m\r\nCAP END")
                client.wait_for("422", "376")
                self.assertNotIn("330", self.commands(client.ask("WHOIS mallory")))
                client.send("QUIT")
                client.rest()
                self.operate("/account alice drop", b"no more")
                self.operate(f"/account alice create {OLD}", b"alice now")

    def test_a_new_password_puts_out_who_has_shown_the_old_one(self):
        mine, other = (self.member(self.server, "alice", password=OLD) for _ in range(2))
        cousin = self.client(self.server, "cousin")
        cousin.ask(f"NS IDENTIFY alice {OLD}")
        bystander = self.client(self.server, "bob")
        self.assertIn("clients put out: 2", mine.ask(f"NS PASSWD {OLD} {NEW}")[-1].params[-1])
        for client in (other, cousin):
            self.assertIn(b"[the account has another password]", client.rest())
        self.assertEqual(mine.ask("PING here")[0].command, "PONG")
        self.operate("/account alice password third-password", b"its clients are put out: 1")
        self.assertIn(b"[the account has another password]", mine.rest())
        bystander.sync()

    def test_the_clients_of_an_account_are_listed_and_ended(self):
        mine, other = (self.member(self.server, "alice", password=OLD) for _ in range(2))
        plain = self.caller(self.server, f"/login alice {OLD}\n".encode())
        plain.until(b"you are logged in as alice")
        plain.until(b"you are now alice, as your other clients are")
        mine.sync()
        listed = [m.params[-1] for m in mine.ask("NS SESSIONS")]
        self.assertEqual(len(listed), 4)
        self.assertRegex(listed[0], r"^\d+: IRC as alice from 127\.0\.0\.1:\d+, connected for \d+ s, silent for 0 s; this one$")
        self.assertRegex(listed[1], r"^\d+: IRC as alice from 127\.0\.0\.1:\d+, connected for \d+ s, silent for \d+ s$")
        self.assertRegex(listed[2], r"^\d+: plain text as alice from 127\.0\.0\.1:\d+, ")
        self.assertIn("Clients of your account: 3", listed[3])
        number = listed[1].split(":")[0]
        bob = self.client(self.server, "bob")
        self.assertIn("not logged in", bob.ask(f"NS SESSIONS END {number}")[0].params[-1])
        self.assertIn("no such client", mine.ask("NS SESSIONS END 12345")[0].params[-1])
        self.assertIn("put out", mine.ask(f"NS SESSIONS END {number}")[0].params[-1])
        self.assertIn(b"[alice ended this connection]", other.rest())
        mine.send("NS SESSIONS END " + listed[0].split(":")[0])
        self.assertIn(b"[alice ended this connection]", mine.rest())

    def test_a_check_that_is_still_waiting(self):
        """Many wait for their turn; the account is another one before the last of them is looked at."""
        clients = [self.client(self.server, f"m{i}") for i in range(8)]
        for client in clients:
            client.send(f"NS IDENTIFY alice {OLD}")
        self.server.write(b"/account alice drop\n")
        self.server.write(f"/account alice create {NEW}\n".encode())
        self.hear_on_stdout(self.server, b"alice now")
        for client in clients:
            client.sync()
        watch = self.client(self.server, "watch")
        for i in range(8):
            self.assertNotIn("330", self.commands(watch.ask(f"WHOIS m{i}")))

    def test_somebody_expected_whose_account_is_no_more(self):
        data = self.folder() + "/data"
        server = self.server = self.chat_server("--rate", "0", "--data", data)
        self.operate(f"/account alice create {OLD}", b"alice now")
        alice = self.member(server, "alice", password=OLD)
        alice.ask("JOIN #board")
        alice.ask("MODE #board +i")
        alice.ask("PRIVMSG #board :among us")
        os.kill(server.process.pid, signal.SIGKILL)
        server.finish()
        server = self.server = self.chat_server("--rate", "0", "--data", data)
        self.another()
        # Nobody can come back to it, so it is over; the next of its name has nothing of it.
        other = self.member(server, "alice", "batch", "draft/chathistory", password=NEW)
        other.ask("JOIN #board")
        self.assertNotIn("among us", str(other.ask("CHATHISTORY LATEST #board * 50")))
        self.assertEqual(self.only(other.ask("MODE #board"), "324").params[2], "+nt")

    def test_a_nick_is_not_kept_from_its_account_by_who_only_asks_for_it(self):
        holder = self.stranger(self.server)
        holder.ask("NICK alice")
        alice = self.member(self.server, "alice", password=OLD)
        self.assertIn("001", self.commands(alice.welcome))
        holder.send("USER h 0 * :h")
        self.assertEqual(holder.wait_for("433", "001").command, "433")


if __name__ == "__main__":
    unittest.main()
