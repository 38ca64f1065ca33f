"""IRC as clients meet it first: registration, rooms, and talk, also with those who speak no IRC."""

import os
import signal
import time
import unittest

from irc_case import IrcCase


class Registration(IrcCase):
    def test_what_irssi_sends_before_its_nick_is_answered_not_dropped(self):
        server = self.chat_server()
        client = self.stranger(server)
        client.send("CAP LS 302")
        client.send("JOIN :")
        self.assertEqual(client.wait_for("451").command, "451")
        client.send("CAP END")
        client.connect("alice")

    def test_one_that_spoke_in_time_is_understood_by_a_server_that_was_late(self):
        server = self.chat_server()
        before = self.descriptors(server)
        client = self.stranger(server)
        while self.descriptors(server) == before:
            pass
        server.process.send_signal(signal.SIGSTOP)
        client.send("NICK alice")
        client.send("USER alice 0 * :Alice")
        time.sleep(0.5)
        server.process.send_signal(signal.SIGCONT)
        self.assertEqual(client.next().command, "001")

    def test_what_is_too_long_for_the_others_line_is_refused_with_how_much(self):
        server = self.chat_server()
        alice = self.client(server, "alice", "echo-message")
        bob = self.client(server, "bob")
        for client in (alice, bob):
            client.ask("JOIN #dev")
        alice.sync(), bob.sync()
        longest = 512 - len(":alice!~alice@127.0.0.1 PRIVMSG #dev :\r\n")
        prefix = self.only(alice.ask("PRIVMSG #dev :hello"), "PRIVMSG").source
        longest += len("alice!~alice@127.0.0.1") - len(prefix)
        self.assertEqual(self.commands(alice.ask("PRIVMSG #dev :" + "x" * longest)), ["PRIVMSG"])
        refused = alice.ask("PRIVMSG #dev :" + "x" * (longest + 2))
        self.assertEqual(self.commands(refused), ["417"])
        self.assertIn(" 2 bytes too long", refused[0].params[-1])
        heard = [message.params[-1] for message in bob.sync() if message.command == "PRIVMSG"]
        self.assertEqual(heard, ["hello", "x" * longest])

    def test_what_comes_in_longer_lines_reaches_them_in_several(self):
        server = self.chat_server("--set", "limits.irc_line=1024")
        alice = self.client(server, "alice", "echo-message", "message-tags", "batch", "labeled-response")
        bob, carol = self.client(server, "bob"), self.person(server, b"carol")
        for client in (alice, bob):
            client.ask("JOIN #dev")
        carol.say(b"/join #dev\n")
        carol.until(b"#dev")
        alice.sync(), bob.sync()
        said = "\N{SNOWMAN} " * 120
        echo = alice.ask(f"@label=x PRIVMSG #dev :{said.strip()}")
        self.assertEqual(self.commands(echo), ["BATCH", "PRIVMSG", "PRIVMSG", "BATCH"], echo)
        parts = [bob.wait_for("PRIVMSG"), bob.wait_for("PRIVMSG")]
        self.assertEqual("".join(part.params[-1] for part in parts), said.strip())
        self.assertTrue(all(len(part.line.encode()) <= 510 for part in parts), parts)
        carol.until(f"alice: {said.strip()}\n".encode())

    def test_a_question_to_a_client_is_refused_that_the_other_would_get_cut(self):
        server = self.chat_server()
        alice = self.client(server, "alice", user="a" * 18)
        self.client(server, "bob")
        self.assertEqual(self.commands(alice.ask("PRIVMSG bob :\1X " + "x" * 480 + "\1")), ["417"])
        self.assertEqual(self.commands(alice.ask("PRIVMSG bob :\1X " + "x" * 300 + "\1")), [])

    def test_a_nick_that_is_taken_is_refused_also_before_its_owner_is_there(self):
        server = self.chat_server()
        first, second = self.stranger(server), self.stranger(server)
        first.send("NICK alice")
        first.sync()
        second.send("NICK Alice")
        self.assertEqual(second.next().command, "433")

    def test_one_that_knows_no_lists_of_several_lines_is_offered_one_with_what_is_settled(self):
        client = self.stranger(self.chat_server())
        client.send("CAP LS")
        client.send("PING x")
        offered = client.wait_for("CAP").params
        self.assertEqual(offered[1], "LS")
        self.assertLessEqual({"sasl", "server-time", "userhost-in-names", "batch"}, set(offered[2].split()))
        self.assertNotIn("=", offered[2])
        self.assertNotEqual(client.next().command, "CAP")

    def test_a_request_for_what_is_not_offered_changes_nothing(self):
        server = self.chat_server()
        client = self.client(server, "alice")
        self.assertEqual(client.ask("CAP REQ :echo-message no-such-thing")[0].params[1], "NAK")
        self.assertEqual(client.ask("CAP LIST")[0].params[-1], "")

    def test_who_negotiates_as_of_old_is_answered_in_one_line_without_what_does_not_fit(self):
        client = self.stranger(self.chat_server())
        listed = client.ask("CAP LS")
        self.assertEqual(self.commands(listed), ["CAP"])
        self.assertLessEqual(len(listed[0].line) + 2, 512)
        self.assertIn("multi-prefix", listed[0].params[-1].split())
        self.assertIn("userhost-in-names", listed[0].params[-1].split())

    def test_who_quits_sees_its_message_and_then_the_error(self):
        alice = self.client(self.chat_server(), "alice")
        alice.send("QUIT :supper")
        left = alice.next()
        self.assertEqual((left.command, left.nick, left.params), ("QUIT", "alice", ["Quit: supper"]))
        self.assertEqual(alice.next().command, "ERROR")

    def test_a_line_that_is_too_long_is_told_and_one_that_does_not_end_ends_the_connection(self):
        alice = self.client(self.chat_server("--rate", "0"), "alice")
        self.assertEqual(self.commands(alice.ask("PRIVMSG alice :" + "a" * 10000)), ["417"])
        alice.say(b"a" * 20000)
        alice.wait_for("ERROR")


