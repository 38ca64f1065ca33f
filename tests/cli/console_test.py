"""The operator's console of `parlance serve`: bans, rooms and accounts, by a script on its stdin."""

import base64
import contextlib
import os
import re
import resource
import signal
import sqlite3
import subprocess
import time
import unittest

from irc_case import IrcCase, IrcClient
from talk_case import LIMIT, PARLANCE


class ConsoleCase(IrcCase):
    def order(self, server, line, answer):
        """Types a line, and waits until the answer, or what begins so, is shown."""
        server.write(line.encode() + b"\n")
        return self.hear_on_stdout(server, answer.encode()).decode()

    def stop(self, server):
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(LIMIT)

    def gone(self, client, why):
        """It was put out, and told why."""
        self.assertIn(why.encode(), client.rest())

    def log_in(self, client, name, password):
        """What NickServ says to that."""
        client.send(f"NS IDENTIFY {name} {password}")
        return client.wait_for("NOTICE").params[-1]


class Bans(ConsoleCase):
    def test_a_ban_puts_out_who_is_there_and_outlasts_a_restart(self):
        data = os.path.join(self.folder(), "data")
        server = self.chat_server("--grace", "0", "--data", data)
        alice, bob = self.client(server, "alice", user="troll"), self.client(server, "bob")
        self.order(server, "/ban *troll@* 2d be gone, you", "-- *troll@* is banned")
        self.gone(alice, "Banned: be gone, you")
        self.assertEqual(self.commands(bob.ask("PING x")), ["PONG"])
        self.stop(server)
        server = self.chat_server("--grace", "0", "--data", data)
        self.assertIn(b" 465 ", self.caller(server, b"NICK alice\r\nUSER troll 0 * :a\r\n").rest())
        self.order(server, "/bans", "-- 1 bans")
        line = self.order(server, "", "*troll@*")
        self.assertRegex(line, r"^-- \*troll@\* +\d{4}-\d\d-\d\d \d\d:\d\d UTC  be gone, you \(by operator on .*\)\n$")
        self.order(server, "/unban *TROLL@*", "-- *TROLL@* may come again")
        self.client(server, "alice", user="troll")

    def test_an_address_is_banned_by_the_name_of_who_has_it(self):
        server = self.chat_server()
        plain = self.person(server, b"plain")
        self.order(server, "/ban plain spam", "-- 127.0.0.1 is banned")
        self.gone(plain, "-- You are put out: Banned: spam")
        self.assertIn(b"You are banned from this server: spam", self.caller(server, b"hello\n").rest())
        self.order(server, "/unban 127.0.0.1", "-- 127.0.0.1 may come again")
        self.order(server, "/ban 127.0.0.0/8", "-- 127.0.0.0/8 is banned")
        self.assertIn(b"No reason given", self.caller(server, b"hello\n").rest())
        self.order(server, "/unban 127.0.0.1/8", "-- 127.0.0.0/8 may come again")
        self.person(server, b"again")

    def test_nothing_is_done_for_a_banned_address_whatever_it_has_said(self):
        server = self.chat_server()
        stranger = self.caller(server, b"CAP LS 302\r\nNICK eve\r\n")
        stranger.until(b"CAP * LS")
        silent = self.caller(server)
        silent.until(b"-- ")
        self.order(server, "/ban 127.0.0.1 spam", "-- 127.0.0.1 is banned")
        for gone in stranger, silent:
            self.assertIn(b"ou are banned from this server: spam", gone.rest())
        for first in b"CAP LS 302\r\nNICK eve\r\nREGISTER * * correct-horse\r\n", b"CAP REQ :sasl\r\nAUTHENTICATE PLAIN\r\n":
            heard = self.caller(server, first).rest()
            self.assertRegex(heard, rb"^465 \* :You are banned from this server: spam\r\nERROR :Closing link: ")
        self.order(server, "/accounts", "-- 0 accounts")
        self.order(server, "/unban 127.0.0.1", "-- 127.0.0.1 may come again")
        self.client(server, "eve")

    def test_a_ban_of_all_who_are_there_leaves_the_operator(self):
        server = self.chat_server()
        alice = self.client(server, "alice")
        self.order(server, "/ban *@* 90s quiet", "-- *@* is everybody")
        self.order(server, "/ban *@l* 90s quiet", "-- *@l* is banned")
        self.gone(alice, "Banned: quiet")
        self.order(server, "still here\n/who", "-- 1 connected")

    def test_what_cannot_be_banned_is_told(self):
        server = self.chat_server()
        self.order(server, "/ban", "-- /ban needs more: ")
        self.order(server, "/ban nobody", "-- nobody here is called nobody")
        self.order(server, "/ban operator", "-- nobody here is called operator")
        self.order(server, "/ban a!b@c", "-- a!b@c is neither an address nor user@host")
        self.order(server, "/unban 192.0.2.1", "-- there is no ban of 192.0.2.1")
        self.order(server, "/unban", "-- /unban needs more: ")
        self.order(server, "/bans", "-- 0 bans")


