"""`parlance serve`, with the callers that it must serve: people with nc, small programs, and worse."""

import os
import random
import resource
import shlex
import signal
import socket
import subprocess
import tempfile
import time
import unittest

from chat_case import Caller, ChatCase, Terminal
from talk_case import LIMIT, PARLANCE, SANITIZED, reset

GREETING = b"-- Welcome to #lobby. You are "


def run(*command, stdin=b""):
    return subprocess.run(command, input=stdin, capture_output=True, timeout=LIMIT)


class Programs(ChatCase):
    def test_one_that_sends_hello_without_a_newline_gets_its_message_back(self):
        server = self.chat_server()
        with socket.create_connection(("127.0.0.1", server.port), timeout=LIMIT) as s:
            s.sendall(b"hello")
            self.assertEqual(s.recv(1024), b"guest1: hello\n")
            s.sendall(b"and again")
            self.assertEqual(s.recv(1024), b"guest1: and again\n")
        self.hear_on_stdout(server, b"guest1: hello\n")

    def test_q_leaves_in_either_case(self):
        server = self.chat_server()
        for letter in (b"Q", b"q"):
            caller = self.caller(server, letter)
            self.assertIn(b"Goodbye", caller.rest())

    def test_the_greeting_does_not_come_before_the_answer(self):
        server = self.chat_server()
        for _ in range(5):
            caller = self.caller(server)
            time.sleep(0.05)
            caller.say(b"hello")
            self.assertEqual(caller.until(b"\n").split(b": ")[1], b"hello\n")

    def test_one_that_asks_who_is_there_is_answered(self):
        server = self.chat_server()
        caller = self.caller(server, b"/who")
        self.assertEqual(caller.until(b"\n"), b"-- in #lobby: guest1 (you), operator\n")


