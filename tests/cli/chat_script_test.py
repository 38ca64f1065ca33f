"""`parlance chat` for scripts: says what comes from a pipe in a room, and prints what is said there."""

import json
import os
import signal
import subprocess
import unittest

from irc_case import IrcCase
from irc_peers_case import IrcPeersCase
from talk_case import LIMIT, PARLANCE, free_port


class Scripts:
    """Programs of one end, in a home of their own."""

    def home(self):
        return {**os.environ, "XDG_CONFIG_HOME": self.folder()}

    def say(self, port, *arguments, stdin=b""):
        done = subprocess.run([PARLANCE, "chat", f"127.0.0.1:{port}", *arguments], input=stdin,
                              capture_output=True, timeout=LIMIT, env=self.home())
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def tail(self, port, *arguments):
        return self.start(PARLANCE, "chat", f"127.0.0.1:{port}", "--name", "tail", "--tail", *arguments,
                          env=self.home(), stdin=subprocess.DEVNULL)

    def line(self, program):
        return program.process.stdout.readline().decode().removesuffix("\n")


class Says(Scripts, IrcCase):
    def setUp(self):
        self.server = self.chat_server()
        self.port = self.server.port
        self.ann = self.client(self.server, "ann", "batch", "draft/multiline", "message-tags")
        self.ann.ask("JOIN #ops")

    def test_a_line_is_a_message_and_it_ends_when_that_is_kept(self):
        self.assertEqual(self.say(self.port, "-j", "#ops", "-n", "ci", stdin=b"deploy done\n"), (0, "", ""))
        said = self.ann.wait_for("PRIVMSG")
        self.assertEqual((said.nick, said.params), ("ci", ["#ops", "deploy done"]))

    def test_lines_that_come_at_once_are_one_message(self):
        self.assertEqual(self.say(self.port, "--room", "ops", "--nick", "ci", stdin=b"a\r\nb\n\nc\n"), (0, "", ""))
        self.assertEqual(self.ann.wait_for("BATCH").params[1:], ["draft/multiline", "#ops"])
        lines = []
        while (message := self.ann.next()).command == "PRIVMSG":
            lines.append(message.params[1])
        self.assertEqual(lines, ["a", "b", "", "c"])

    def test_a_thousand_lines_arrive_in_order(self):
        lines = [f"line {i}" for i in range(1000)]
        self.assertEqual(self.say(self.port, "-j", "#ops", "-n", "ci", "--wait", str(LIMIT),
                                  stdin="\n".join(lines).encode()), (0, "", ""))
        heard = []
        while len(heard) < len(lines):
            heard.append(self.ann.wait_for("PRIVMSG").params[1])
        self.assertEqual(heard, lines)

    def test_commands_are_said_as_they_are(self):
        self.assertEqual(self.say(self.port, "-j", "#ops", "-n", "ci", stdin=b"/quit\nQUIT :x\0y\n"), (0, "", ""))
        self.assertEqual([self.ann.wait_for("PRIVMSG").params[1] for _ in range(2)], ["/quit", "QUIT :xy"])

    def test_what_is_refused_is_told_with_the_reason(self):
        self.ann.ask("MODE #ops +m")
        code, out, err = self.say(self.port, "-j", "#ops", "-n", "ci", stdin=b"deploy done\n")
        self.assertEqual((code, out), (1, ""))
        self.assertRegex(err, r"^parlance chat: not said in #ops: .+: deploy done\n$")

    def test_a_room_that_does_not_let_one_in_is_told(self):
        self.ann.ask("MODE #ops +i")
        code, out, err = self.say(self.port, "-j", "#ops", "-n", "ci", stdin=b"deploy done\n")
        self.assertEqual((code, out), (1, ""))
        self.assertRegex(err, r"^parlance chat: #ops: .+\n$")

    def test_nobody_there_is_exit_code_4(self):
        code, _, err = self.say(free_port(), "-j", "#ops", stdin=b"deploy done\n")
        self.assertEqual(code, 4)
        self.assertIn("connection refused", err)

    def test_a_server_that_does_not_answer_is_not_waited_for_longer_than_was_said(self):
        ours = self.start(PARLANCE, "chat", f"127.0.0.1:{self.port}", "-j", "#ops", "-n", "ci", "--wait", "0.3",
                          env=self.home())
        ours.write(b"one\n")
        self.ann.wait_for("PRIVMSG")
        self.server.process.send_signal(signal.SIGSTOP)
        self.addCleanup(self.server.process.send_signal, signal.SIGCONT)
        ours.write(b"two\n")
        ours.end_stdin()
        self.assertEqual(ours.finish()[0], 5)
        self.assertIn("may not be kept", ours.stderr)


