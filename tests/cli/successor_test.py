"""Another version of the program takes the place of a server that runs (SIGUSR2), and nobody who can go along notices."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

from irc_case import IrcCase
from talk_case import LIMIT, PARLANCE

PASSWORD = "correct horse battery"


class Successor(IrcCase):
    def kept_server(self, *arguments, program=PARLANCE):
        """With an operator, root, and what it keeps in a folder; its log tells when it has begun anew."""
        hashed = subprocess.run([PARLANCE, "serve", "--hash-password"], input=b"let me in\n", check=True, capture_output=True).stdout.decode().strip()
        config = os.path.join(self.folder(), "chat.toml")
        with open(config, "w") as file:
            file.write(f'[operators.root]\npassword = "{hashed}"\n')
        server = self.start(program, "serve", "--console", "--config", config, "--data", self.folder(), "--rate", "0", *arguments, "127.0.0.1:0", limit=300)
        server.port = int(server.until(r"listening on 127\.0\.0\.1:(\d+);").group(1))
        return server

    def succeed(self, server):
        before = os.readlink(f"/proc/{server.process.pid}/exe")
        server.process.send_signal(signal.SIGUSR2)
        server.until(r"listening on 127\.0\.0\.1:(\d+);")
        self.assertEqual(os.readlink(f"/proc/{server.process.pid}/exe"), before)

    def test_who_speaks_irc_or_plain_text_notices_nothing(self):
        server = self.kept_server()
        alice = self.client(server, "alice", "echo-message", "message-tags", "server-time", "batch", "labeled-response", "draft/chathistory")
        bob = self.client(server, "bob", "away-notify")
        nc = self.person(server, b"carol")
        for line in ("JOIN #dev", "JOIN #lobby", "TOPIC #dev :what we build", "MODE #dev +mk sesame", "MODE #dev +v alice", "MONITOR + dave,bob", "AWAY :at lunch", "OPER root :let me in", "MODE alice +B"):
            alice.ask(line)
        bob.ask("JOIN #dev sesame")
        bob.ask("JOIN #lobby")
        alice.ask("MODE #dev +o bob")
        nc.say(b"/join #lobby\n")
        for who in (alice, bob):
            who.sync()
        before = {command: [str(one.params) for one in who.ask(command)] for who in (bob,) for command in ("WHO #dev", "NAMES #dev", "MODE #dev", "TOPIC #dev", "WHOIS alice", "LIST")}
        serial = alice.ask("PRIVMSG bob :before")
        bob.wait_for("PRIVMSG")
        self.succeed(server)
        # Nothing was told of it.
        self.assertEqual([one.command for one in alice.ask("PING here") if one.command not in ("PONG", "BATCH", "ACK")], [])
        after = {command: [str(one.params) for one in bob.ask(command)] for command in before}
        idle = lambda answers: [one for one in answers if "'alice', '" not in one or "idle" not in one]
        for command in before:
            self.assertEqual(idle(after[command]), idle(before[command]), command)
        # All of them hear each other, and each has what it had asked for.
        alice.send("@label=1 PRIVMSG #dev :after")
        echo = alice.wait_for("PRIVMSG")
        self.assertEqual((echo.tags.get("label"), "msgid" in echo.tags, echo.params), ("1", True, ["#dev", "after"]))
        self.assertEqual(bob.wait_for("PRIVMSG").params, ["#dev", "after"])
        nc.say(b"hello\n")
        self.assertEqual(bob.wait_for("PRIVMSG").params, ["#lobby", "hello"])
        self.assertEqual(alice.wait_for("PRIVMSG").params, ["#lobby", "hello"])
        alice.send("PRIVMSG #lobby :hello carol")
        nc.until(b"alice: hello carol\n")
        # MONITOR, and operators' rights.
        dave = self.client(server, "dave")
        self.assertEqual(alice.wait_for("730").params[1].split("!")[0], "dave")
        alice.ask("KILL dave :goodbye")
        dave.wait_for("ERROR")
        # What was said before and after is one history.
        self.assertEqual([one.params[1] for one in alice.ask("CHATHISTORY LATEST bob * 10") if one.command == "PRIVMSG"], ["before"])
        self.assertTrue(serial)
        # And once more.
        bob.sync()
        self.succeed(server)
        alice.send("PRIVMSG #dev :twice")
        self.assertEqual(bob.wait_for("PRIVMSG").params, ["#dev", "twice"])

    def test_what_was_sent_while_it_changes_is_neither_lost_nor_doubled(self):
        """Two talk as fast as they can while it changes five times; each hears all, once and in order."""
        server = self.kept_server()
        talkers = [self.client(server, name, "echo-message") for name in ("alice", "bob")]
        for one in talkers:
            one.ask("JOIN #lobby")
        ends = threading.Event()
        said, failed = {}, []

        def talk(one, name):
            n = 0
            try:
                while not ends.is_set():
                    for _ in range(5):
                        one.send(f"PRIVMSG #lobby :{name} {n}")
                        n += 1
                    for _ in range(5):
                        while not (heard := one.wait_for("PRIVMSG")).params[1].startswith(name):
                            others[name].append(heard.params[1])
                        own[name].append(heard.params[1])
            except Exception as e:  # shown below
                failed.append(e)
            said[name] = n

        own, others = {"alice": [], "bob": []}, {"alice": [], "bob": []}
        threads = [threading.Thread(target=talk, args=(one, name)) for one, name in zip(talkers, ("alice", "bob"))]
        for thread in threads:
            thread.start()
        for _ in range(5):
            self.succeed(server)
        ends.set()
        for thread in threads:
            thread.join(LIMIT)
        self.assertEqual(failed, [])
        for name, other in (("alice", "bob"), ("bob", "alice")):
            self.assertEqual(own[name], [f"{name} {n}" for n in range(said[name])])
            self.assertEqual(others[name], [f"{other} {n}" for n in range(len(others[name]))])
        history = self.client(server, "reader", "draft/chathistory", "batch", "message-tags")
        history.ask("JOIN #lobby")
        kept = [one.params[1] for one in history.ask("CHATHISTORY LATEST #lobby * 1000") if one.command == "PRIVMSG"]
        for name in said:
            mine = [text for text in kept if text.startswith(name)]
            self.assertEqual(mine, [f"{name} {n}" for n in range(said[name])][-len(mine):])

    def test_half_a_line_and_who_has_just_called_go_along(self):
        server = self.kept_server()
        alice = self.client(server, "alice")
        bob = self.client(server, "bob")
        for one in (alice, bob):
            one.ask("JOIN #lobby")
        bob.socket.sendall(b"PRIVMSG #lobby :half a ")
        time.sleep(0.2)
        self.succeed(server)
        bob.socket.sendall(b"line\r\n")
        self.assertEqual(alice.wait_for("PRIVMSG").params, ["#lobby", "half a line"])

    def test_who_cannot_go_along_is_told_to_come_back_and_the_others_see_that(self):
        server = self.kept_server()
        alice = self.client(server, "alice")
        alice.ask("JOIN #lobby")
        secure = self.start("openssl", "s_client", "-quiet", "-connect", f"127.0.0.1:{server.port}")
        secure.write(b"NICK sec\r\nUSER s 0 * :s\r\nJOIN #lobby\r\n")
        alice.wait_for("JOIN")
        server.process.send_signal(signal.SIGUSR2)
        self.assertEqual(alice.wait_for("QUIT").nick, "sec")
        self.assertIn(b"ERROR", secure.process.stdout.read())
        server.until(r"listening on")
        self.assertNotIn("sec", [one.params[-1] for one in alice.ask("NAMES #lobby") if one.command == "353"][0].split())

    def test_a_program_that_would_not_start_changes_nothing(self):
        folder = self.folder()
        program = os.path.join(folder, "parlance")
        shutil.copy(PARLANCE, program)
        server = self.kept_server(program=program)
        alice = self.client(server, "alice")
        os.rename(program, program + ".old")
        with open(program, "w") as file:
            file.write("#!/bin/sh\necho broken >&2\nexit 1\n")
        os.chmod(program, 0o755)
        server.process.send_signal(signal.SIGUSR2)
        server.until(r"the program stays as it is: .* exited with 1: broken")
        self.assertEqual(alice.ask("PING here")[0].command, "PONG")
        os.rename(program + ".old", program)
        server.process.send_signal(signal.SIGUSR2)
        server.until(r"listening on")
        self.assertEqual(alice.ask("PING here")[0].command, "PONG")

    def test_what_was_left_and_is_not_readable_drops_everybody_and_nothing_else(self):
        with tempfile.TemporaryFile() as left:
            left.write(b"something else")
            left.flush()
            for number in (left.fileno(), 999):
                server = self.start(PARLANCE, "serve", "--console", "--data", self.folder(), "127.0.0.1:0", pass_fds=[left.fileno()],
                                    env={**os.environ, "PARLANCE_SUCCESSOR_OF": str(number)})
                server.until("what the program before has left is not readable")
                server.port = int(server.until(r"listening on 127\.0\.0\.1:(\d+);").group(1))
                self.client(server, "alice")

    def test_the_sockets_of_every_loop_and_of_unix(self):
        path = os.path.join(self.folder(), "chat")
        for backend in ("epoll", "io_uring"):
            server = self.start(PARLANCE, "--backend", backend, "serve", "--console", "--data", self.folder(), f"unix:{path}", limit=300)
            server.until("listening on")
            with socket.socket(socket.AF_UNIX) as nc:
                nc.connect(path)
                nc.settimeout(LIMIT)
                nc.sendall(b"/nick alice\n")
                while b"you are now alice" not in nc.recv(4096):
                    pass
                server.process.send_signal(signal.SIGUSR2)
                server.until("listening on")
                nc.sendall(b"/who\n")
                self.assertRegex(nc.recv(4096), rb"^-- .*alice")
            server.process.send_signal(signal.SIGTERM)
            server.process.wait(LIMIT)
            self.assertFalse(os.path.exists(path))


if __name__ == "__main__":
    unittest.main()