class People(ChatCase):
    def test_one_who_only_waits_is_greeted(self):
        server = self.chat_server()
        caller = self.caller(server)
        self.assertTrue(caller.until(b"help tells the rest.\n").startswith(GREETING))

    def test_one_with_nc_who_types_lines(self):
        server = self.chat_server()
        other = self.person(server, b"other")
        nc = subprocess.Popen(
            ["nc", "127.0.0.1", str(server.port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.addCleanup(nc.stdout.close)
        self.addCleanup(nc.wait, LIMIT)
        self.addCleanup(nc.kill)
        self.assertTrue(nc.stdout.readline().startswith(GREETING))
        nc.stdin.write(b"hello from nc\n")
        nc.stdin.flush()
        other.until(b": hello from nc\n")
        other.say(b"hello yourself\n")
        while (line := nc.stdout.readline()) != b"other: hello yourself\n":
            self.assertNotIn(b"hello from nc", line)
        nc.stdin.write(b"Q\n")
        nc.stdin.close()
        self.assertEqual(nc.stdout.read().splitlines()[-1][:11], b"-- Goodbye,")

    def test_a_half_closed_nc_gets_what_is_due_to_it_and_then_the_end(self):
        server = self.chat_server()
        done = run("nc", "-N", "127.0.0.1", str(server.port), stdin=b"/who\n")
        self.assertTrue(done.stdout.endswith(b"-- in #lobby: guest1 (you), operator\n"), done.stdout)

    def test_rooms_whispers_actions_and_names(self):
        server = self.chat_server()
        alice, bob, carol = (self.person(server, name) for name in (b"alice", b"bob", b"carol"))
        carol.say(b"/to alice psst\n/me waves\n")
        alice.until(b"carol -> alice: psst\n* carol waves\n")
        self.assertNotIn(b"psst", bob.until(b"* carol waves\n"))
        for person in (alice, bob):
            person.say(b"/join #dev\n")
            person.until(b"-- you are in #dev")
        alice.until(b"bob has joined #dev\n")
        alice.say(b"only here\n/nick ALICE\n/leave\nback\n")
        bob.until(b"#dev alice: only here\n-- alice is now ALICE\n-- ALICE has left #dev\nALICE: back\n")
        heard = carol.until(b"ALICE: back\n")
        self.assertNotIn(b"only here", heard)
        carol.say(b"/rooms\n/help\n/nick Alice\n//who\n/nonsense\n")
        carol.until(b"-- rooms: #dev (1), #lobby (4)\n")
        carol.until(b"-- the name Alice is taken\n-- there is no /nonsense")
        alice.until(b"carol: /who\n")


class Hostile(ChatCase):
    """Each gets a clear answer or a clear end, and the two who talk meanwhile notice nothing."""

    def setUp(self):
        self.server = self.chat_server("--rate", "0")
        self.alice, self.bob = self.person(self.server, b"alice"), self.person(self.server, b"bob")
        self.alice.until(b"bob has joined #lobby\n")

    def tearDown(self):
        self.alice.say(b"still here\n")
        self.bob.until(b"alice: still here\n")

    def test_one_that_resets(self):
        for says in (b"", b"hello", b"hello\n", b"/nick gone\n"):
            caller = self.caller(self.server, says)
            time.sleep(0.05)
            reset(caller.socket)

    def test_half_a_character_and_the_rest_a_second_later(self):
        caller = self.caller(self.server, b"caf\xc3")
        time.sleep(1)
        caller.say(b"\xa9")
        caller.until(": café\n".encode())
        self.bob.until(": café\n".encode())

    def test_ten_megabytes_without_a_newline(self):
        caller = self.caller(self.server)
        caller.until(b"the rest.\n")
        before = self.memory()
        for _ in range(10):
            caller.say(b"x" * 1_000_000)
        self.assertEqual(caller.until(b"said\n"), b"-- that was longer than 4096 bytes and was not said\n")
        self.assert_grown_by_less_than(4_000_000, before)

    def test_one_that_never_reads_while_the_room_is_busy(self):
        slow = self.caller(self.server, b"/nick slow\n")
        self.alice.until(b"slow has joined")
        self.bob.until(b"slow has joined")
        before = self.memory()
        line = b"x" * 4000 + b"\n"
        gone = b"-- slow is gone: reads too slowly (SendQ exceeded)\n"
        for _ in range(3000):
            self.alice.say(line)
            if gone in self.bob.until(line):
                break
        else:
            self.fail("it was not put out")
        self.assert_grown_by_less_than(16_000_000, before)  # with the history, which is in memory here
        self.assertTrue(slow.rest().endswith(b"-- You are put out: reads too slowly (SendQ exceeded)\n"))

    def test_one_that_never_reads_and_goes_on_talking(self):
        slow = self.caller(self.server, b"/nick slow\n")
        self.bob.until(b"slow has joined")
        line = b"x" * 4000 + b"\n"
        for _ in range(3000):
            slow.say(b"\n" * 20)
            self.alice.say(line)
            slow.say(b"\n")
            if b"-- slow is gone: reads too slowly" in self.bob.until(line):
                break
        else:
            self.fail("it was not put out")

    def test_one_that_dribbles(self):
        caller = self.caller(self.server)
        for byte in b"flow\n":
            caller.say(bytes([byte]))
            time.sleep(0.3)
        self.bob.until(b": flow\n")

    def test_one_that_speaks_tls(self):
        server = self.chat_server("--set", "tls.enabled=false")
        done = run("openssl", "s_client", "-connect", f"127.0.0.1:{server.port}")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(b"alert handshake failure", done.stderr)

    def test_one_that_speaks_http(self):
        done = run("curl", "-sS", "-i", f"http://127.0.0.1:{self.server.port}/")
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertTrue(done.stdout.startswith(b"HTTP/1.1 200 OK\r\n"))
        self.assertIn(b"nc 127.0.0.1 %d\n" % self.server.port, done.stdout)
        done = run("curl", "-sS", "-I", f"http://127.0.0.1:{self.server.port}/")
        self.assertEqual((done.returncode, done.stderr), (0, b""))

    def test_a_large_http_request_still_gets_its_answer(self):
        request = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 500000\r\n\r\n" + b"x" * 500000
        caller = self.caller(self.server, request)
        self.assertTrue(caller.rest().startswith(b"HTTP/1.1 405 "))

    def test_one_that_speaks_irc_and_then_noise(self):
        caller = self.caller(self.server, b"CAP LS 302\r\nNICK x\r\nUSER x 0 * :x\r\nCAP END\r\n")
        caller.until(b" 001 x :")
        caller.say(bytes(range(256)) * 20 + b"\r\n" + b"@" * 9000 + b"\r\nPING still\r\n")
        caller.until(b" PONG ")

    def test_noise(self):
        chance = random.Random(1)
        callers = []
        for size in (1, 10, 100, 10_000):
            noise = chance.randbytes(size).replace(b"\x16", b"\x17", 1)
            callers.append(self.caller(self.server, noise + b"\n"))
        for caller in callers:
            caller.until(b"-- ")
        self.alice.say(b"after the noise\n")
        self.assertNotIn("\N{REPLACEMENT CHARACTER}" * 3, self.bob.until(b"after the noise\n").decode())

    def test_control_characters_reach_nobody(self):
        text = "a line with \x1b]0;title\x07 in it, \u202eturned\u202c, and ".encode()
        self.alice.say(text + b"\xff bytes\n")
        heard = self.bob.until(b" bytes\n") + self.hear_on_stdout(self.server, b" bytes\n")
        text = heard.decode()
        self.assertTrue(all(c.isprintable() or c == "\n" for c in text), text)

    def memory(self):
        with open(f"/proc/{self.server.process.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("RssAnon"))

    def assert_grown_by_less_than(self, bytes_, before):
        if not SANITIZED:  # a sanitizer keeps what is freed for a while
            self.assertLess(self.memory() - before, bytes_)


class Crowds(ChatCase):
    def test_200_callers_leave_with_q_while_others_talk(self):
        server = self.chat_server()
        alice, bob = self.person(server, b"alice"), self.person(server, b"bob")
        leavers = [self.caller(server) for _ in range(200)]
        for i, leaver in enumerate(leavers):
            leaver.say(b"q" if i % 2 else b"q\n")
            if i % 10 == 0:
                alice.say(b"still talking %d\n" % i)
                bob.until(b"alice: still talking %d\n" % i)
        for leaver in leavers:
            self.assertTrue(leaver.rest().endswith(b".\n"))
        alice.say(b"/who\n")
        alice.until(b"-- in #lobby: alice (you), bob, operator\n")

    @unittest.skipIf(SANITIZED, "UndefinedBehaviorSanitizer needs descriptors of its own")
    def test_accepting_pauses_when_descriptors_run_out_and_goes_on(self):
        most = 40

        def few_descriptors():
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))

        server = self.chat_server("--grace", "0.5", preexec_fn=few_descriptors)
        alice = self.person(server, b"alice")
        crowd = [self.caller(server) for _ in range(most)]
        server.until("too many open files")
        alice.say(b"/who\n")
        alice.until(b"-- in #lobby: alice (you)")
        for caller in crowd[:-1]:
            caller.close()
        crowd[-1].until(GREETING)
        alice.say(b"Q\n")
        alice.rest()
        server.process.send_signal(signal.SIGTERM)
        code, _ = server.finish()
        self.assertEqual(code, 0)
        pauses = [line for line in server.stderr.splitlines() if "too many open files" in line]
        self.assertEqual(len(pauses), 1, server.stderr)

    def test_5000_callers_of_whom_1000_talk_and_none_is_lost(self):
        files = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, files)
        if files[1] < 6000:
            self.skipTest(f"needs 6000 descriptors, and the hard limit is {files[1]}")
        resource.setrlimit(resource.RLIMIT_NOFILE, (files[1], files[1]))
        # What all hear together is 200 MB; a megabyte for each lets Python be as slow as it is.
        server = self.start(PARLANCE, "serve", "--sendq", "1000000", "127.0.0.1:0")
        port = int(server.process.stdout.readline().rsplit(b":", 1)[1].split(b";")[0])
        callers = [Caller(port) for _ in range(5000)]
        for caller in callers:
            self.addCleanup(caller.close)
        for caller in callers:
            caller.until(b"the rest.\n")
        words = [b"message %d" % i for i in range(1000)]
        for caller, word in zip(callers, words):
            caller.say(word + b"\n")
        # The last caller only listens; the others hear the same in the same order, but for their own.
        all_lines = self.lines(callers[-1], 1000)
        self.assertEqual(sorted(line.split(b": ", 1)[1] for line in all_lines), sorted(words))
        for i, caller in enumerate(callers):
            own = b": " + words[i] if i < len(words) else b"nobody's"
            expected = [line for line in all_lines if not line.endswith(own)]
            self.assertEqual(self.lines(caller, len(expected)), expected)
        for caller in callers:
            caller.end()
        for caller in callers:
            caller.rest()
        self.assertIsNone(server.process.poll())

    def lines(self, caller, count):
        while caller.heard.count(b": message ") < count or not caller.heard.endswith(b"\n"):
            part = caller.socket.recv(65536)
            self.assertTrue(part)
            caller.heard += part
        return [line for line in caller.heard.splitlines() if not line.startswith(b"-- ")]


class Statistics(ChatCase):
    def test_rooms_topics_and_numbers_are_told(self):
        server = self.chat_server()
        alice = self.person(server, b"alice")
        alice.say(b"/join #dev\n")
        alice.until(b"#dev")
        server.write(b"/topic #dev be kind\n/topic #nowhere\n/rooms\n/stats\n")
        self.hear_on_stdout(server, b"-- the topic of #dev is: be kind\n")
        self.hear_on_stdout(server, b"-- there is no room #nowhere\n")
        self.assertRegex(self.hear_on_stdout(server, b"-- #dev"), rb"^-- #dev +1  be kind\n$")
        self.hear_on_stdout(server, b"-- people   2, by 1 connections\n")
        self.hear_on_stdout(server, b"-- memory ")

    def test_reload_reads_the_configuration_again(self):
        server = self.chat_server()
        server.write(b"/reload\n")
        server.until("the configuration has been read again")


class Operator(ChatCase):
    def test_a_script_is_the_operator(self):
        server = self.chat_server()
        alice = self.person(server, b"alice")
        alice.say(b"is anybody there?\n/me waits\n/to operator psst\n")
        said = b"alice: is anybody there?\n* alice waits\nalice -> operator: psst\n"
        self.assertEqual(server.read(len(said)), said)
        server.write(b"I am\n/to alice a word\n//slash\nq\n")
        alice.until(b"operator: I am\noperator -> alice: a word\noperator: /slash\noperator: q\n")
        server.write(b"/to nobody hi\n/frobnicate\n/help\n")
        self.hear_on_stdout(server, b"-- nobody here is called nobody\n")
        self.hear_on_stdout(server, b"-- there is no /frobnicate here")
        self.hear_on_stdout(server, b"-- /quit")

    def test_who_tells_how_each_connection_fares(self):
        server = self.chat_server()
        alice = self.person(server, b"alice")
        server.write(b"/who\n")
        self.hear_on_stdout(server, b"-- 1 connected")
        line = self.hear_on_stdout(server, b"-- alice").decode()
        self.assertRegex(line, r"^-- alice +127\.0\.0\.1:%d +\d+s +\d+s +established +\d+\.\d\d ms +0$"
                         % alice.socket.getsockname()[1])

    def test_kick_puts_a_caller_out_and_tells_why(self):
        server = self.chat_server()
        alice, bob = self.person(server, b"alice"), self.person(server, b"bob")
        server.write(b"/kick BOB go to bed\n/kick bob\n")
        self.assertTrue(bob.rest().endswith(b"-- You are put out: go to bed\n"))
        alice.until(b"-- bob is gone: go to bed\n")
        self.hear_on_stdout(server, b"-- bob is put out\n")
        self.hear_on_stdout(server, b"-- nobody here is called bob\n")

    def test_quit_ends_the_server_politely(self):
        server = self.chat_server()
        alice = self.person(server, b"alice")
        server.write(b"/quit\n")
        self.assertTrue(alice.rest().endswith(b"-- The server is closing. Goodbye.\n"))
        alice.close()
        self.assertEqual(server.finish()[0], 0)

    def test_the_end_of_the_script_ends_only_the_console(self):
        server = self.chat_server()
        server.write(b"hello\n")
        server.end_stdin()
        alice = self.person(server, b"alice")
        alice.say(b"you there?\n")
        self.hear_on_stdout(server, b"alice: you there?\n")

    def test_stdin_is_left_alone_without_a_terminal_or_console(self):
        server = self.start(PARLANCE, "serve", "127.0.0.1:0", stdin=subprocess.DEVNULL)
        port = int(server.process.stdout.readline().rsplit(b":", 1)[1].split(b";")[0])
        caller = Caller(port, b"/who")
        self.addCleanup(caller.close)
        self.assertEqual(caller.until(b"\n"), b"-- in #lobby: guest1 (you)\n")

    def test_a_script_that_does_not_read_stops_nobody(self):
        server = self.chat_server("--rate", "0")
        alice, bob = self.person(server, b"alice"), self.person(server, b"bob")
        for _ in range(1000):
            alice.say(b"x" * 4000 + b"\n")
            bob.until(b"x\n")


class Start(ChatCase):
    def test_prints_how_to_join_ready_to_paste(self):
        server = self.start(PARLANCE, "serve", ":0", stdin=subprocess.DEVNULL)
        first = server.process.stdout.readline().decode()
        self.assertRegex(first, r"^parlance serve: listening on \S+:\d+; join with any of$")
        while (command := server.process.stdout.readline().decode()).startswith("  http://"):
            pass
        self.assertRegex(command, r"^  nc \S+ \d+$")
        self.assertRegex(server.process.stdout.readline().decode(), r"^  parlance chat \S+:\d+$")
        done = run(*command.split(), "-N", stdin=b"/who\n")
        self.assertIn(b"-- in #lobby: guest1 (you)\n", done.stdout)

    def test_serves_ipv4_and_ipv6_and_unix_sockets(self):
        server = self.start(PARLANCE, "serve", ":0", stdin=subprocess.DEVNULL)
        port = int(server.process.stdout.readline().rsplit(b":", 1)[1].split(b";")[0])
        for host in ("127.0.0.1", "::1"):
            with socket.create_connection((host, port), timeout=LIMIT) as s:
                s.sendall(b"Q")
                self.assertIn(b"Goodbye", s.recv(1024))
        path = os.path.join(self.folder(), "chat")
        server = self.start(PARLANCE, "serve", f"unix:{path}", stdin=subprocess.DEVNULL)
        server.process.stdout.readline()
        self.assertEqual(server.process.stdout.readline(), f"  nc -U {path}\n".encode())
        done = run("nc", "-N", "-U", path, stdin=b"hello")
        self.assertEqual(done.stdout, b"guest1: hello\n")

    def test_a_port_that_is_taken_is_tried_again_then_one_plain_line_and_exit_code_4(self):
        server = self.chat_server()
        done = run(PARLANCE, "serve", f"127.0.0.1:{server.port}")
        self.assertEqual(done.returncode, 4)
        taken = rf"parlance serve: bind 127\.0\.0\.1:{server.port}: address already in use"
        self.assertRegex(done.stderr.decode(), rf"^{taken}; trying for 3 s\n{taken}; stop what listens there, .*\n$")

    def test_a_signal_ends_it_while_it_waits_for_its_port(self):
        server = self.chat_server()
        for number in (signal.SIGTERM, signal.SIGINT):
            second = self.start(PARLANCE, "serve", f"127.0.0.1:{server.port}", stdin=subprocess.DEVNULL)
            second.until("trying for 3 s")
            second.process.send_signal(number)
            self.assertEqual(second.finish()[0], 0)

    def test_limits_are_flags(self):
        server = self.chat_server("--max-people", "2", "--max-line", "20")
        alice = self.person(server, b"alice")
        alice.say(b"x" * 21 + b"\n")
        alice.until(b"-- that was longer than 20 bytes and was not said\n")
        self.assertIn(b"-- the server is full", self.caller(server).rest())


class End(ChatCase):
    def test_a_signal_drains(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number):
                server = self.chat_server()
                alice, silent = self.person(server, b"alice"), self.caller(server)
                server.process.send_signal(number)
                for caller in (alice, silent):
                    self.assertTrue(caller.rest().endswith(b"-- The server is closing. Goodbye.\n"))
                    caller.close()
                self.assertEqual(server.finish()[0], 0)

    def test_what_is_due_is_sent_before_the_end(self):
        server = self.chat_server("--rate", "0", "--grace", str(LIMIT))
        alice, bob = self.person(server, b"alice"), self.person(server, b"bob")
        lines = [b"%d %s\n" % (i, b"x" * 1000) for i in range(100)]
        alice.say(b"".join(lines) + b"/me is done\n")
        self.hear_on_stdout(server, b"* alice is done\n")
        server.process.send_signal(signal.SIGTERM)
        heard = bob.rest()
        self.assertTrue(all(b"alice: " + line in heard for line in lines))
        alice.close()
        bob.close()
        self.assertEqual(server.finish()[0], 0)

    def test_who_does_not_go_is_cut_off_after_the_grace(self):
        server = self.chat_server("--grace", "0.5")
        self.person(server, b"stays")
        start = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        self.assertEqual(server.finish()[0], 0)
        self.assertGreater(time.monotonic() - start, 0.4)

    def test_who_has_all_and_does_not_go_is_not_waited_for(self):
        server = self.chat_server("--grace", str(10 * LIMIT))
        stays, silent = self.person(server, b"stays"), self.caller(server)
        server.process.send_signal(signal.SIGTERM)
        self.assertEqual(server.finish()[0], 0)
        for caller in stays, silent:
            self.assertTrue(caller.rest().endswith(b"-- The server is closing. Goodbye.\n"))

    def test_a_second_signal_ends_it_at_once(self):
        # Of a Unix socket it is not told what has been read.
        path = os.path.join(self.folder(), "chat")
        server = self.start(PARLANCE, "serve", "--console", "--grace", str(10 * LIMIT), f"unix:{path}")
        server.until("listening on")
        with socket.socket(socket.AF_UNIX) as alice:
            alice.settimeout(LIMIT)
            alice.connect(path)
            while not alice.recv(4096):
                pass
            server.process.send_signal(signal.SIGTERM)
            while alice.recv(4096):
                pass
            time.sleep(1)
            self.assertIsNone(server.process.poll())
            server.process.send_signal(signal.SIGINT)
            self.assertEqual(server.finish()[0], 130)

    def test_nobody_is_taken_while_it_drains(self):
        server = self.chat_server("--grace", str(LIMIT))
        alice = self.person(server, b"alice")
        server.process.send_signal(signal.SIGTERM)
        alice.rest()
        with self.assertRaises(ConnectionRefusedError):
            Caller(server.port)


class AtATerminal(ChatCase):
    def test_what_callers_say_does_not_break_the_line_being_typed(self):
        path = os.path.join(self.folder(), "chat")
        terminal = Terminal(self, PARLANCE, "serve", f"unix:{path}")
        terminal.until("/help tells what else you can do")
        terminal.type("half a line")
        terminal.until("^> half a line$")
        run("nc", "-N", "-U", path, stdin=b"hello")
        screen = terminal.until(r"(?s)guest1: hello\n.*^> half a line$").string
        self.assertEqual(screen.count("half a line"), 1, screen)
        terminal.press("C-u")
        terminal.type("/quit")
        terminal.press("Enter")
        terminal.until("^ended with 0$")

    def test_a_lone_escape_key_stops_nobody(self):
        path = os.path.join(self.folder(), "chat")
        terminal = Terminal(self, PARLANCE, "serve", f"unix:{path}")
        terminal.until("/help tells what else you can do")
        terminal.press("Escape")
        done = run("nc", "-N", "-U", path, stdin=b"hello")
        self.assertEqual(done.stdout, b"guest1: hello\n")

    def test_the_last_row_tells_how_it_is(self):
        path = os.path.join(self.folder(), "chat")
        terminal = Terminal(self, "sh", "-c", '"$@"; seq -f after-%g 40', "sh", PARLANCE, "serve", f"unix:{path}")
        terminal.until(r"1 people, 1 rooms, 0 messages/s, \d+ ms late\s*\Z")
        terminal.type("half a line")
        with socket.socket(socket.AF_UNIX) as caller:
            caller.connect(path)
            for i in range(40):
                caller.sendall(f"number {i}\n".encode())
                terminal.until(f": number {i}$")
            terminal.until(r": number 39\n> half a line\n+.* 2 people, 1 rooms, \d+ messages/s, \d+ ms late\s*\Z")
            for height in 10, 30:
                terminal.tmux("resize-window", "-y", str(height))
                terminal.until(r"^> half a line\n+.* 2 people, .* ms late\s*\Z")
                self.assertEqual(len(terminal.screen().splitlines()), height)
            terminal.tmux("resize-window", "-y", "4")  # no room for it
            terminal.until(r"^> half a line\s*\Z")
            terminal.tmux("resize-window", "-y", "24")
            terminal.until(r"^> half a line\n+.* 2 people, .* ms late\s*\Z")
        terminal.press("C-u")
        terminal.press("C-d")
        rows = terminal.until(r"^after-40\nended with 0$").string.splitlines()
        self.assertEqual(rows.index("ended with 0"), 22)  # all rows scroll again
        self.assertNotIn("ms late", "\n".join(rows))

    def test_the_last_row_is_given_back_while_it_is_stopped(self):
        shell = Terminal(self, "bash", "--norc", "-i")
        shell.type(f"{shlex.quote(PARLANCE)} serve --data '' unix:{self.folder()}/chat; seq -f after-%g 40\r")
        shell.until(r"ms late\s*\Z")
        shell.press("C-z")
        rows = shell.until(r"after-40\n.*# *\s*\Z").string.splitlines()
        self.assertEqual(len(rows), 24)
        self.assertNotIn("ms late", "\n".join(rows))
        shell.type("fg\r")
        shell.until(r"ms late\s*\Z")
        shell.press("C-d")
        self.assertNotIn("ms late", shell.until(r"# *\s*\Z").string)

    def test_control_d_ends_it(self):
        terminal = Terminal(self, PARLANCE, "serve", f"unix:{tempfile.mktemp(dir=self.folder())}")
        terminal.until("/help tells what else you can do")
        terminal.press("C-d")
        terminal.until("^ended with 0$")


if __name__ == "__main__":
    unittest.main()