class Rooms(ConsoleCase):
    def test_a_room_tells_all_about_itself(self):
        server = self.chat_server()
        alice, bob = self.client(server, "alice"), self.client(server, "bob")
        alice.ask("NS REGISTER correct-horse")
        alice.ask("JOIN #dev")
        bob.ask("JOIN #dev")
        for line in ("MODE #dev +bkl *!*@eve.example key 9", "TOPIC #dev :be kind", "CS REGISTER #dev",
                     "CS AMODE #dev +v alice"):
            alice.ask(line)
        line = self.order(server, "/room #dev", "-- #dev")
        self.assertRegex(line, r"^-- #dev \+ntkl \* 9, made .* UTC, registered to alice\n$")
        for answer in ("-- topic: be kind (by alice!", "-- +b *!*@eve.example, by alice", "-- +v for the account alice",
                       "-- 2 there", "--   ~alice bob"):
            self.order(server, "", answer)
        self.order(server, "/room #nowhere", "-- there is no room #nowhere")
        self.order(server, "/room", "-- /room needs more: ")
        self.order(server, "/room #dev frobnicate", "-- /room ROOM tells about it; ")

    def test_nothing_that_others_wrote_steers_the_terminal(self):
        server = self.chat_server()
        alice = self.client(server, "alice")
        alice.ask("JOIN #dev")
        alice.ask("TOPIC #dev :\x1b]0;owned\x07\x1b[2J\u009b31mred\u202e")
        alice.ask("MODE #dev +b a:\x1b[31mred")
        shown = self.order(server, "/rooms", "-- #dev") + self.order(server, "/topic #dev", "-- the topic of")
        self.order(server, "/room #dev", "-- #dev")
        shown += "".join(self.order(server, "", answer) for answer in ("-- topic: ", "-- +b "))
        self.assertEqual([c for c in "\x1b\x07\u009b\u202e" if c in shown], [])
        self.assertIn("\ufffd]0;owned\ufffd\ufffd[2J\ufffd31mred\ufffd", shown)

    def test_a_closed_lobby_keeps_callers_out_who_are_told_and_not_the_console(self):
        data = os.path.join(self.folder(), "data")
        server = self.chat_server("--grace", "0", "--data", data)
        alice = self.client(server, "alice")
        alice.ask("JOIN #lobby")
        self.order(server, "/op #lobby alice", "-- alice is an operator of #lobby")
        for line in ("MODE #lobby +k sesame", "MODE #lobby +b *!*@localhost", "MODE #lobby +e alice!*@*"):
            alice.ask(line)
        caller = self.caller(server)
        caller.until(b"-- Welcome. You are guest1, and in no room: ")
        caller.say(b"/join #lobby wrong\n")
        caller.until(b"-- ")
        alice.ask("MODE #lobby -b *!*@localhost")
        caller.say(b"/join #lobby\n")
        caller.until(b"-- #lobby has a key, which is needed to come in\n")
        caller.say(b"/join #lobby sesame\n")
        caller.until(b"-- you are in #lobby and speak there")
        alice.ask("MODE #lobby +bm *!*@localhost")
        alice.sync()
        server.write(b"still heard\n")
        self.assertEqual(alice.wait_for("PRIVMSG").params, ["#lobby", "still heard"])
        alice.ask("AWAY :gone for lunch")
        caller.say(b"/to alice psst\n")
        caller.until(b"-- alice is away: gone for lunch\n")
        self.stop(server)
        server = self.chat_server("--grace", "0", "--data", data)
        self.order(server, "and again\n/who", "-- 0 connected")

    def test_a_room_can_be_taken_from_its_founder(self):
        data = os.path.join(self.folder(), "data")
        server = self.chat_server("--grace", "0", "--data", data)
        alice = self.client(server, "alice")
        for line in ("NS REGISTER correct-horse", "JOIN #dev", "CS REGISTER #dev"):
            alice.ask(line)
        self.order(server, "/room #dev unregister", "-- #dev is not registered any more")
        self.assertEqual(self.only(alice.sync(), "MODE").params, ["#dev", "+o-q", "alice", "alice"])
        self.order(server, "/room #dev unregister", "-- #dev is not registered")
        self.assertIn("@alice", str(alice.ask("NAMES #dev")))
        self.stop(server)
        server = self.chat_server("--grace", "0", "--data", data)
        self.order(server, "/room #dev", "-- there is no room #dev")

    def test_somebody_is_made_an_operator_of_a_room(self):
        server = self.chat_server()
        alice, bob = self.client(server, "alice"), self.client(server, "bob")
        for client in alice, bob:
            client.ask("JOIN #dev")
        alice.sync()
        self.order(server, "/op #dev bob", "-- bob is an operator of #dev")
        self.order(server, "/op #dev bob", "-- bob is an operator of #dev")
        self.assertEqual([message.params for message in alice.sync()], [["#dev", "+o", "bob"]])
        bob.sync()
        self.assertEqual(self.only(bob.ask("MODE #dev +m"), "MODE").nick, "bob")
        self.order(server, "/op #dev nobody", "-- nobody in #dev is called nobody")
        self.order(server, "/op #nowhere bob", "-- there is no room #nowhere")
        self.order(server, "/op #dev", "-- /op needs more: ")

    def test_everybody_is_told_in_whatever_language_and_room(self):
        server = self.chat_server()
        alice, plain = self.client(server, "alice"), self.person(server, b"plain")
        self.order(server, "/announce back in five minutes", "-- told 2 people")
        told = self.only(alice.sync(), "NOTICE")
        self.assertEqual((told.nick, told.params), ("operator", ["alice", "back in five minutes"]))
        plain.until(b"back in five minutes\n")
        self.order(server, "/announce", "-- /announce needs more: ")
        self.order(server, "/announce " + "x" * 391, "-- an announcement has 390 bytes at most")