class Talk(IrcCase):
    def test_irc_and_plain_callers_hear_each_other(self):
        server = self.chat_server()
        alice = self.client(server, "alice", "message-tags", "server-time")
        alice.send("JOIN #lobby")
        alice.wait_for("366")
        bob = self.caller(server, b"/nick bob\n")
        bob.until(b"you are now bob\n")
        self.assertEqual(alice.next().command, "JOIN")
        bob.say(b"hello\n/me waves\n/to alice psst\n")
        said = [alice.next() for _ in range(3)]
        self.assertEqual([m.params[-1] for m in said], ["hello", "\x01ACTION waves\x01", "psst"])
        self.assertEqual(len({m.tags["msgid"] for m in said}), 3)
        alice.send("PRIVMSG #lobby :\x02hi\x02 bob")
        bob.until(b"alice: hi bob\n")
        alice.send("PRIVMSG bob :psst")
        bob.until(b"alice -> bob: psst\n")
        alice.send("QUIT :supper")
        bob.until(b"-- alice is gone: Quit: supper\n")

    def test_what_is_longer_than_a_line_of_irc_is_heard_in_several(self):
        server = self.chat_server()
        old, new = self.client(server, "old"), self.client(server, "new", "batch", "draft/multiline", "message-tags")
        for client in old, new:
            client.ask("JOIN #lobby")
        old.sync()
        plain = self.person(server, b"plain")
        text = "".join(f"{n} \N{SNOWMAN} " for n in range(400))[:2000].strip()
        plain.say(text.encode() + b"\n")
        heard = [old.wait_for("PRIVMSG") for _ in range(6)]
        self.assertTrue(all(len(message.line.encode()) <= 510 for message in heard))
        self.assertEqual("".join(message.params[1] for message in heard), text)
        batch = new.wait_for("BATCH")
        self.assertEqual(batch.params[1:], ["draft/multiline", "#lobby"])
        self.assertIn("msgid", batch.tags)
        parts = [new.wait_for("PRIVMSG") for _ in range(6)]
        self.assertEqual("".join(message.params[1] for message in parts), text)
        self.assertTrue(all("draft/multiline-concat" in message.tags for message in parts[1:]))
        self.assertEqual(new.wait_for("BATCH").params, ["-" + batch.params[0][1:]])

    def test_pong_comes_after_everything_that_was_due(self):
        server = self.chat_server("--rate", "0")
        alice = self.client(server, "alice", "echo-message")
        alice.ask("JOIN #a,#b")
        alice.say(b"PRIVMSG #a :1\r\nPRIVMSG #b :2\r\nPRIVMSG #a :3\r\nPING end\r\n")
        heard = [alice.next() for _ in range(4)]
        self.assertEqual(self.commands(heard), ["PRIVMSG"] * 3 + ["PONG"])

    def test_a_labelled_command_has_one_response(self):
        server = self.chat_server()
        alice = self.client(server, "alice", "labeled-response", "batch", "message-tags", "echo-message")
        joined = alice.ask("@label=1 JOIN #a")
        self.assertEqual(joined[0].tags["label"], "1")
        self.assertEqual((joined[0].command, joined[0].params[1]), ("BATCH", "labeled-response"))
        self.assertTrue(all(m.tags["batch"] == joined[0].params[0][1:] for m in joined[1:-1]))
        self.assertIn("JOIN", self.commands(joined))
        self.assertEqual(alice.ask("@label=2 PRIVMSG #a :hi")[0].tags["label"], "2")
        self.assertEqual(alice.ask("@label=3 PONG x")[0].command, "ACK")

    def test_who_is_named_twice_hears_it_once(self):
        server = self.chat_server()
        alice, bob = self.client(server, "alice"), self.client(server, "bob")
        for client in alice, bob:
            client.ask("JOIN #a")
        alice.ask("PRIVMSG bob,#a,BOB,#A :hi")
        self.assertEqual([m.params for m in bob.sync() if m.command == "PRIVMSG"], [["bob", "hi"], ["#a", "hi"]])

    def test_text_that_is_no_utf8_is_refused_to_its_sender_alone(self):
        server = self.chat_server()
        alice, bob = self.client(server, "alice"), self.client(server, "bob")
        for client in (alice, bob):
            client.ask("JOIN #a")
        alice.sync()
        alice.say(b"PRIVMSG #a :\xff\xfe\r\n")
        refused = alice.next()
        self.assertEqual((refused.command, refused.params[1]), ("FAIL", "INVALID_UTF8"))
        self.assertEqual(bob.sync(), [])

    def test_what_is_no_utf8_is_refused_with_the_label_that_it_had(self):
        alice = self.client(self.chat_server(), "alice", "labeled-response", "batch")
        alice.say(b"@label=7 PRIVMSG alice :\xff\r\n")
        self.assertEqual(alice.next().tags, {"label": "7"})
        alice.say(b"@label=\xff PRIVMSG alice :x\r\n")
        self.assertEqual(alice.next().tags, {})


