"""Devices that log in to an account without its password (SASL OAUTHBEARER, NS DEVICES), and what ends them."""

import base64
import re
import signal
import subprocess
import tempfile

from irc_accounts_test import PASSWORD, AccountCase, encoded

TOKEN = re.compile(r"^Device token (([\w-]{8})\.[\w-]{32})$")


def bearer(account, token, rest="\x01host=x\x01port=1"):
    return base64.b64encode(f"n,a={account},{rest}\x01auth=Bearer {token}\x01\x01".encode()).decode()


class Devices(AccountCase):
    def server(self, *options):
        return self.chat_server("--rate", "0", *options)

    def logged_in(self, server, name):
        client = self.begin(server)
        client.send("AUTHENTICATE PLAIN")
        client.wait_for("AUTHENTICATE")
        client.send("AUTHENTICATE " + encoded("", name, PASSWORD))
        client.wait_for("903")
        return self.come_in(client, name)

    def come_in(self, client, nick):
        client.send("CAP END")
        client.send(f"NICK {nick}")
        client.send(f"USER {nick} 0 * :{nick}")
        client.wait_for("376", "422")
        client.sync()
        return client

    def add(self, client, name="Firefox, Linux"):
        notices = [m.params[-1] for m in client.ask(f"NS DEVICES ADD {name}") if m.command == "NOTICE"]
        self.assertRegex(notices[0], TOKEN)
        return TOKEN.match(notices[0]).groups()

    def listed(self, client):
        return [m.params[-1] for m in client.ask("NS DEVICES") if m.params[-1].startswith("Device ")]

    def by_token(self, server, message):
        """The numeric that ends it, and the client."""
        client = self.begin(server)
        client.send("AUTHENTICATE OAUTHBEARER")
        client.wait_for("AUTHENTICATE")
        client.send("AUTHENTICATE " + message)
        answer = client.wait_for("903", "904", "AUTHENTICATE")
        if answer.command == "AUTHENTICATE":
            self.assertEqual(base64.b64decode(answer.params[0]), b'{"status":"invalid_token"}')
            client.send("AUTHENTICATE AQ==")
            answer = client.wait_for("903", "904")
        return answer.command, client

    def test_a_token_logs_in_and_the_password_does_still(self):
        server = self.server()
        self.account(server, "alice")
        token, number = self.add(self.logged_in(server, "alice"))
        self.assertIn("OAUTHBEARER", next(word for word in self.stranger(server).offered() if word.startswith("sasl=")))
        how, client = self.by_token(server, bearer("alice", token))
        self.assertEqual(how, "903")
        self.come_in(client, "alice")
        self.assertRegex(self.listed(client)[0], rf"^Device {number} seen \d{{4}}-\S+Z, this one: Firefox, Linux$")
        self.assertEqual(self.by_token(server, bearer("ALICE", token, ""))[0], "903")

    def test_nothing_else_does(self):
        server = self.server("--set", "limits.failed_logins=0")
        self.account(server, "alice")
        self.account(server, "bob")
        token, number = self.add(self.logged_in(server, "alice"))
        secret = token.split(".")[1]
        for account, given in (("bob", token), ("alice", token[:-1]), ("alice", token + "A"), ("alice", number), ("alice", number + "."), ("alice", ""),
                               ("alice", "." + secret), ("nobody", token), ("alice", "x" * 200), ("", token), ("alice", PASSWORD)):
            self.assertEqual(self.by_token(server, bearer(account, given))[0], "904", (account, given))
        for broken in (f"n,a=alice,\x01auth=Bearer {token}\x01", f"n,,\x01auth=Bearer {token}\x01\x01", f"p=x,a=alice,\x01auth=Bearer {token}\x01\x01",
                       f"n,a=alice,\x01auth=Basic {token}\x01\x01", "n,a=alice,\x01\x01", "n,a=alice", "", "\x01\x01"):
            self.assertEqual(self.by_token(server, base64.b64encode(broken.encode()).decode() or "+")[0], "904", broken)

    def test_who_guesses_is_held_up_as_with_passwords(self):
        server = self.server("--set", "limits.failed_logins=3", "--set", "limits.exempt=")
        self.account(server, "alice")
        token, number = self.add(self.logged_in(server, "alice"))
        # From where one has logged in before, as many as with passwords.
        for _ in range(13):
            self.by_token(server, bearer("alice", number + "." + "A" * 32))
        self.assertEqual(self.by_token(server, bearer("alice", token))[0], "904")

    def test_one_is_taken_back_and_its_clients_go(self):
        server = self.server()
        self.account(server, "alice")
        owner = self.logged_in(server, "alice")
        token, number = self.add(owner)
        other, other_number = self.add(owner, "phone")
        _, client = self.by_token(server, bearer("alice", token))
        self.come_in(client, "alice")
        _, phone = self.by_token(server, bearer("alice", other))
        self.come_in(phone, "alice")
        owner.ask(f"NS DEVICES END {number}")
        self.assertIn(b"logged this device out", client.rest())
        self.assertEqual(self.by_token(server, bearer("alice", token))[0], "904")
        phone.sync()
        self.assertEqual(len(self.listed(owner)), 1)
        # Who ends its own stays until it leaves.
        phone.ask(f"NS DEVICES END {other_number}")
        phone.sync()
        self.assertEqual(self.listed(owner), [])
        self.assertIn("no such device", self.only(owner.ask(f"NS DEVICES END {number}"), "NOTICE").params[-1])

    def test_one_that_is_taken_back_lets_nobody_in_who_is_on_the_way(self):
        server = self.server()
        self.account(server, "alice")
        owner = self.logged_in(server, "alice")
        token, number = self.add(owner)
        answer, client = self.by_token(server, bearer("alice", token))
        self.assertEqual(answer, "903")
        owner.ask(f"NS DEVICES END {number}")
        self.come_in(client, "mallory")
        self.assertNotIn("330", self.commands(client.ask("WHOIS mallory")))

    def test_what_was_tried_in_vain_changes_nothing_of_it(self):
        server = self.server()
        self.account(server, "alice")
        owner = self.logged_in(server, "alice")
        token, number = self.add(owner)
        _, client = self.by_token(server, bearer("alice", token))
        self.come_in(client, "alice")
        client.send("AUTHENTICATE PLAIN")
        client.wait_for("AUTHENTICATE")
        client.send("AUTHENTICATE " + encoded("", "alice", "wrong"))
        client.wait_for("904")
        owner.ask(f"NS DEVICES END {number}")
        self.assertIn(b"logged this device out", client.rest())

    def test_another_password_ends_them_all(self):
        server = self.server()
        self.account(server, "bob", "one")
        bob = self.begin(server)
        bob.send("AUTHENTICATE PLAIN")
        bob.wait_for("AUTHENTICATE")
        bob.send("AUTHENTICATE " + encoded("", "bob", "one"))
        bob.wait_for("903")
        self.come_in(bob, "bob")
        token, _ = self.add(bob)
        self.assertIn("another password", bob.ask("NS PASSWD one two")[-1].params[-1])
        self.assertEqual(self.by_token(server, bearer("bob", token))[0], "904")
        self.assertEqual(self.listed(bob), [])

    def test_they_last_over_a_kill_and_go_with_their_account(self):
        folder = tempfile.mkdtemp()
        self.addCleanup(subprocess.run, ["rm", "-rf", folder])
        server = self.server("--set", f"store.folder={folder}")
        self.account(server, "alice", "one")
        client = self.begin(server)
        client.send("AUTHENTICATE PLAIN")
        client.wait_for("AUTHENTICATE")
        client.send("AUTHENTICATE " + encoded("", "alice", "one"))
        client.wait_for("903")
        token, _ = self.add(self.come_in(client, "alice"))
        server.process.send_signal(signal.SIGKILL)
        server.process.wait(30)
        for name in ("chat.db", "chat.db-wal", "chat.db-turns"):
            try:
                with open(f"{folder}/{name}", "rb") as file:
                    self.assertNotIn(token.encode(), file.read())
            except FileNotFoundError:
                pass
        server = self.server("--set", f"store.folder={folder}")
        how, client = self.by_token(server, bearer("alice", token))
        self.assertEqual(how, "903")
        self.come_in(client, "alice").send("NS DROP one")
        client.rest()
        self.account(server, "alice", "one")
        self.assertEqual(self.by_token(server, bearer("alice", token))[0], "904")

    def test_an_account_has_only_so_many(self):
        server = self.server()
        self.account(server, "alice")
        owner = self.logged_in(server, "alice")
        first, number = self.add(owner)
        for i in range(32):
            self.add(owner, f"device {i}")
        self.assertEqual(len(self.listed(owner)), 32)
        self.assertEqual(self.by_token(server, bearer("alice", first))[0], "904")

    def test_guests_have_none(self):
        server = self.server()
        self.assertIn("not logged in", self.only(self.client(server, "bob").ask("NS DEVICES ADD x"), "NOTICE").params[-1])
