"""Guessing passwords over IRC and in plain text: failures count across connections, each is told in the log, and what
checking one costs is bounded."""

import re
import socket
import subprocess
import time
import unittest

from irc_accounts_test import AccountCase, Scram, encoded
from talk_case import PARLANCE, SANITIZED

PASSWORD = "correct-horse"  # NickServ takes words


class Guessing(AccountCase):
    def server_with(self, *settings):
        """One where nobody is exempt, with an account that nobody has logged in to yet."""
        server = self.chat_server("--rate", "0", *(word for s in ("limits.exempt=", *settings) for word in ("--set", s)))
        server.write(f"/account alice create {PASSWORD}\n".encode())
        self.hear_on_stdout(server, b"alice now")
        return server

    def hashed(self, password):
        return subprocess.run([PARLANCE, "serve", "--hash-password"], input=password.encode() + b"\n",
                              capture_output=True, check=True).stdout.decode().strip()

    def guess(self, server, mechanism="PLAIN", name="alice", password="wrong"):
        """The answer to one attempt on a connection of its own."""
        client = self.stranger(server)
        client.send("CAP REQ :sasl")
        client.send(f"AUTHENTICATE {mechanism}")
        if mechanism == "PLAIN":
            client.send("AUTHENTICATE " + encoded("", name, password))
        else:
            scram = Scram(name, password)
            client.wait_for("AUTHENTICATE")
            client.send("AUTHENTICATE " + scram.first())
            answer = client.wait_for("AUTHENTICATE", "904")
            if answer.command == "904":
                return answer
            client.send("AUTHENTICATE " + scram.final(answer.params[0]))
            answer = client.wait_for("AUTHENTICATE", "904")
            if answer.command == "904":
                return answer
            client.send("AUTHENTICATE +")
        return client.wait_for("903", "904")

    def test_failures_of_an_address_count_over_its_connections(self):
        server = self.server_with("limits.failed_logins=6")
        answers = [self.guess(server, mechanism).params[-1] for mechanism in ["PLAIN", "SCRAM-SHA-256"] * 4]
        self.assertEqual(answers[:6], ["SASL authentication failed"] * 6)
        self.assertEqual(answers[6:], ["SASL authentication failed: Too many failed logins; try again later"] * 2)
        # Right or wrong.
        self.assertEqual(self.guess(server, password=PASSWORD).command, "904")

    def test_who_is_right_is_never_refused(self):
        server = self.server_with("limits.failed_logins=2")
        for mechanism in ["PLAIN", "SCRAM-SHA-256"] * 3:
            self.assertEqual(self.guess(server, mechanism, password=PASSWORD).command, "903")

    def test_who_logged_in_from_there_before_is_not_kept_out_by_others(self):
        server = self.server_with("limits.failed_logins=3")
        self.assertEqual(self.guess(server, password=PASSWORD).command, "903")
        self.assertEqual([self.guess(server, name="bob").command for _ in range(4)], ["904"] * 4)
        self.assertEqual(self.guess(server, password=PASSWORD).command, "903")

    def test_every_way_to_guess_is_counted(self):
        ways = {
            "NickServ": lambda c: c.ask("NS IDENTIFY alice wrong"),
            "OPER": lambda c: c.ask("OPER root wrong"),
        }
        server = self.server_with("limits.failed_logins=4", "operators.root.password=" + self.hashed("secret"))
        client = self.client(server, "carol")
        said = [ways[way](client)[-1].params[-1] for way in ("NickServ", "OPER")]
        self.assertEqual(said, ["Wrong account or password", "Password incorrect"])
        pass_ = self.stranger(server)
        pass_.send("PASS alice:wrong\r\nNICK dave\r\nUSER d 0 * :d")
        self.assertEqual(pass_.wait_for("464").params[-1], "Password incorrect")
        plain = self.person(server, b"erin")
        plain.say(b"/login alice wrong\n")
        plain.until(b"-- that is no account, or not its password\n")
        # Four in all: the next is refused, whatever the way.
        self.assertEqual(ways["NickServ"](client)[-1].params[-1], "Too many failed logins; try again later")
        plain.say(b"/login alice " + PASSWORD.encode() + b"\n")
        plain.until(b"-- too many logins have failed; try again later\n")
        late = self.stranger(server)
        late.send(f"PASS alice:{PASSWORD}\r\nNICK dave\r\nUSER d 0 * :d")
        self.assertEqual(late.wait_for("464").params[-1], "Too many failed logins; try again later")

    def test_the_password_of_the_server_is_guarded_too(self):
        server = self.chat_server("--set", "limits.exempt=", "--set", "limits.failed_logins=2",
                                  "--set", "server.password=" + self.hashed("secret"))

        def come(password):
            client = self.stranger(server)
            client.send(f"PASS {password}\r\nNICK a{time.monotonic_ns() % 10**6}\r\nUSER d 0 * :d")
            return client.wait_for("464", "001").params[-1]

        self.assertIn("Welcome", come("secret"))
        self.assertEqual([come("wrong"), come("wrong")], ["Password incorrect"] * 2)
        self.assertEqual(come("secret"), "Too many failed logins; try again later")

    def test_keys_of_rooms_are_guarded_too(self):
        server = self.server_with("limits.failed_logins=6")
        alice = self.client(server, "alice2")
        alice.ask("JOIN #board")
        alice.ask("MODE #board +k 1234")
        eve = self.client(server, "eve")
        told = [m for _ in range(2) for m in eve.ask("JOIN " + ",".join(["#board"] * 8) + " 1,2,3,4,5,6,7,8")]
        self.assertEqual([m.command for m in told], ["475"] * 16)
        self.assertEqual([m.params[-1] for m in told],
                         ["Cannot join channel (+k)"] * 6 +
                         ["Cannot join channel (+k): too many wrong keys; try again later"] * 10)
        for _ in range(6):
            server.until(r"key_wrong address=127\.0\.0\.1 name=eve room=#board")
        # Right or wrong, on another connection, too; without a key nothing is guessed.
        mallory = self.client(server, "mallory")
        self.assertIn("too many", mallory.ask("JOIN #board 1234")[0].params[-1])
        self.assertEqual(mallory.ask("JOIN #board")[0].params[-1], "Cannot join channel (+k)")
        # Nor is who may come in anyway kept out.
        alice.ask("INVITE mallory #board")
        mallory.sync()
        self.assertIn("JOIN", self.commands(mallory.ask("JOIN #board 1234")))

    def test_each_failure_is_one_line_in_the_log(self):
        server = self.server_with("limits.failed_logins=2")
        for password in ("wrong", "wrong", PASSWORD):
            self.guess(server, password=password)
        for why in ("SASL authentication failed", "SASL authentication failed", "too many failures"):
            server.until(rf'warn login_failed address=127\.0\.0\.1 from=127\.0\.0\.1:\d+ account=alice why="{why}"')
        self.assertEqual(server.stderr.count(" login_failed "), 3)

    def test_who_guesses_without_end_does_not_fill_the_log(self):
        server = self.server_with("limits.failed_logins=2")
        began = time.monotonic()
        for _ in range(40):
            client = self.stranger(server)
            client.say(b"CAP REQ :sasl\r\n" + f"AUTHENTICATE PLAIN\r\nAUTHENTICATE {encoded('', 'alice', 'wrong')}\r\n".encode() * 5)
            client.wait_for("ERROR")
        most = 21 + time.monotonic() - began  # lines: some at once, and one a second
        time.sleep(1.1)  # until there may be one more
        self.guess(server)
        more = int(server.until(r" login_failed address=127\.0\.0\.1 .* more=(\d+)$").group(1))
        self.assertLessEqual(server.stderr.count(" login_failed "), most + 2)
        self.assertGreaterEqual(more, 100)

    def test_an_exchange_that_is_left_is_no_failure(self):
        server = self.server_with()
        for last in ("AUTHENTICATE *", "CAP END\r\nNICK a\r\nUSER a 0 * :a", "QUIT"):
            client = self.stranger(server)
            client.send("CAP REQ :sasl\r\nAUTHENTICATE SCRAM-SHA-256")
            client.wait_for("AUTHENTICATE")
            client.send("AUTHENTICATE " + Scram("alice", "wrong").first())
            client.wait_for("AUTHENTICATE")
            client.send(last)
            server.until("info login_left .* account=alice")
        self.assertNotIn("login_failed", server.stderr)