class Relaying(IrcCase):
    def test_an_operator_of_a_room_speaks_there_for_people_of_another_network(self):
        server = self.chat_server("--rate", "0")
        bridge = self.client(server, "bridge", "echo-message")
        bob = self.client(server, "bob", "draft/relaymsg", "batch", "draft/chathistory")
        self.assertIn("draft/relaymsg=/", bob.offered())
        for client in (bridge, bob):
            client.ask("JOIN #a")
        bridge.sync()
        echo = bridge.ask("RELAYMSG #a \u00e4nn/matrix :hello there")[0]
        self.assertEqual((echo.nick, echo.params), ("\u00e4nn/matrix", ["#a", "hello there"]))
        heard = bob.sync()[0]
        self.assertEqual((heard.nick, heard.tags["draft/relaymsg"]), ("\u00e4nn/matrix", "bridge"))
        self.assertIn("\u00e4nn/matrix", [m.nick for m in bob.ask("CHATHISTORY LATEST #a * 10")])

    def test_nobody_else_does_and_no_name_of_here_can_be_used(self):
        server = self.chat_server("--rate", "0")
        bridge, bob = self.client(server, "bridge"), self.client(server, "bob")
        for client in (bridge, bob):
            client.ask("JOIN #a")

        def code(client, line):
            return self.only(client.ask("RELAYMSG " + line), "FAIL").params[1]

        self.assertEqual(code(bob, "#a x/y :hi"), "PRIVS_NEEDED")
        for nick in ("bob", "x!y/z", "#a/b", "@x/y", "x/y,z"):
            self.assertEqual(code(bridge, f"#a {nick} :hi"), "INVALID_NICK")
        self.assertEqual(code(bridge, "#a x/y :"), "BLANK_MSG")
        self.assertEqual(self.commands(bridge.ask("RELAYMSG #none x/y :hi")), ["403"])
        bridge.ask("MODE #a +b x/*")
        self.assertEqual(code(bridge, "#a x/y :hi"), "BANNED")



