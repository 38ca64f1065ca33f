"""Accounts that are suspended: nobody logs in to them, in whatever way, until that is over."""

import base64
import signal
import unittest
import urllib.error
import urllib.request

from irc_accounts_test import AccountCase
from talk_case import LIMIT

PASSWORD = "correct-horse"


class Suspension(AccountCase):
    def account(self, server, name, password=PASSWORD):
        super().account(server, name, password)

    def authenticate(self, client, name, password=PASSWORD):
        return super().authenticate(client, name, password)

    def order(self, server, line, answer):
        server.write(line.encode() + b"\n")
        return self.hear_on_stdout(server, answer.encode()).decode()

    def oper(self, client, name="root"):
        client.send(f"OPER {name} :{PASSWORD}")
        self.assertEqual(client.wait_for("381", "464", "491").command, "381")
        client.sync()
        return client

    def told(self, client, line):
        """What NickServ says to that."""
        return [m.params[-1] for m in client.ask(line) if m.command == "NOTICE"]

    def refused(self, server, why):
        """Nobody logs in, and who knows the password is told why."""
        client = self.begin(server)
        self.assertEqual(self.only(self.authenticate(client, "alice"), "904").params[-1],
                         f"SASL authentication failed: {why}")
        wrong = self.only(self.authenticate(client, "alice", "wrong"), "904").params[-1]
        self.assertNotIn("suspended", wrong)
        by_pass = self.stranger(server)
        for line in (f"PASS :alice:{PASSWORD}", "NICK alice", "USER a 0 * :a"):
            by_pass.send(line)
        self.assertEqual(by_pass.wait_for("464").params[-1], why)
        bob = self.client(server, "bob")
        bob.send(f"NS IDENTIFY alice {PASSWORD}")
        self.assertEqual(bob.wait_for("NOTICE").params[-1], why)
        bob.close()
        plain = self.person(server, b"pat")
        plain.say(f"/login alice {PASSWORD}\n".encode())
        self.assertIn(why.encode(), plain.until(b"suspended: spam\n"))
        proof = base64.b64encode(f"alice:{PASSWORD}".encode()).decode()
        request = urllib.request.Request(f"http://127.0.0.1:{server.port}/uploads", b"x", method="POST",
                                         headers={"Authorization": "Basic " + proof})
        with self.assertRaises(urllib.error.HTTPError) as answer:
            urllib.request.urlopen(request, timeout=LIMIT)
        self.assertEqual(answer.exception.code, 403)
        self.assertIn(why.encode(), answer.exception.read())

    def test_nobody_logs_in_until_it_is_lifted_whatever_restarts(self):
        server = self.server_with_operators(PASSWORD)
        self.account(server, "alice")
        alice = self.member(server, "alice")
        token = self.told(alice, "NS DEVICES ADD desk")[0].split()[-1]
        alice.ask("NS SET ALWAYS-ON on")
        root = self.oper(self.client(server, "root"))
        self.assertEqual(self.told(root, "NS SUSPEND alice spam"), ["The account alice is suspended"])
        self.assertIn(b"The account is suspended: spam", alice.rest())
        why = "The account is suspended: spam"
        self.refused(server, why)
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(LIMIT)
        server = self.start_again()
        self.refused(server, why)
        client = self.begin(server)
        client.send("AUTHENTICATE OAUTHBEARER")
        client.wait_for("AUTHENTICATE")
        proof = base64.b64encode(f"n,a=alice,\x01auth=Bearer {token}\x01\x01".encode()).decode()
        self.assertIn(why, self.only(client.ask(f"AUTHENTICATE {proof}"), "904").params[-1])
        root = self.oper(self.client(server, "root"))
        self.assertEqual(self.told(root, "NS SUSPEND"), [f"alice: {why} (by root)", "Accounts that are suspended: 1"])
        self.assertIn(why, self.told(root, "NS INFO alice"))
        self.assertEqual(self.commands(root.ask("WHOIS alice"))[0], "401")  # though it is always on
        self.assertEqual(self.told(root, "NS UNSUSPEND alice"), ["Its owner can log in again"])
        self.member(server, "alice")

    def test_the_console_suspends_for_a_time_and_it_is_in_the_audit(self):
        server = self.server_with_operators(PASSWORD)
        self.account(server, "alice")
        self.order(server, "/account alice suspend 7d a spammer", "-- The account is suspended until 20")
        self.assertIn("suspended", self.order(server, "/accounts", "-- alice "))
        self.order(server, "/account alice", "-- The account is suspended until ")
        self.order(server, "/audit what:account", "operator from console: account suspend alice 7d a spammer")
        self.order(server, "/account alice unsuspend", "-- alice can log in again")
        self.order(server, "/account alice unsuspend", "-- alice is not suspended")
        self.member(server, "alice")
        self.order(server, "/account alice suspend 0", "-- The account is suspended; alice cannot log in")

    def test_only_operators_who_see_to_accounts_may(self):
        server = self.server_with_operators(PASSWORD)
        self.account(server, "alice")
        for client in self.client(server, "eve"), self.oper(self.client(server, "kim"), "kim"):
            self.assertEqual(self.told(client, "NS SUSPEND alice"), ["That is for operators of the server"])
        self.member(server, "alice")


if __name__ == "__main__":
    unittest.main()