class Waiting(AccountCase):
    """Two passwords are checked at a time; who waits for that may be gone, or be one of too many."""

    def setUp(self):
        self.server = self.chat_server("--rate", "0", "--set", "limits.failed_logins=0")
        for name in ("alice", "bob"):  # neither is known from anywhere
            self.server.write(f"/account {name} create {PASSWORD}\n".encode())
            self.hear_on_stdout(self.server, f"{name} now".encode())

    def asking(self, name="bob", password="wrong", then="", client=None):
        client = client or self.stranger(self.server)
        client.send("CAP REQ :sasl\r\nAUTHENTICATE PLAIN\r\nAUTHENTICATE " + encoded("", name, password) + then)
        return client

    def crowd(self, size=10):
        """Many who wait, each for a password of bob's: seconds of work, and not so much that some are refused."""
        return [self.asking(client=one) for one in [self.stranger(self.server) for _ in range(size)]]

    def test_nobody_works_for_who_is_gone(self):
        waiting = self.crowd()
        for then in ("", "\r\nPING more\r\nPING and more", "\r\nPING more" * 10_000):
            self.asking(name="alice", then=then).socket.close()
        ended = self.asking(name="alice", then="\r\nPING still")
        ended.socket.shutdown(socket.SHUT_WR)
        self.assertEqual(ended.wait_for("904").params[-1],
                         "SASL authentication failed: The server is busy with other passwords; try again later")
        self.assertEqual(ended.wait_for("PONG").params[-1], "still")
        for _ in range(4):
            self.server.until("login_left .* account=alice")
        self.assertLess(self.server.stderr.count("account=bob"), len(waiting))

    def test_a_plain_caller_who_is_gone_waits_no_more(self):
        waiting = self.crowd()
        caller = self.person(self.server, b"erin")
        caller.say(b"/login alice wrong\nmore\n")
        caller.socket.close()
        self.server.until("login_left .* account=alice")
        self.assertLess(self.server.stderr.count("account=bob"), len(waiting))

    def test_what_is_said_meanwhile_is_heard_after_it(self):
        waiting = self.crowd(8)
        client = self.asking(name="alice", password=PASSWORD, then="\r\nPING 1")
        client.send("PING 2")
        self.assertEqual([client.wait_for("903", "PONG").params[-1] for _ in range(3)],
                         ["SASL authentication successful", "1", "2"])
        self.assertTrue(waiting)

    def test_who_logged_in_from_there_before_waits_behind_no_stranger(self):
        owner = self.asking(name="alice", password=PASSWORD)
        owner.wait_for("903")
        waiting = self.crowd()
        self.asking(name="alice", password=PASSWORD, client=owner).wait_for("903")
        self.asking(name="alice", client=owner).wait_for("904")
        self.server.until("login_failed .* account=alice")
        self.assertLess(self.server.stderr.count("account=bob"), len(waiting))

    def test_however_many_are_right_at_once_all_are_let_in(self):
        server = self.chat_server("--rate", "0")
        server.write(f"/account alice create {PASSWORD}\n".encode())
        self.hear_on_stdout(server, b"alice now")
        self.server = server
        crowd = [self.asking(name="alice", password=PASSWORD) for _ in range(70)]
        self.assertEqual([one.wait_for("903", "904").command for one in crowd], ["903"] * len(crowd))
        self.assertNotIn("login_failed", server.stderr)

    def test_more_than_may_wait_are_refused_at_once(self):
        waiting = [self.asking() for _ in range(330)]
        last = waiting[-1].wait_for("904")
        self.assertIn("busy with other passwords", last.params[-1])
        self.server.until(r"warn passwords_refused address=127\.0\.0\.1 refused=\d+ why=\"too many wait\"")
        self.assertLess(self.server.stderr.count("SASL authentication failed"), 100)