class Accounts(ConsoleCase):
    def test_an_account_is_made_shown_and_given_another_password(self):
        server = self.chat_server("--set", "accounts.registration=false")
        self.order(server, "/account alice create correct horse", "-- there is an account alice now")
        self.order(server, "/account alice create x", "-- there is an account alice")
        alice = self.client(server, "guest", user="a")
        # A password with a space is for SASL; NickServ takes words.
        line = self.order(server, "/account ALICE password", "-- alice has another password; its password is ")
        password = line.split()[-1]
        self.assertIn("Wrong", self.log_in(alice, "alice", "correct"))
        self.assertIn("logged in as alice", self.log_in(alice, "alice", password))
        self.order(server, "/account guest create", "-- somebody is called guest now; ")
        self.order(server, "/account alice", "-- alice ")
        self.order(server, "", "-- certificates: 0; several clients at once: yes")
        self.order(server, "", "-- logged in: guest (1 connections)")
        self.order(server, "", "-- rooms: none")
        self.order(server, "/account bob create", "-- there is an account bob now; its password is ")
        self.order(server, "/accounts", "-- alice ")
        self.order(server, "", "-- bob ")
        self.order(server, "", "-- 2 accounts")
        self.order(server, "/accounts AL", "-- 1 accounts")

    def test_an_account_that_is_dropped_leaves_nothing(self):
        data = os.path.join(self.folder(), "data")
        server = self.chat_server("--grace", "0", "--data", data, "--set", "accounts.always_on=opt-in")
        alice, bob = self.client(server, "alice"), self.client(server, "bob")
        for line in ("NS REGISTER correct-horse", "NS SET ALWAYS-ON on", "JOIN #dev", "CS REGISTER #dev",
                     "PRIVMSG bob :a secret", "METADATA * SET url :http://a.example"):
            alice.ask(line)
        for line in ("NS REGISTER other-horse", "JOIN #bobs", "CS REGISTER #bobs", "CS AMODE #bobs +o alice"):
            bob.ask(line)
        self.order(server, "/account alice drop", "-- the account alice is no more")
        self.gone(alice, "the account is no more")
        self.order(server, "/account alice", "-- there is no account alice")
        self.order(server, "/room #bobs", "-- #bobs +nt")
        self.assertNotIn("alice", self.order(server, "", "-- "))
        self.stop(server)
        server = self.chat_server("--grace", "0", "--data", data, "--set", "accounts.always_on=opt-in")
        self.order(server, "/room #dev", "-- there is no room #dev")
        again = self.client(server, "alice", "draft/chathistory", "batch", "server-time")
        self.assertIn("created", str(again.ask("NS REGISTER another-horse")))
        self.assertIn("FAIL CHATHISTORY INVALID_TARGET", str(again.ask("CHATHISTORY LATEST bob * 10")))
        self.assertNotIn("a.example", str(again.ask("METADATA * LIST")))

    def test_an_account_that_is_dropped_opens_no_room_to_who_takes_its_name(self):
        data = os.path.join(self.folder(), "data")
        server = self.chat_server("--grace", "0", "--data", data)
        alice, bob = self.client(server, "alice"), self.client(server, "bob")
        for line in ("NS REGISTER correct-horse", "JOIN #in", "MODE #in +iI a:eve", "JOIN #out",
                     "MODE #out +be *!*@* ~a:eve", "JOIN #kept", "MODE #kept +iI a:bob"):
            alice.ask(line)
        bob.ask("NS REGISTER bobs-horse")
        self.order(server, "/account eve create first-horse", "-- there is an account eve now")
        self.order(server, "/account eve drop", "-- the account eve is no more")
        for start in range(2):
            with self.subTest(start=start):
                eve = self.client(server, "eva" if start else "eve")
                eve.ask("NS IDENTIFY eve second-horse" if start else "NS REGISTER second-horse")
                self.assertIn("473", self.commands(eve.ask("JOIN #in")))
                self.assertIn("474", self.commands(eve.ask("JOIN #out")))
            if start == 0:
                self.assertIn("JOIN", self.commands(bob.ask("JOIN #kept")))
                server.process.kill()
                server.process.wait(LIMIT)
                server = self.chat_server("--grace", "0", "--data", data)

    def test_no_password_is_said_behind_a_blank_or_without_its_slash(self):
        server = self.chat_server()
        listener = self.client(server, "bob")
        listener.ask("JOIN #lobby")
        self.order(server, " /account dora create first-horse", "-- there is an account dora now")
        for line in ("\t/account dora password second-horse", "\u00a0/account dora password third-horse"):
            self.order(server, line, "-- dora has another password")
        self.order(server, "account eva create fourth-horse", "-- ")
        self.assertNotIn("horse", str(listener.ask("PING x")))

    def test_what_cannot_be_done_is_told(self):
        server = self.chat_server()
        self.order(server, "/account", "-- /account needs more: ")
        self.order(server, "/account nobody drop", "-- there is no account nobody")
        self.order(server, "/account nickserv create", "-- nickserv cannot be the name of an account")
        self.order(server, "/account 1a create", "-- 1a cannot be the name of an account")
        self.order(server, "/account alice create", "-- there is an account alice now")
        self.order(server, "/account alice frobnicate", "-- what can be done with an account is ")
        self.order(server, "/account alice password " + "x" * 1025, "-- that cannot be a password")

    def test_a_command_waits_for_the_one_before_it(self):
        server = self.chat_server()
        server.write(b"/account alice create one\n/account alice password two\n/account alice drop\n/accounts\n")
        for answer in (b"alice now", b"another password", b"no more", b"-- 0 accounts"):
            self.hear_on_stdout(server, answer)


