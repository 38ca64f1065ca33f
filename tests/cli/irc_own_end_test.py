"""A command that ends whoever gives it, in the middle of what it does: it ends no more than that."""

import sqlite3
import subprocess
import unittest

from irc_accounts_test import AccountCase
from talk_case import PARLANCE

PASSWORD = "correct-horse"  # NickServ takes words


class OwnEnd(AccountCase):
    def setUp(self):
        self.server = self.chat_server("--rate", "0")
        self.bob = self.client(self.server, "bob")
        self.account(self.server, "mallory", PASSWORD)
        self.mallory = self.member(self.server, "mallory", password=PASSWORD)

    def code(self, client, name):
        return client.ask(f"NS UNREGISTER {name}")[-1].params[-1].split()[-1]

    def ended(self, client):
        """Everything to the end, which comes; and the others are served."""
        rest = client.rest().decode()
        self.assertIn("ERROR :", rest)
        self.bob.sync()
        return rest

    def test_its_account_in_a_list_of_targets(self):
        code = self.code(self.mallory, "mallory")
        self.mallory.send(f"PRIVMSG NickServ,bob,NickServ,#lobby :UNREGISTER mallory {code}")
        self.ended(self.mallory)
        self.assertEqual(self.bob.sync(), [])

    def test_its_account_in_a_message_of_several_lines(self):
        self.mallory.close()
        for way in ("UNREGISTER mallory {code}", f"DROP {PASSWORD}"):
            with self.subTest(way=way):
                many = self.member(self.server, "mallory", "batch", "draft/multiline", "message-tags", "labeled-response",
                                   password=PASSWORD)
                line = way.format(code=self.code(many, "mallory"))
                many.send("@label=x BATCH +1 draft/multiline NickServ")
                for text in (line, "INFO", "INFO mallory", line):
                    many.send(f"@batch=1 PRIVMSG NickServ :{text}")
                many.send("BATCH -1")
                self.ended(many)
                self.account(self.server, "mallory", PASSWORD)

    def test_its_own_nick_by_several_clients(self):
        other = self.member(self.server, "mallory", password=PASSWORD)
        code = self.code(self.mallory, "mallory")
        self.mallory.send(f"PRIVMSG NickServ,bob :UNREGISTER mallory {code}")
        self.ended(self.mallory)
        self.ended(other)
        self.assertEqual(self.commands(self.bob.ask("WHOIS mallory")), ["401", "318"])

    def test_too_many_wrong_passwords_in_a_list_of_targets(self):
        for _ in range(4):
            self.bob.ask("NS IDENTIFY nobody wrong")
        self.bob.send("PRIVMSG NickServ,mallory,NickServ :IDENTIFY nobody wrong")
        rest = self.bob.rest().decode()
        self.assertIn("Too many failed logins", rest)
        self.assertEqual(self.mallory.sync(), [])

    def test_an_operator_kills_itself(self):
        hashed = subprocess.run([PARLANCE, "serve", "--hash-password"], input=b"secret\n", capture_output=True,
                                check=True).stdout.decode().strip()
        server = self.chat_server("--rate", "0", "--set", "operators.root.password=" + hashed)
        carol, dave = self.client(server, "carol", "labeled-response", "batch"), self.client(server, "dave")
        for client in (carol, dave):
            client.ask("JOIN #a")
        carol.ask("OPER root secret")
        carol.send("@label=k KILL carol :enough")
        self.assertIn("Killed (carol (enough))", carol.rest().decode())
        self.assertEqual(self.only(dave.sync(), "QUIT").nick, "carol")
        self.assertEqual(self.commands(dave.ask("WHOIS carol")), ["401", "318"])


class LockedDatabase(AccountCase):
    """Another program has the database locked for a while."""

    def setUp(self):
        self.data = self.folder() + "/data"
        self.server = self.chat_server("--rate", "0", "--data", self.data)
        self.alice = self.client(self.server, "alice", "labeled-response", "batch")
        self.bob = self.client(self.server, "bob")
        for client in (self.alice, self.bob):
            client.ask("JOIN #a")
        self.bob.ask("PRIVMSG #a :first")
        self.bob.ask("PRIVMSG #a :in the journal")
        self.alice.sync()
        self.other = sqlite3.connect(self.data + "/chat.db", isolation_level=None)
        self.other.execute("BEGIN IMMEDIATE")

    def free(self):
        self.other.execute("ROLLBACK")
        self.other.close()

    def test_a_command_that_must_write_into_it_fails_alone(self):
        self.alice.send("@label=z TOPIC #a :lost")
        failed = self.alice.wait_for("FAIL")
        self.assertEqual(failed.params[:2], ["TOPIC", "TEMPORARILY_UNAVAILABLE"])
        self.assertEqual(failed.tags.get("label"), "z")
        # What only reads goes on.
        self.assertIn("no such account", str(self.alice.ask("NS INFO bob")))
        self.assertEqual(self.only(self.alice.ask("@label=x NICK alice1"), "NICK").params, ["alice1"])
        self.free()
        for i in range(50):
            self.bob.send(f"PRIVMSG #a :after {i}")
        self.bob.sync()
        self.assertEqual(len([m for m in self.alice.sync() if m.command == "PRIVMSG"]), 50)
        self.assertEqual(self.only(self.alice.ask("@label=y NICK alice2"), "NICK").params, ["alice2"])

    def test_a_plain_caller_is_told_and_stays(self):
        plain = self.caller(self.server, b"hello\n/history\n")
        plain.until(b"-- the server cannot look that up or keep it now; try again later\n")
        self.free()
        plain.say(b"/nick carol\n")
        plain.until(b"-- you are now carol\n")


if __name__ == "__main__":
    unittest.main()