class Checking(AccountCase):
    """One password at a time of one client, and few of all."""

    def setUp(self):
        self.server = self.chat_server("--rate", "0", "--set", "log.level=error")
        self.account(self.server, "alice", PASSWORD)

    def test_a_service_that_is_named_several_times_is_asked_once(self):
        mallory = self.client(self.server, "mallory")
        answers = mallory.ask("PRIVMSG NickServ,NickServ,nickserv,NickServ :IDENTIFY alice wrong")
        self.assertEqual([m.params[-1] for m in answers], ["Wrong account or password"])

    def test_the_next_target_is_told_by_who_has_logged_in_by_then(self):
        bob = self.client(self.server, "bob", "account-tag", "message-tags")
        carol = self.client(self.server, "carol")
        carol.ask(f"PRIVMSG NickServ,bob :IDENTIFY alice {PASSWORD}")
        message = bob.wait_for("PRIVMSG")
        self.assertEqual(message.tags.get("account"), "alice")

    def test_a_batch_of_guesses_ends_after_a_few(self):
        mallory = self.client(self.server, "mallory", "batch", "draft/multiline", "message-tags")
        mallory.send("BATCH +1 draft/multiline NickServ")
        for i in range(90):
            mallory.send(f"@batch=1 PRIVMSG NickServ :IDENTIFY alice guess{i}")
        mallory.send("BATCH -1")
        self.assertEqual(mallory.rest().count(b"Wrong account or password"), 5)

    @unittest.skipIf(SANITIZED, "AddressSanitizer keeps what is freed")
    def test_many_at_once_take_the_memory_of_two(self):
        def peak():
            with open(f"/proc/{self.server.process.pid}/status", encoding="ascii") as status:
                return next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmHWM"))
        before = peak()
        clients = [self.stranger(self.server) for _ in range(24)]
        for client in clients:
            client.send("CAP REQ :sasl\r\nAUTHENTICATE PLAIN\r\nAUTHENTICATE " + encoded("", "alice", "wrong"))
        for client in clients:
            client.wait_for("904")
        self.assertLess(peak() - before, 180)

    def test_a_client_put_out_while_a_password_is_checked_is_gone(self):
        owner = self.client(self.server, "owner")
        owner.ask(f"NS IDENTIFY alice {PASSWORD}")
        for i in range(3):
            other = self.member(self.server, "alice", nick=f"other{i}", password=PASSWORD)
            other.send("NS IDENTIFY alice wrong")
            owner.ask(f"NS GHOST other{i}")
            self.assertIn(b"ERROR :", other.rest())
        # Its place is free again, too: nothing but the owner is connected.
        limit = time.monotonic() + 20
        while self.connections() != 1 and time.monotonic() < limit:
            time.sleep(0.05)
        self.assertEqual(self.connections(), 1)

    def connections(self):
        page = self.caller(self.server, b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").rest().decode()
        return int(float(re.search(r'connections\{protocol="irc"\} (\S+)', page).group(1)))


if __name__ == "__main__":
    unittest.main()
