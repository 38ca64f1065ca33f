"""What a caller speaks is told by its first line, however late that comes and in however many pieces: nobody's password is
said in a room because a network was slow."""

import os
import socket
import ssl
import struct
import time
import unittest

from chat_case import Caller
from irc_case import IrcCase

LATE = 0.45  # longer than a greeting or a message of the plain dialect takes
TOO_LATE = 1.5  # longer than what may be the beginning of a login is waited for
REGISTRATION = b"PASS alice:hunter2\r\nNICK alice\r\nUSER a 0 * :a\r\nCAP REQ :sasl\r\nAUTHENTICATE AGFsaWNlAGh1bnRlcjI=\r\n"


class FirstLine(IrcCase):
    options = ("--set", "limits.greeting=300ms")

    def setUp(self):
        self.server = self.chat_server(*self.options)
        self.bob = self.client(self.server, "bob")
        self.bob.ask("JOIN #lobby")

    def said(self):
        """What was said in the lobby by now."""
        return [m.params[-1] for m in self.bob.sync() if m.command in ("PRIVMSG", "NOTICE")]

    def in_pieces(self, *pieces, wait=LATE):
        caller = self.caller(self.server)
        for i, piece in enumerate(pieces):
            if i:
                time.sleep(wait)
            caller.say(piece)
        return caller

    def is_irc(self, caller):
        caller.until(b" PONG ")

    def test_an_irc_client_whose_first_byte_is_late(self):
        caller = self.in_pieces(b"", b"CAP LS 302\r\n" + REGISTRATION + b"PING x\r\n")
        self.assertIn(b"-- Welcome", caller.until(b"\n"), "it was greeted, which decides nothing")
        self.is_irc(caller)
        self.assertEqual(self.said(), [])

    def test_an_irc_client_whose_first_line_comes_in_pieces(self):
        for pieces in ((b"PASS alice:hun", b"ter2\r\nPING x\r\n"), (b"PA", b"SS alice:hunter2\r\nPING x\r\n"),
                       (b"", b"PAS", b"S alice:hunter2\r\nPING x\r\n"), (b"n", b"ick", b" alice\r\nPING x\r\n"),
                       (b"AUTHENTICATE ", b"AGFsaWNl\r\nPING x\r\n"), (b"\r\n", b"PASS alice:hunter2\r\nPING x\r\n"),
                       (b"CAP LS 302\r", b"\nPASS alice:hunter2\r\nPING x\r\n"),
                       (b"@a=b ", b"PASS alice:hunter2\r\nPING x\r\n")):
            with self.subTest(pieces=pieces):
                self.is_irc(self.in_pieces(*pieces))
                self.assertEqual(self.said(), [])

    def test_an_irc_client_that_writes_small(self):
        for first in (b"pass alice:hunter2", b"Nick alice", b"cap ls", b"authenticate plain", b"user a 0 * :a"):
            with self.subTest(first=first):
                self.is_irc(self.in_pieces(first + b"\r\nPING x\r\n"))
                self.assertEqual(self.said(), [])

    def test_an_irc_client_whose_lines_end_in_cr(self):
        for first in (b"CAP LS 302", b"NICK alice", b"nick alice", b"PASS alice:hunter2"):
            for before in ((), (b"",)):
                with self.subTest(first=first, before=before):
                    self.is_irc(self.in_pieces(*before, first + b"\rPASS alice:hunter2\rPING x\r"))
                    self.assertEqual(self.said(), [])

    def test_what_stands_behind_a_cr_alone_is_no_command_of_a_client_whose_lines_end_in_lf(self):
        relay = self.client(self.server, "relay")
        relay.ask("JOIN #lobby")
        for text in (b"hello\rTOPIC #lobby :owned", b"hello\r NICK evil", b"hello\r\rPRIVMSG bob :forged"):
            relay.say(b"PRIVMSG #lobby :" + text + b"\r\n")
            self.assertIn("400", [m.command for m in relay.sync()])
            self.assertEqual([m for m in self.bob.sync() if m.command != "JOIN"], [])

    def test_a_line_that_is_typed_into_a_telnet_which_sends_each_key(self):
        for keys, end, heard in (("hello", b"\r\n", "hello"), ("bye", b"\r\0", "bye"), ("helo\blo", b"\r\n", "hello"),
                                 ("wordz\x7f", b"\r\0", "word")):
            with self.subTest(keys=keys):
                self.in_pieces(*(key.encode() for key in keys), end, wait=0.3)
                self.assertEqual(self.bob.wait_for("PRIVMSG").params[-1], heard)

    def test_a_program_that_does_not_buffer_is_heard_without_a_newline(self):
        program = self.in_pieces(*(bytes([byte]) for byte in b"how are you"), wait=0.005)
        self.assertEqual(self.bob.wait_for("PRIVMSG").params[-1], "how are you")
        program.close()

    def test_lines_that_end_in_nul_are_not_said(self):
        self.in_pieces(b"CAP LS 302\0PASS bob:hunter2\0NICK a\0")
        time.sleep(TOO_LATE)
        self.assertEqual(self.said(), [])

    def test_keys_of_rooms_are_not_said(self):
        for line in (b"MODE #x +k hunter2", b"mode #x +ik hunter2", b"join #x hunter2", b"JOIN #x hunter2"):
            with self.subTest(line=line):
                self.in_pieces(b"hello\n" + line + b"\n").until(b"so it was not said")
        self.is_irc(self.in_pieces(b"STARTTLS\r\nMODE #x +k hunter2\r\nPING x\r\nNICK a\r\nUSER a 0 * :a\r\nPING x\r\n"))
        self.assertNotIn("hunter2", " ".join(self.said()))

    def test_a_reset_behind_the_line_that_tells_what_it_is(self):
        callers = [self.in_pieces(b"", b"") for _ in range(10)]
        for caller in callers:
            caller.until(b"tells the rest.\n")
            caller.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            caller.say(b"NICK x\r\n")
            caller.close()
        self.is_irc(self.in_pieces(b"CAP LS 302\r\nPING x\r\n"))

    def test_a_login_is_not_said_whatever_comes_before_it_or_between(self):
        for pieces in (["PASS hunter2\r\n".encode("utf-16")], ["PASS\u00a0hunter2\r\n".encode()],
                       [b"\xff\xfa\x18\x00xt", b"erm\xff\xf0/login acct hunter2\r\n"],
                       [b"\x1b]11;rgb:0000/0000", b"/0000\x1b\\/login acct hunter2\n"],
                       [b"\x1bP>|xterm(388)\x1b\\/login acct hunter2\n"],
                       [b"\x1bOPER root hunter2\n"], [b"\x1b[PASS hunter2\n"], [b"\x1bb/login acct hunter2\n"],
                       [b"\xff\xfePASS hunter2\n"], [b"NickServ: iden", b"tify acct hunter2\n"],
                       [b"PASS=", b"hunter2\n"]):
            with self.subTest(pieces=pieces):
                self.in_pieces(*pieces, wait=0.5)
                time.sleep(0.3)
                self.assertEqual(self.said(), [])

    def test_options_of_telnet_are_refused(self):
        caller = self.in_pieces(b"\xff\xfd\x03\xff\xfb\x18hello\r\n")  # DO SUPPRESS-GO-AHEAD, WILL TERMINAL-TYPE
        self.assertIn(b"\xff\xfc\x03\xff\xfe\x18", caller.until(b"tells the rest.\n"))

    def test_a_login_behind_a_cr_is_not_said(self):
        self.in_pieces(b"hello\rPASS alice:hunter2\r").until(b"so it was not said")
        self.assertEqual(self.said(), ["hello"])

    def test_who_was_greeted_as_somebody_is_that_no_more(self):
        caller = self.in_pieces(b"", b"NICK alice\r\nUSER a 0 * :a\r\n")
        caller.until(b" 001 alice ")
        self.assertEqual([m.nick for m in self.bob.ask("NAMES #lobby") if m.command == "QUIT"], ["guest1"])

    def test_a_person_who_forgets_the_slash_is_told(self):
        caller = self.in_pieces(b"", b"nick alice\n")
        caller.until(b"NOTICE * :You are taken for a client of IRC now; in plain text it is /nick NAME\r\n")

    def test_a_request_of_a_browser_is_never_said(self):
        body = b"/nick browser\r\nbuy cheap things\r\n"
        for pieces in ((b"POST /" + b"A" * 8300 + b" HTTP/1.1\r\nHost: a\r\n\r\n" + body,),
                       (b"POST /" + b"A" * 40000 + b" HTTP/1.1\r\nHost: a\r\n\r\n" + body,),
                       (b"POST / HT", b"TP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\n" + body),
                       (b"PO", b"ST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\n" + body),
                       (b"", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" + body), (b"GET /\r\n" + body,),
                       (b"GET / HTTP/1.1 x\r\n" + body,), (b"CONNECT ho", b"st:443 HTTP/1.1\r\n\r\n" + body),
                       (b"PATCH /x HTTP/2\r\n\r\n" + body,), (b"patch /x http/1.1\r\n\r\n" + body,), (b"FOO a b HTTP/1.1\r\n\r\n" + body,),
                       (b"X" * 60 + b" /x HTTP/1.1\r\n\r\n" + body,), (b"POST http:", b"//h/ HTTP/1.1\r\n\r\n" + body), (b"\r\nPOST / HTTP/1.1\r\nHost: a\r\n\r\n" + body,)):
            with self.subTest(pieces=[p[:40] for p in pieces]):
                caller = self.in_pieces(*pieces)
                caller.until(b"HTTP/1.1 ")
                self.assertEqual(self.said(), [])

    def test_a_body_is_never_said_although_what_came_before_was_talk(self):
        caller = self.in_pieces(b"M-SEARCH", b" * HTTP/1.1\r\nHost: a\r\n\r\nhunter2\r\n")
        self.assertIn(b"HTTP/1.1 ", caller.rest())
        self.assertIn(self.said(), ([], ["M-SEARCH"]))

    def test_a_tls_client_that_is_late_is_answered_in_its_language(self):
        caller = self.in_pieces(b"", b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00")
        self.assertTrue(caller.rest().endswith(b"\x15\x03\x03\x00\x02\x02\x28"))
        self.assertEqual(self.said(), [])

    def test_the_end_of_what_never_ended_a_line(self):
        for first in (b"PASS alice:hunter2", b"pass alice:hunter2", b"NICK alice", b"GET / HTTP/1.1"):
            with self.subTest(first=first):
                caller = self.in_pieces(first)
                caller.end()
                caller.rest()
                self.assertEqual(self.said(), [])

    def test_plain_callers_are_what_they_were(self):
        for pieces, heard in (((b"hello",), "hello"), ((b"HELLO",), "HELLO"), ((b"Nicer\n",), "Nicer"),
                              ((b"\n", b"after a blank line\n"), "after a blank line"), ((b"GET OUT\n",), "GET OUT"),
                              ((b"", b"late\n"), "late"), ((b"user friendly it is\n",), "user friendly it is")):
            with self.subTest(pieces=pieces):
                self.in_pieces(*pieces)
                self.assertEqual(self.bob.wait_for("PRIVMSG").params[-1], heard)

    def test_a_text_without_a_newline_that_could_become_a_command_is_said_in_the_end(self):
        program = self.in_pieces(b"n")
        self.assertEqual(program.until(b": n\n"), b"guest1: n\n")
        program.say(b"o")
        self.assertEqual(program.until(b": o\n"), b"guest1: o\n")

    def test_a_login_whose_password_comes_late(self):
        for pieces, answer in (((b"/login alice ", b"hunter2\n"), b"that is no account, or not its password"),
                               ((b"/log", b"in alice hunter2\n"), b"that is no account, or not its password"),
                               ((b"", b"/login ", b"alice hunter2\n"), b"that is no account, or not its password"),
                               ((b"oper alice ", b"hunter2\n"), b"so it was not said"),
                               ((b"identify hun", b"ter2\n"), b"so it was not said"),
                               ((b"NS I", b"DENTIFY hunter2\n"), b"so it was not said"),
                               ((b"\x1b[A/login alice hunter2\n",), b"that is no account, or not its password"),
                               ((b"hello\n", b"\x1bOPPASS hunter2\n"), b"so it was not said")):
            with self.subTest(pieces=pieces):
                self.in_pieces(*pieces).until(answer)
                self.assertEqual([line for line in self.said() if "hunter2" in line], [])

    def test_a_login_whose_rest_comes_when_it_is_waited_for_no_more(self):
        callers = []
        for login, cuts in ((b"/login alice hunter2", (2, 6, 7, 12)), (b"/msg NickServ IDENTIFY hunter2", (9, 13, 18)),
                            (b"PRIVMSG NickServ :IDENTIFY hunter2", (3, 7, 12, 20)), (b"/quote PASS hunter2", (4, 7, 9)),
                            (b"REGISTER alice a@b.org hunter2", (5, 9, 14, 16)), (b"NS IDENTIFY hunter2", (1, 2, 3, 7)),
                            (b"Password: hunter2", (4, 8)), (b"Authorization: Bearer hunter2", (8,)),
                            (b"@a=b PASS alice:hunter2", (1, 2, 5, 7)), (b":alice PASS alice:hunter2", (1, 3, 7, 9)),
                            (b"PASS hunter2 0210 IRC| P", (2, 4)), (b"OPER root hunter2", (2, 4, 7)),
                            (b"WEBIRC hunter2 gw host 192.0.2.1", (3, 6)), (b"IDENTIFY hunter2", (4, 8))):
            for cut in cuts:
                caller = self.caller(self.server)
                caller.say(login[:cut])
                callers.append((caller, login[cut:]))
        time.sleep(TOO_LATE)
        for caller, rest in callers:
            caller.say(rest + b"\r\nPING x\r\n")
        for caller, _ in callers:
            caller.end()
            caller.rest()
        self.assertEqual([text for text in self.said() if "hunter2" in text], [])

    def test_a_mark_and_a_first_line_that_come_apart(self):
        mark = b"\xef\xbb\xbf"
        self.is_irc(self.in_pieces(mark + b"NI", b"CK alice\r\nPING x\r\n"))
        caller = self.in_pieces(mark + b"GE", b"T /?key=hunter2 HTTP/1.1\r\n\r\n")
        self.assertIn(b"HTTP/1.1 ", caller.until(b"\r\n\r\n"))
        self.assertEqual(self.said(), [])

    def test_blank_lines_without_end_cost_nobody_anything(self):
        for blank in (b"\n", b"\0", b" "):
            with self.subTest(blank=blank):
                caller = self.in_pieces(b"\n", b"", b"")
                caller.socket.settimeout(LATE)
                for _ in range(400):
                    caller.say(blank * 65536)
                start = time.monotonic()
                self.bob.sync()
                self.assertLess(time.monotonic() - start, 5)
                caller.close()

    def test_a_blank_line_is_greeted(self):
        caller = self.in_pieces(b"\n")
        caller.until(b"-- Welcome to #lobby. You are guest1;")


class ImpatientFirstLine(FirstLine):
    """With little time for it."""

    options = (*FirstLine.options, "--set", "limits.registration_time=1s")

    def test_what_never_ends_is_not_said(self):
        for first in (b"PASS alice:hunter2", b"GET / HT", b"AUTHENTICATE AGFs", b"/login alice ", b"oper alice ", b"/login alice hun", b"/msg NickServ IDENTIFY ", b"/msg bob hun", b"/me waves"):
            with self.subTest(first=first):
                caller = self.in_pieces(first)
                self.assertIn(b"that began like a login, a command, or a line of IRC or HTTP, and its end did not come", caller.rest())
                self.assertEqual(self.said(), [])


class Commands(IrcCase):
    """A command of a plain caller goes on to its newline, however late that comes."""

    def lobby(self, **more):
        server = self.chat_server(**more)
        bob = self.client(server, "bob")
        bob.ask("JOIN #lobby")
        return server, bob

    def test_nothing_of_it_is_said_as_talk(self):
        for backend in "io_uring", "epoll":
            with self.subTest(backend=backend):
                server, bob = self.lobby(env=dict(os.environ, PARLANCE_BACKEND=backend))
                callers = []
                for command in (b"/msg bob hunter2 hunter2", b"/whisper bob hunter2", b"/me is hunter2", b"/search hunter2", b"/nick hunter2",
                                b"/join #hunter2", b"/hook OUT http://hunter2/hunter2", b"/silence hunter2", b"/nosuch hunter2 hunter2"):
                    for cut in range(1, len(command)):
                        caller = self.caller(server)
                        caller.say(command[:cut])
                        callers.append((caller, command[cut:]))
                time.sleep(TOO_LATE)
                for caller, rest in callers:
                    caller.say(rest + b"\n")
                for caller, _ in callers:
                    caller.end()
                    caller.rest()
                heard = [m for m in bob.sync() if m.command == "PRIVMSG"]
                # Whole, by those for whom it is: a whisper, and what somebody does.
                self.assertEqual({(m.params[0], m.params[1]) for m in heard},
                                 {("bob", "hunter2 hunter2"), ("bob", "hunter2"), ("#lobby", "\x01ACTION is hunter2\x01")})

    def test_it_is_obeyed_at_the_end_of_who_sends_no_newline(self):
        server, bob = self.lobby()
        for command, heard in ((b"/msg bob psst", "psst"), (b"/me waves", "\x01ACTION waves\x01")):
            self.caller(server, command).end()
            self.assertEqual(bob.wait_for("PRIVMSG").params[-1], heard)


class ClosedToPlainCallers(IrcCase):
    def test_silence_is_told_why_and_not_sent_away(self):
        server = self.chat_server("--set", "accounts.require_sasl=true")
        caller = self.caller(server)
        caller.until(b"-- one needs an account or a password here: come with an IRC client\n")
        caller.say(b"NICK alice\r\nUSER a 0 * :a\r\n")
        caller.until(b"ACCOUNT_REQUIRED")


class NotSaid(IrcCase):
    """What begins like a login is said by no plain caller, at any time."""

    def test_it_is_refused(self):
        server = self.chat_server()
        bob = self.client(server, "bob")
        bob.ask("JOIN #lobby")
        alice = self.person(server, b"alice")
        for line in (b"PASS secret", b"pass alice:secret", b"AUTHENTICATE AGFs", b"OPER root secret",
                     b"NS IDENTIFY secret", b"nickserv identify a secret", b"PRIVMSG NickServ :IDENTIFY secret",
                     b"IDENTIFY secret", b"login alice secret", b"REGISTER * * secret",
                     b" /msg NickServ identify secret"):
            with self.subTest(line=line):
                alice.say(line + b"\n")
                alice.until(b"-- that begins like a login of IRC, so it was not said")
        for line in (b" /login alice secret", b"/ login alice secret", b"\xc2\xa0/login alice secret"):
            alice.say(line + b"\n")
            alice.until(b"-- that is no account, or not its password\n")
        alice.say(b"//pass is said\n")
        self.assertEqual([m.params[-1] for m in bob.sync() if m.command == "PRIVMSG"][-1:], ["/pass is said"])

    def test_a_password_alone_on_its_line_is_refused_behind_what_asks_for_it(self):
        server = self.chat_server()
        bob = self.client(server, "bob")
        bob.ask("JOIN #lobby")
        alice = self.person(server, b"alice")
        for login, answers in ((b"PASS", 1), (b"AUTHENTICATE", 1), (b"/pass", 1), (b"ns identify", 1), (b"AUTHENTICATE PLAIN", 1),
                               (b"AUTH LOGIN", 2)):
            with self.subTest(login=login):
                alice.say(login + b"\n")
                alice.until(b"neither is the next line")
                for _ in range(answers):
                    alice.say(b"hunter2\n")
                    alice.until(b"-- that may be the password that was missing before, so it was not said")
        alice.say(b"hello\nPASS\n")
        alice.until(b"neither is the next line")
        alice.say(b"/who\nhello again\n")
        alice.until(b"-- in #lobby")
        alice.say(b"//PASS\n/who\n")
        alice.until(b"-- in #lobby")
        said = [m.params[-1] for m in bob.sync() if m.command == "PRIVMSG"]
        self.assertEqual(said[-2:], ["hello again", "/PASS"])
        self.assertNotIn("hunter2", said)

    def test_its_rest_is_not_said_for_being_late(self):
        server = self.chat_server()
        bob = self.client(server, "bob")
        bob.ask("JOIN #lobby")
        program = self.caller(server, b"hello")
        program.until(b": hello\n")
        program.say(b"NS IDENTIFY sec")
        time.sleep(LATE)
        program.say(b"ret\n")
        program.until(b"so it was not said")
        self.assertEqual([m.params[-1] for m in bob.sync() if m.command == "PRIVMSG"], ["hello"])


if __name__ == "__main__":
    unittest.main()
