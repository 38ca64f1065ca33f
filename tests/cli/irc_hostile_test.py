"""IRC clients that are broken, or mean harm: each is told what is wrong, and nobody else notices."""

import os
import signal
import socket
import sqlite3
import subprocess
import time
import unittest

from irc_case import IrcCase
from talk_case import LIMIT, PARLANCE, SANITIZED


class HostileCase(IrcCase):
    def setUp(self):
        self.server = self.chat_server("--rate", "0")
        self.alice, self.bob = (self.client(self.server, nick, "message-tags") for nick in ("alice", "bob"))
        for client in self.alice, self.bob:
            client.ask("JOIN #a")
        self.alice.sync()

    def heard(self):
        """What bob was told."""
        return [message.params[-1] for message in self.bob.sync() if message.command in ("PRIVMSG", "TAGMSG")]

    def refused(self, line, *commands):
        """What the sender of these bytes is answered; bob hears nothing."""
        self.alice.say(line + b"\r\n")
        answers = self.alice.sync()
        self.assertEqual(self.commands(answers), list(commands), answers)
        self.assertEqual(self.heard(), [])
        return answers

    def memory(self):
        """In bytes. AddressSanitizer keeps what is freed for a while, so that nothing can be said then."""
        if SANITIZED:
            return 0
        with open(f"/proc/{self.server.process.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("RssAnon"))


class Lines(HostileCase):
    def test_a_line_has_512_bytes_and_its_tags_4096_more(self):
        start = b"PRIVMSG #a :"
        # Blanks are not told on: with who says it in front, so much text would be too long for the others.
        whole = b"PRIVMSG #a" + b" " * (510 - len("PRIVMSG #a:x")) + b":x"
        self.alice.say(b"@+x=" + b"t" * (4096 - 5) + b" " + whole + b"\r\n")
        self.alice.sync()
        heard = self.bob.sync()[-1]
        self.assertEqual((len(heard.tags["+x"]), heard.params[-1]), (4096 - 5, "x"))
        self.refused(start + b"x" * (511 - len(start)), "417")
        self.refused(b"@+x=" + b"t" * (4096 - 4) + b" " + start + b"x", "417")
        self.refused(b"x" * 16_000, "417")
        self.refused(b"@" + b"x" * 16_000, "417")

    def test_one_of_a_million_bytes_ends_its_connection(self):
        self.alice.say(b"x" * 1_000_000)
        self.alice.wait_for("ERROR")
        self.assertEqual(self.heard(), [])

    def test_a_nul_is_refused(self):
        self.refused(b"PRIVMSG #a :a\0b", "400")
        self.refused(b"PRIV\0MSG #a :a", "400")
        self.refused(b"@+x=\0 PRIVMSG #a :a", "400")

    def test_what_is_not_utf8_is_refused_and_not_sent_back(self):
        for line in (b"PRIVMSG #a :caf\xe9", b"PRIVMSG #a :\xc0\x80", b"PRIVMSG #a :\xed\xa0\x80",
                     b"@+x=\xff PRIVMSG #a :a", b"JOIN #\xff", b"NICK \xff", b"AWAY :\xff"):
            answer = self.refused(line, "FAIL")[0]
            self.assertEqual(answer.params[1], "INVALID_UTF8")
        self.assertEqual(self.refused(b"\xff\xfe", "FAIL")[0].params[0], "*")
        # A letter is a whole character.
        for line in ("STATS \N{SNOWMAN}", "MODE #a +\N{SNOWMAN}", "MODE alice +\N{SNOWMAN}", "LIST \N{SNOWMAN}"):
            self.alice.ask(line)

    def test_a_thousand_parameters_are_fifteen(self):
        self.alice.say(b"PRIVMSG #a" + b" x" * 250 + b"\r\n")
        self.alice.sync()
        self.assertEqual(self.heard(), ["x"])
        self.alice.say(b"JOIN" + b" x" * 250 + b"\r\n")
        self.assertEqual(self.commands(self.alice.sync()), ["403"])
        self.refused(b"@" + b";".join(b"+t%d" % i for i in range(1000))[:4000] + b" PRIVMSG #a :a", "417")

    def test_lines_that_say_nothing_are_left_out(self):
        for line in (b"", b"   ", b":", b"@", b":x", b"@a", b"@a :b ", b"\r", b"@;;= "):
            self.refused(line)

    def test_unknown_commands_at_full_rate_are_each_answered_while_others_talk(self):
        count = 20_000
        self.alice.socket.settimeout(LIMIT)
        answers = 0
        for part in range(0, count, 1000):
            self.alice.say(b"".join(b"NONSENSE%d x\r\n" % i for i in range(part, part + 1000)))
            self.bob.ask("PING x")
            answers += sum(message.command == "421" for message in self.alice.sync())
        self.assertEqual(answers, count)


class Names(HostileCase):
    def test_a_nick_that_two_want_in_the_same_moment_is_one_ones(self):
        for _ in range(20):
            both = [self.stranger(self.server) for _ in range(2)]
            for client in both:
                client.say(b"NICK eve\r\nUSER e 0 * :e\r\nPING x\r\n")
            answers = sorted(client.wait_for("001", "433").command for client in both)
            self.assertEqual(answers, ["001", "433"])
            for client in both:
                client.say(b"QUIT\r\n")
                client.rest()
                client.close()

    def test_a_hundred_thousand_rooms_are_a_hundred(self):
        before = self.memory()
        joined = refused = 0
        for first in range(0, 100_000, 1000):
            for line in range(first, first + 1000, 50):
                self.alice.send("JOIN " + ",".join(f"#{n}" for n in range(line, line + 50)))
            for message in self.alice.sync():
                joined += message.command == "JOIN"
                refused += message.command == "405"
        self.assertEqual(joined, 99)  # with #a
        self.assertGreater(refused, 1000)
        self.assertLess(self.memory() - before, 16_000_000)
        self.assertEqual(self.commands(self.bob.ask("PING x")), ["PONG"])

    def test_no_answer_is_longer_than_a_line(self):
        for line in "PING :" + "x" * 500, "CAP REQ :" + "echo-message " * 38, "CAP REQ :" + "é" * 245:
            self.alice.send(line)
            answer = self.alice.wait_for("PONG", "CAP")
            self.assertLessEqual(len(answer.line.encode()), 510)
            self.assertIn(answer.params[-1], line)

    def test_masks_that_are_slow_to_match_delay_nobody(self):
        self.alice.ask("JOIN #b")
        for n in range(100):
            self.alice.ask(f"MODE #b +b *a*a*a*a*{'a' * 30}b{n}!*a*a*a*a*@*a*a*a*a*b")
        self.assertEqual(len(self.alice.ask("MODE #b +b")), 101)
        eve = self.client(self.server, "a" * 32, user="a" * 17)
        eve.ask("JOIN #b")
        start = time.monotonic()
        for _ in range(100):
            eve.send("PRIVMSG #b :x")
        eve.sync()
        eve.ask("WHO " + "*a" * 100)
        eve.ask("LIST " + "*a" * 100)
        self.assertLess(time.monotonic() - start, 5)
        self.assertEqual(sum(message.command == "PRIVMSG" for message in self.alice.sync()), 100)


class Sasl(HostileCase):
    def login(self):
        client = self.stranger(self.server)
        client.send("CAP REQ sasl")
        client.send("NICK eve")
        client.send("USER eve 0 * :eve")
        client.wait_for("CAP")
        return client

    def test_pieces_out_of_order_are_refused_one_by_one(self):
        client = self.login()
        self.assertEqual(self.commands(client.ask("AUTHENTICATE +")), ["908", "904"])
        self.assertEqual(self.commands(client.ask("AUTHENTICATE " + "A" * 400)), ["908", "904"])
        client.ask("AUTHENTICATE PLAIN")
        self.assertEqual(self.commands(client.ask("AUTHENTICATE " + "A" * 401)), ["905"])
        client.ask("AUTHENTICATE PLAIN")
        self.assertEqual(self.commands(client.ask("AUTHENTICATE *")), ["906"])
        client.send("CAP END")
        client.wait_for("001")

    def test_pieces_that_never_end_are_bounded(self):
        client = self.login()
        client.ask("AUTHENTICATE PLAIN")
        before, answers = self.memory(), []
        for _ in range(10_000):
            client.send("AUTHENTICATE " + "A" * 400)
            if answers := self.commands(client.sync()):
                break
        self.assertEqual(answers, ["904"])
        self.assertLess(self.memory() - before, 4_000_000)

    def test_what_comes_while_a_password_is_checked_waits(self):
        client = self.login()
        client.say(b"AUTHENTICATE PLAIN\r\nAUTHENTICATE AGV2ZQB3cm9uZw==\r\nAUTHENTICATE PLAIN\r\nCAP END\r\nPING x\r\n")
        self.assertEqual([client.wait_for("AUTHENTICATE", "904", "906", "001").command for _ in range(4)],
                         ["AUTHENTICATE", "904", "AUTHENTICATE", "906"])
        client.wait_for("001")

    def test_guessing_ends_the_connection(self):
        client = self.login()
        client.say(b"AUTHENTICATE NONSENSE\r\n" * 10)
        self.assertTrue(client.rest().splitlines()[-1].startswith(b"ERROR :"))


class Secrets(HostileCase):
    def test_the_history_of_a_room_that_one_may_not_see_is_as_that_of_none(self):
        self.bob.ask("JOIN #secret")
        self.bob.ask("MODE #secret +s")
        self.bob.ask("PRIVMSG #secret :hidden")
        eve = self.client(self.server, "eve", "draft/chathistory", "batch", "server-time")
        for name in ("#secret", "#none"):
            for line in (f"CHATHISTORY LATEST {name} * 10", f"CHATHISTORY AROUND {name} timestamp=2026-01-01T00:00:00.000Z 9"):
                answer = eve.ask(line)
                self.assertEqual(self.commands(answer), ["FAIL"])
                self.assertEqual(answer[0].params[1:2], ["INVALID_TARGET"])
                self.assertEqual(answer[0].params[2:], [line.split()[1], name, "Messages could not be retrieved"])
        answers = eve.ask("CHATHISTORY TARGETS timestamp=2000-01-01T00:00:00.000Z timestamp=2100-01-01T00:00:00.000Z 100")
        self.assertNotIn("secret", str(answers))


class Slow(HostileCase):
    def test_one_that_stops_reading_is_told_and_dropped_and_nobody_waits(self):
        slow = self.client(self.server, "slow")
        slow.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        slow.ask("JOIN #a")
        before, longest = self.memory(), 0
        lines = (b"PRIVMSG #a :" + b"x" * 400 + b"\r\n") * 100 + b"PING x\r\n"
        for _ in range(300):
            start = time.monotonic()
            self.alice.say(lines)
            self.alice.wait_for("PONG")
            longest = max(longest, time.monotonic() - start)
            if any(message.command == "QUIT" and message.nick == "slow" for message in self.bob.sync()):
                break
        else:
            self.fail("it was not dropped")
        self.assertLess(longest, 5)
        self.assertLess(self.memory() - before, 24_000_000)  # with the history, which is in memory here
        lines = slow.rest().split(b"\r\n")
        self.assertIn(b"SendQ exceeded", lines[-2])
        self.assertTrue(lines[-2].startswith(b"ERROR :"), lines[-2])


class Disk(IrcCase):
    def start_on(self, kilobytes):
        """A server whose folder is on a disk of that size, and the way there from outside."""
        # Only its own processes see what is mounted there.
        apart = ["unshare", "--mount"] if os.getuid() == 0 else ["unshare", "--user", "--map-root-user", "--mount"]
        probe = subprocess.run([*apart, "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True)
        if probe.returncode != 0:
            self.skipTest("no disk can be mounted here: " + probe.stderr.decode().strip())
        folder = self.folder()
        script = f'mount -t tmpfs -o size={kilobytes}k none "$0" && exec "$@"'
        server = super().start(*apart, "sh", "-c", script, folder, PARLANCE,
                               "serve", "--console", "--rate", "0", "--data", folder, "127.0.0.1:0")
        server.port = int(server.until(r"listening on 127\.0\.0\.1:(\d+);").group(1))
        return server, f"/proc/{server.process.pid}/root{folder}"

    def fill(self, folder):
        with open(os.path.join(folder, "filler"), "wb", buffering=0) as file:
            for size in (65536, 4096, 1):
                try:
                    while file.write(b"x" * size):
                        pass
                except OSError:
                    pass

    def test_what_a_full_disk_cannot_keep_is_told_to_its_sender_and_heard_by_nobody(self):
        server, folder = self.start_on(4000)
        alice, bob = self.client(server, "alice"), self.client(server, "bob")
        for client in alice, bob:
            client.ask("JOIN #a")
        alice.ask("PRIVMSG #a :before")
        self.fill(folder)
        kept, told = ["before"], []
        # There may be room left in what the files have already.
        for n in range(2000):
            text = f"{n} " + "x" * 400
            answers = alice.ask(f"PRIVMSG #a :{text}")
            if answers:
                told = answers
                break
            kept.append(text)
        self.assertEqual([message.params[:3] for message in told], [["PRIVMSG", "MESSAGE_NOT_KEPT", "#a"]])
        heard = [message.params[-1] for message in bob.sync() if message.command == "PRIVMSG"]
        self.assertEqual(heard, kept)
        os.remove(os.path.join(folder, "filler"))
        self.assertEqual(alice.ask("PRIVMSG #a :after"), [])
        self.assertEqual([message.params[-1] for message in bob.sync()], ["after"])

    def test_on_a_full_disk_what_is_kept_is_still_read(self):
        server, folder = self.start_on(4000)
        alice = self.client(server, "alice", "batch", "labeled-response", "draft/chathistory", "message-tags")
        alice.ask("JOIN #lobby")
        kept = ["before"]
        alice.ask("PRIVMSG #lobby :before")
        nc = self.caller(server)
        nc.until(b"before")
        alice.sync()
        self.fill(folder)
        while not alice.ask("PRIVMSG #lobby :" + "x" * 400):
            kept.append("x" * 400)
            self.assertLess(len(kept), 2000)
        for n in range(3):
            told = alice.ask(f"@label=l{n} CHATHISTORY LATEST #lobby * 3")
            self.assertEqual(told[0].tags.get("label"), f"l{n}")
            self.assertEqual([m.params[-1] for m in told if m.command == "PRIVMSG"], kept[-3:])
        targets = alice.ask("CHATHISTORY TARGETS timestamp=2020-01-01T00:00:00.000Z timestamp=2099-01-01T00:00:00.000Z 9")
        self.assertEqual([m.params[1] for m in targets if m.command == "CHATHISTORY"], ["#lobby"])
        nc.say(b"/history 3\n")
        nc.until(b"] alice: xxx")
        # What was said in the same breath may not be kept: then nobody has heard it, nor reads it.
        told = alice.ask("PRIVMSG #lobby :" + "y" * 400 + "\r\n@label=last CHATHISTORY LATEST #lobby * 3")
        refused = {m.params[0]: m for m in told if m.command == "FAIL"}
        self.assertEqual(sorted(refused), ["CHATHISTORY", "PRIVMSG"])
        self.assertEqual(refused["CHATHISTORY"].params[1:4], ["MESSAGE_ERROR", "LATEST", "#lobby"])
        self.assertEqual(refused["CHATHISTORY"].tags.get("label"), "last")
        self.assertEqual([m for m in told if m.command == "PRIVMSG"], [])


class Start(IrcCase):
    def kept(self):
        """A folder in which a server has been, and its database."""
        folder = self.folder()
        server = self.chat_server("--data", folder, "--grace", "0")
        alice = self.client(server, "alice")
        alice.ask("JOIN #a")
        alice.ask("PRIVMSG #a :hi")
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(LIMIT)
        # The index for searches is made of it, and made anew when it is damaged.
        bases = [name for name in os.listdir(folder) if name != "search.db"
                 and open(os.path.join(folder, name), "rb").read(6) == b"SQLite"]
        self.assertEqual(len(bases), 1, os.listdir(folder))
        return folder, os.path.join(folder, bases[0])

    def refusal(self, folder):
        done = subprocess.run([PARLANCE, "serve", "--data", folder, "127.0.0.1:0"], stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=LIMIT)
        self.assertEqual(done.returncode, 1, done)
        self.assertEqual(done.stdout, b"")
        lines = done.stderr.decode().splitlines()
        self.assertEqual(len(lines), 1, lines)
        self.assertIn(folder, lines[0])
        return lines[0]

    def test_a_database_that_is_damaged_is_refused_and_left_alone(self):
        folder, base = self.kept()
        with open(base, "r+b") as file:
            file.write(b"\xff" * 4096)
        with open(base, "rb") as file:
            before = file.read()
        self.assertRegex(self.refusal(folder), "damaged|not a database|no history")
        with open(base, "rb") as file:
            self.assertEqual(file.read(), before)

    def test_a_database_of_a_newer_version_is_refused_and_left_alone(self):
        folder, base = self.kept()
        newer = sqlite3.connect(base)
        newer.execute("PRAGMA user_version = 1000000")
        newer.commit()
        newer.close()
        self.assertRegex(self.refusal(folder), "newer|version")
        again = sqlite3.connect(base)
        self.assertEqual(again.execute("PRAGMA user_version").fetchone(), (1000000,))
        again.close()


if __name__ == "__main__":
    unittest.main()