class Silence(IrcCase):
    def test_one_who_is_silent_is_asked_and_stays_if_it_answers_and_is_dropped_if_not(self):
        server = self.chat_server("--set", "limits.idle_ping=1s", "--set", "limits.ping_timeout=2s")
        alice, bob = self.client(server, "alice"), self.client(server, "bob")
        bob.send("JOIN #r")
        alice.send("JOIN #r")
        bob.sync()
        alice.sync()
        answered = 0
        while (told := alice.wait_for("PING", "QUIT")).command == "PING":
            alice.send(f"PONG {told.params[-1]}")
            answered += 1
        self.assertGreaterEqual(answered, 1)
        self.assertEqual((told.nick, told.params), ("bob", ["Ping timeout: 2 seconds"]))
        self.assertIn("Ping timeout", bob.wait_for("ERROR").params[-1])
        self.assertEqual([m for m in alice.sync() if m.command != "PING"], [])  # it is still here

    def test_one_is_asked_first_although_the_server_stood_still_for_long(self):
        for backend in "io_uring", "epoll":
            with self.subTest(backend=backend):
                server = self.chat_server("--set", "limits.idle_ping=1s", "--set", "limits.ping_timeout=3s",
                                          env=dict(os.environ, PARLANCE_BACKEND=backend))
                alice = self.client(server, "alice")
                server.process.send_signal(signal.SIGSTOP)
                time.sleep(4)
                server.process.send_signal(signal.SIGCONT)
                alice.send(f"PONG {alice.wait_for('PING', 'ERROR').params[-1]}")
                self.assertEqual([m for m in alice.sync() if m.command != "PING"], [])

    def test_one_that_answered_while_the_server_stood_still_is_not_dropped(self):
        for backend in "io_uring", "epoll":
            with self.subTest(backend=backend):
                server = self.chat_server("--set", "limits.idle_ping=1s", "--set", "limits.ping_timeout=2s", "--threads", "3",
                                          env=dict(os.environ, PARLANCE_BACKEND=backend))
                clients = [self.client(server, f"guest-{n}") for n in range(6)]
                asked = [client.wait_for("PING") for client in clients]
                server.process.send_signal(signal.SIGSTOP)
                for client, told in zip(clients, asked):
                    client.send(f"PONG {told.params[-1]}")
                time.sleep(3)
                server.process.send_signal(signal.SIGCONT)
                for client in clients:
                    self.assertEqual([m for m in client.sync() if m.command != "PING"], [])


class Promises(IrcCase):
    def test_names_come_only_when_asked_for_with_no_implicit_names(self):
        server = self.chat_server()
        for name in ("no-implicit-names", "draft/no-implicit-names"):
            client = self.client(server, "alice" if name[0] == "n" else "bob", name)
            self.assertNotIn("353", self.commands(client.ask("JOIN #r")))
            self.assertIn("353", self.commands(client.ask("NAMES #r")))
        self.assertIn("353", self.commands(self.client(server, "carol").ask("JOIN #r")))

    def test_utf8only_is_told_and_kept(self):
        server = self.chat_server()
        self.assertIn("UTF8ONLY", self.tokens_of(server))
        alice, bob = self.client(server, "alice"), self.client(server, "bob")
        alice.say(b"PRIVMSG bob :\xff\r\n")
        self.assertEqual(alice.wait_for("FAIL").params[:2], ["PRIVMSG", "INVALID_UTF8"])
        self.assertEqual(bob.sync(), [])

    def tokens_of(self, server):
        client = self.stranger(server)
        client.send("NICK token")
        client.send("USER token 0 * :token")
        return client.tokens()

if __name__ == "__main__":
    unittest.main()