class LockedDatabase(ConsoleCase):
    def test_a_line_that_needs_it_fails_alone(self):
        data = os.path.join(self.folder(), "data")
        server = self.chat_server("--grace", "0", "--data", data)
        self.order(server, "/account alice create one", "-- there is an account alice now")
        alice = self.client(server, "anna")
        alice.ask("JOIN #a")
        alice.ask("PRIVMSG #a :first")
        refused = "-- the server cannot look that up or keep it now; try again later"
        with contextlib.closing(sqlite3.connect(data + "/chat.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            alice.ask("PRIVMSG #a :in the journal")
            for line in ("/accounts", "/account alice drop", "/account alice password two",
                         "/account bob create one"):
                self.order(server, line, refused)
            other.execute("ROLLBACK")
        # What was refused was not done, nor is it done later.
        self.order(server, "/accounts", "-- alice ")
        self.order(server, "", "-- 1 accounts")
        self.assertIn("logged in as alice", self.log_in(alice, "alice", "one"))

    def test_it_is_waited_for_once_and_not_by_each(self):
        data = os.path.join(self.folder(), "data")
        server = self.chat_server("--grace", "0", "--data", data, "--rate", "0")
        alice = self.client(server, "alice")
        alice.ask("JOIN #a")
        with contextlib.closing(sqlite3.connect(data + "/chat.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            for _ in range(40):
                alice.send("TOPIC #a :news")
            # 40 times as long as one waits would be 10 s.
            start = time.monotonic()
            refused = [m for m in alice.sync() if m.command == "FAIL"]
            self.assertEqual(len(refused), 40)
            self.assertLess(time.monotonic() - start, 5)
            other.execute("ROLLBACK")
        self.only(alice.ask("TOPIC #a :news"), "TOPIC")

    def test_a_ban_that_cannot_be_kept_is_none(self):
        data = os.path.join(self.folder(), "data")
        server = self.chat_server("--grace", "0", "--data", data)
        alice = self.client(server, "alice", user="troll")
        with contextlib.closing(sqlite3.connect(data + "/chat.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            self.order(server, "/ban *troll@* be gone", "-- the server cannot look that up or keep it now")
            self.order(server, "/bans", "-- 0 bans")
            other.execute("ROLLBACK")
        self.assertEqual(self.commands(alice.ask("PING x")), ["PONG"])
        self.order(server, "/ban *troll@* be gone", "-- *troll@* is banned")
        self.gone(alice, "Banned: be gone")


class FullLog(ConsoleCase):
    def test_it_goes_on_when_there_is_space_again(self):
        path = os.path.join(self.folder(), "log")
        with open(path, "wb") as log:
            server = subprocess.Popen([PARLANCE, "serve", "--data", "", "--grace", "0", "127.0.0.1:0"], stdin=subprocess.DEVNULL,
                                      stdout=subprocess.PIPE, stderr=log)
        self.addCleanup(server.stdout.close)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        port = int(re.search(rb"listening on 127\.0\.0\.1:(\d+)", server.stdout.readline())[1])

        def logged(pattern):
            end = time.monotonic() + LIMIT
            while time.monotonic() < end:
                with open(path, encoding="utf-8") as log:
                    if found := re.search(pattern, log.read()):
                        return found
                time.sleep(0.02)
            self.fail(f"{pattern} is not in the log")

        def fail_to_log_in(who):
            client = IrcClient(port)
            client.send("NICK " + who)
            client.send("CAP REQ :sasl")
            client.send("AUTHENTICATE PLAIN")
            client.send("AUTHENTICATE " + base64.b64encode(f"\0{who}\0wrong".encode()).decode())
            client.wait_for("904")
            client.close()

        fail_to_log_in("before")
        logged("login_failed .*before")
        # There is space for a part of a line.
        whole = resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (os.path.getsize(path) + 20, resource.RLIM_INFINITY))
        fail_to_log_in("meanwhile")
        fail_to_log_in("too")
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, whole)
        fail_to_log_in("after")
        logged("\n[^\n]*login_failed .*after")
        logged(r"\n-- \d+ lines were left out\n")
        with open(path, encoding="utf-8") as log:
            self.assertNotIn("meanwhile\" ", log.read())


class Alone(ConsoleCase):
    def test_nobody_puts_the_operator_out(self):
        made = subprocess.run([PARLANCE, "serve", "--hash-password"], input=b"hunter22\n", capture_output=True,
                              timeout=LIMIT, check=True)
        server = self.chat_server("--set", "operators.root.password=" + made.stdout.decode().strip())
        alice = self.client(server, "alice")
        alice.send("OPER root hunter22")
        alice.wait_for("381")
        self.only(alice.ask("KILL operator :bye"), "483")
        alice.ask("KLINE *@console :bye")
        alice.ask("JOIN #lobby")
        server.write(b"still here\n")
        self.assertEqual(alice.wait_for("PRIVMSG").nick, "operator")


if __name__ == "__main__":
    unittest.main()