class Prints(Scripts, IrcCase):
    def test_what_is_said_is_a_line_each_and_what_was_said_before_if_wanted(self):
        server = self.chat_server()
        ann = self.client(server, "ann")
        ann.ask("JOIN #ops")
        for text in ("one", "two", "three"):
            ann.ask(f"PRIVMSG #ops :{text}")
        tail = self.tail(server.port, "ops", "--last", "2")
        stamp = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z "
        self.assertRegex(self.line(tail), stamp + "<ann> two$")
        self.assertRegex(self.line(tail), stamp + "<ann> three$")
        ann.ask("PRIVMSG #ops :\x1b[31mfour")
        ann.ask("PRIVMSG #ops :\x01ACTION waves\x01")
        ann.ask("NOTICE #ops :hear")
        self.assertRegex(self.line(tail), stamp + "<ann> \N{REPLACEMENT CHARACTER}\\[31mfour$")
        self.assertRegex(self.line(tail), stamp + r"\* ann waves$")
        self.assertRegex(self.line(tail), stamp + "-ann- hear$")

    def test_nothing_of_before_is_printed_unless_it_is_wanted(self):
        server = self.chat_server()
        ann = self.client(server, "ann")
        ann.ask("JOIN #ops")
        ann.ask("PRIVMSG #ops :before")
        tail = self.tail(server.port, "#ops")
        ann.wait_for("JOIN")
        ann.ask("PRIVMSG #ops :after")
        self.assertTrue(self.line(tail).endswith("<ann> after"))

    def test_json_has_all_of_it(self):
        server = self.chat_server()
        ann = self.client(server, "ann", "message-tags", "echo-message")
        ann.ask("JOIN #ops")
        tail = self.tail(server.port, "#ops,#dev", "--json")
        ann.wait_for("JOIN")
        first = self.said(ann, "PRIVMSG #ops :one \"two\" ä")
        second = self.said(ann, f"@+draft/reply={first.tags['msgid']} PRIVMSG #ops :\x01ACTION nods\x01")
        lines = [json.loads(self.line(tail)) for _ in range(2)]
        for line in lines:
            self.assertRegex(line.pop("time"), r"^\d{4}-\d\d-\d\dT[\d:.]+Z$")
        self.assertEqual(lines, [
            {"room": "#ops", "kind": "message", "nick": "ann", "text": 'one "two" ä', "id": first.tags["msgid"]},
            {"room": "#ops", "kind": "action", "nick": "ann", "text": "nods", "id": second.tags["msgid"],
             "reply_to": first.tags["msgid"]}])

    def said(self, client, line):
        client.send(line)
        return client.wait_for("PRIVMSG")

    def test_nothing_is_lost_or_there_twice_when_the_server_is_killed(self):
        data = self.folder()
        server = self.chat_server("--data", data)
        port = server.port
        tail = None
        said = []
        for round_ in range(3):
            ann = self.client(server, f"ann{round_}")
            ann.ask("JOIN #ops")
            if not tail:
                tail = self.tail(port, "#ops")
                ann.wait_for("JOIN")
            for i in range(5):
                said.append(f"{round_} {i}")
                ann.ask(f"PRIVMSG #ops :{said[-1]}")
            server.process.kill()
            server.process.wait(LIMIT)
            server = self.chat_server("--data", data, port=port)
        heard = [self.line(tail).partition("> ")[2] for _ in said]
        self.assertEqual(heard, said)

    def test_it_ends_when_it_is_put_out_and_says_why(self):
        server = self.chat_server()
        ann = self.client(server, "ann")
        ann.ask("JOIN #ops")
        tail = self.tail(server.port, "#ops")
        ann.wait_for("JOIN")
        ann.ask("KICK #ops tail :enough")
        self.assertEqual(tail.finish()[0], 1)
        self.assertIn("#ops: ann has put you out: enough", tail.stderr)

    def test_signals_end_it(self):
        server = self.chat_server()
        ann = self.client(server, "ann")
        ann.ask("JOIN #ops")
        tail = self.tail(server.port, "#ops")
        ann.wait_for("JOIN")
        tail.process.send_signal(signal.SIGTERM)
        self.assertEqual(tail.finish()[0], 130)

    def test_it_ends_when_nobody_reads_it(self):
        server = self.chat_server()
        ann = self.client(server, "ann")
        ann.ask("JOIN #ops")
        tail = self.tail(server.port, "#ops")
        ann.wait_for("JOIN")
        tail.process.stdout.close()
        for _ in range(2):
            ann.ask("PRIVMSG #ops :who reads this")
        self.assertEqual(tail.process.wait(LIMIT), -signal.SIGPIPE)


class OnOthers(Scripts, IrcPeersCase):
    def test_it_says_and_prints_on_a_server_without_capabilities(self):
        port = free_port()
        self.begin("ngircd", port)
        bob = self.client(port, "bob")
        bob.send("JOIN #ops")
        bob.wait_for("JOIN")
        tail = self.tail(port, "#ops")
        bob.wait_for("JOIN")
        self.assertEqual(self.say(port, "-j", "#ops", "-n", "ci", stdin=b"deploy done\n"), (0, "", ""))
        self.assertEqual(bob.wait_for("PRIVMSG").params, ["#ops", "deploy done"])
        self.assertTrue(self.line(tail).endswith("<ci> deploy done"))


if __name__ == "__main__":
    unittest.main()
