"""`parlance admin`, the operator's console from elsewhere, and what a service manager gives to `parlance serve` and is told."""

import json
import os
import re
import signal
import socket
import stat
import subprocess
import time
import unittest

from chat_case import ChatCase, Terminal
from talk_case import LIMIT, PARLANCE


class AdminCase(ChatCase):
    def setUp(self):
        self.data = os.path.join(self.folder(), "data")

    def quiet_server(self, *options, **more):
        """One that has no console of its own."""
        server = self.start(PARLANCE, "serve", "--data", self.data, *options, "127.0.0.1:0", stdin=subprocess.DEVNULL, **more)
        server.port = int(re.search(rb"listening on 127\.0\.0\.1:(\d+);", self.hear_on_stdout(server, b"listening")).group(1))
        # It may come in a moment later than the chat does.
        while not os.path.exists(self.data + "/console"):
            self.assertIsNone(server.process.poll())
        return server

    def admin(self, *arguments, stdin=b"", code=0):
        done = subprocess.run([PARLANCE, "admin", "--data", self.data, *arguments], input=stdin, capture_output=True, timeout=LIMIT)
        self.assertEqual(done.returncode, code, done)
        return (done.stdout if code in (0, 1) else done.stderr).decode()

    def answer(self, *arguments):
        """Of --json: what it tells of."""
        said = json.loads(self.admin("--json", *arguments))
        self.assertTrue(said["done"])
        return said["things"]


class Admin(AdminCase):
    def test_a_command_is_answered(self):
        server = self.quiet_server()
        alice = self.person(server, b"alice")
        self.assertRegex(self.admin("who"), r"^1 connected .*\nalice +127\.0\.0\.1:\d+ ")
        self.assertRegex(self.admin("/rooms"), r"^1 rooms +people +topic\n#lobby +1  \n$")
        self.assertIn("/announce TEXT", self.admin("help"))
        self.assertEqual(self.admin("topic", "#lobby", "tea", "at", "five"), "the topic of #lobby is: tea at five\n")
        alice.until(b"tea at five")
        # It is seen by nobody while it only asks.
        self.admin("stats")
        alice.say(b"/who\n")
        alice.until(b"-- in #lobby: alice (you)\n")

    def test_what_is_said_is_heard(self):
        server = self.quiet_server()
        alice = self.person(server, b"alice")
        self.assertEqual(self.admin("say", "back", "at noon"), "")
        alice.until(b"operator: back at noon\n")
        self.admin("/me", "waves")
        alice.until(b"* operator waves\n")
        self.assertEqual(self.admin("announce", "closing soon"), "told 1 people\n")

    def test_what_cannot_be_done_is_told_by_the_exit_code(self):
        self.quiet_server()
        self.assertIn("nobody", self.admin("kick", "nobody", code=1))
        self.assertIn("there is no account bob", self.admin("account", "bob", code=1))
        self.assertIn("there is no /frobnicate here", self.admin("frobnicate", code=1))
        self.assertFalse(json.loads(self.admin("--json", "topic", "#nowhere", code=1))["done"])

    def test_programs_are_told_values(self):
        server = self.quiet_server()
        self.person(server, b"alice")
        [alice] = self.answer("who")
        self.assertEqual(alice["name"], "alice")
        self.assertEqual(alice["tcp"], "established")
        self.assertLess(alice["idle"], LIMIT)
        self.assertEqual(self.answer("rooms"), [{"room": "#lobby", "people": 1, "topic": ""}])
        [lobby] = self.answer("room", "#lobby")
        self.assertEqual((lobby["people"], lobby["bans"]), (["alice"], []))
        self.assertEqual(self.answer("stats")[0]["people"], 2)  # itself, too
        self.admin("account", "bob", "create", "correct horse")
        self.assertEqual([a["account"] for a in self.answer("accounts")], ["bob"])
        self.admin("ban", "192.0.2.0/24", "1d", "spam")
        [ban] = self.answer("bans")
        self.assertEqual((ban["mask"], ban["reason"]), ("192.0.2.0/24", "spam"))

    def test_a_script_gives_a_line_each(self):
        server = self.quiet_server()
        alice = self.person(server, b"alice")
        out = self.admin(stdin=b"/topic #lobby one\nhello\n\n/topic #lobby two")
        self.assertEqual(out, "the topic of #lobby is: one\nthe topic of #lobby is: two\n")
        alice.until(b"operator: hello\n")
        out = self.admin(stdin=b"/kick nobody\n/topic #lobby\n/quit\n/topic #lobby three\n", code=1)
        self.assertEqual(out.splitlines()[1:], ["the topic of #lobby is: two"])

    def test_at_a_terminal_it_is_a_console(self):
        server = self.quiet_server()
        alice = self.person(server, b"alice")
        terminal = Terminal(self, PARLANCE, "admin", "--data", self.data)
        alice.until(b"-- operator has joined #lobby\n")
        alice.say(b"is anybody there?\n\x1b[2J\n")
        terminal.until(r"^alice: is anybody there\?$")
        terminal.type("yes")
        terminal.press("Enter")
        alice.until(b"operator: yes\n")
        terminal.type("/rooms")
        terminal.press("Enter")
        terminal.until(r"^-- #lobby +2 *$")
        # Another beside it is the same operator.
        self.assertEqual(self.admin("say", "and I"), "")
        alice.until(b"operator: and I\n")
        terminal.press("C-d")
        terminal.until("^ended with 0$")
        alice.until(b"-- operator is gone\n")
        self.assertIsNone(server.process.poll())

    def test_at_the_servers_own_terminal_there_is_one_operator_still(self):
        server = self.start(PARLANCE, "serve", "--console", "--data", self.data, "127.0.0.1:0")
        server.port = int(server.until(r"listening on 127\.0\.0\.1:(\d+);").group(1))
        alice = self.person(server, b"alice")
        self.admin("say", "from elsewhere")
        alice.until(b"operator: from elsewhere\n")
        server.write(b"from here\n")
        alice.until(b"operator: from here\n")

    def test_the_server_is_ended(self):
        server = self.quiet_server()
        alice = self.person(server, b"alice")
        self.admin("shutdown")
        alice.rest()
        self.assertEqual(server.finish()[0], 0)
        self.assertFalse(os.path.exists(self.data + "/console"))

    def test_the_settings_are_read_again(self):
        config = os.path.join(self.folder(), "parlance.toml")
        with open(config, "w") as file:
            file.write("[server]\nmotd = 'one'\n")
        self.quiet_server("--config", config)
        self.assertEqual(self.admin("reload"), "the configuration has been read again\n")
        with open(config, "w") as file:
            file.write("[server]\nmotd = 1\n")
        self.assertIn("the configuration stays as it was", self.admin("reload", code=1))

    def test_where_nobody_serves_is_said(self):
        self.assertIn("no parlance serve has its console at", self.admin("who", code=4))

    def test_only_who_runs_it_can_open_it(self):
        self.quiet_server()
        self.assertEqual(stat.S_IMODE(os.stat(self.data + "/console").st_mode), 0o600)

    def test_a_group_may_open_it_too(self):
        self.quiet_server("--set", "console.group=users")
        shown = os.stat(self.data + "/console")
        self.assertEqual((stat.S_IMODE(shown.st_mode), shown.st_gid), (0o660, 100))

    @unittest.skipUnless(os.geteuid() == 0, "only root can be somebody else")
    def test_others_are_sent_away_although_they_reach_it(self):
        self.quiet_server()
        for path in os.path.dirname(self.data), self.data, self.data + "/console":
            os.chmod(path, 0o777)
        done = subprocess.run(["setpriv", "--reuid=65534", "--clear-groups", PARLANCE, "admin", "--data", self.data, "shutdown"],
                              capture_output=True, timeout=LIMIT)
        self.assertIn(done.returncode, (4, 7), done)
        self.admin("who")

    def test_it_can_be_left_out_or_be_elsewhere(self):
        server = self.start(PARLANCE, "serve", "--data", self.data, "--set", "console.enabled=false", "127.0.0.1:0", stdin=subprocess.DEVNULL)
        self.hear_on_stdout(server, b"listening")
        self.assertNotIn("console", os.listdir(self.data))
        path = os.path.join(self.folder(), "operator")
        server = self.start(PARLANCE, "serve", "--set", f"console.socket={path}", "127.0.0.1:0", stdin=subprocess.DEVNULL)
        self.hear_on_stdout(server, b"listening")
        while not os.path.exists(path):
            self.assertIsNone(server.process.poll())
        done = subprocess.run([PARLANCE, "admin", "--socket", path, "rooms"], capture_output=True, timeout=LIMIT)
        self.assertEqual(done.returncode, 0, done)

    def test_who_reads_nothing_holds_up_nobody(self):
        server = self.quiet_server("--rate", "0")
        deaf = socket.socket(socket.AF_UNIX)
        self.addCleanup(deaf.close)
        deaf.connect(self.data + "/console")
        deaf.settimeout(0.5)
        with self.assertRaises(TimeoutError):  # it is not listened to any more
            deaf.sendall(b"/help\n" * 1_000_000)
        alice = self.person(server, b"alice")
        self.admin("say", "hello")
        alice.until(b"operator: hello\n")
        [stats] = self.answer("stats")
        self.assertLess(stats["resident_bytes"], 400 * 1024 * 1024)

    def test_who_breaks_off_leaves_its_place(self):
        server = self.quiet_server("--rate", "0")
        self.admin("who")
        before = self.descriptors(server)
        for _ in range(20):  # more than there are places
            deaf = socket.socket(socket.AF_UNIX)
            self.addCleanup(deaf.close)
            deaf.connect(self.data + "/console")
            deaf.sendall(b"/help\n" * 1_000)  # more is answered than may wait for one
            deaf.close()
        self.admin("who")
        limit = time.monotonic() + LIMIT
        while self.descriptors(server) > before:
            self.assertLess(time.monotonic(), limit)
            time.sleep(0.05)

    def test_a_line_without_an_end_is_refused(self):
        self.quiet_server()
        endless = socket.socket(socket.AF_UNIX)
        self.addCleanup(endless.close)
        endless.settimeout(LIMIT)
        endless.connect(self.data + "/console")
        with self.assertRaises((BrokenPipeError, ConnectionResetError)):
            endless.sendall(b"x" * 10_000_000)
            while endless.recv(65536):
                pass
            raise BrokenPipeError
        self.admin("who")


class ServiceManager(AdminCase):
    def managed(self, *options, **variables):
        """A server as systemd starts it, and what that is told."""
        path = os.path.join(self.folder(), "notify")
        told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(told.close)
        told.bind(path)
        told.settimeout(LIMIT)
        environment = dict(os.environ, NOTIFY_SOCKET=path, **variables)
        server = self.start("sh", "-c", 'LISTEN_PID=$$ WATCHDOG_PID=$$ exec "$@"', "sh", PARLANCE, "serve", "--data", self.data, *options,
                            stdin=subprocess.DEVNULL, env=environment, pass_fds=self.passed)
        return server, lambda: told.recv(4096).decode()

    passed = ()

    def test_it_is_told_when_the_server_is_ready_reads_its_settings_and_ends(self):
        server, hear = self.managed("127.0.0.1:0")
        self.assertRegex(hear(), r"^READY=1\nSTATUS=listening on 127\.0\.0\.1:\d+$")
        server.process.send_signal(signal.SIGHUP)
        self.assertRegex(hear(), r"^RELOADING=1\nMONOTONIC_USEC=\d+$")
        self.assertRegex(hear(), r"^READY=1\nSTATUS=the configuration has been read again$")
        server.process.send_signal(signal.SIGTERM)
        self.assertEqual(hear(), "STOPPING=1")
        self.assertEqual(server.finish()[0], 0)

    def test_the_watchdog_is_told_that_it_lives(self):
        server, hear = self.managed("127.0.0.1:0", WATCHDOG_USEC="200000")
        told = [hear() for _ in range(6)]
        self.assertGreaterEqual(told.count("WATCHDOG=1"), 5)
        server.process.send_signal(signal.SIGSTOP)
        self.addCleanup(server.process.send_signal, signal.SIGCONT)
        with self.assertRaises(TimeoutError):
            hear_for(hear, 1.0)

    def test_it_listens_where_systemd_does(self):
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        port = listener.getsockname()[1]
        # systemd passes it as descriptor 3.
        keeps = os.dup(3) if listener.fileno() != 3 and is_open(3) else None
        os.dup2(listener.fileno(), 3)
        os.set_inheritable(3, True)
        try:
            self.passed = (3,)
            server, hear = self.managed(LISTEN_FDS="1")
        finally:
            if keeps is not None:
                os.dup2(keeps, 3)
                os.close(keeps)
            elif listener.fileno() != 3:
                os.close(3)
        self.assertIn(f"listening on 127.0.0.1:{port}", hear())
        server.port = port
        self.person(server, b"alice")
        # Who calls while it restarts waits for the next.
        server.process.kill()
        server.process.wait()
        caller = self.caller(server)
        caller.close()


def is_open(fd):
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True


def hear_for(hear, seconds):
    """Until nothing comes for so long."""
    told = hear.__closure__[0].cell_contents
    told.settimeout(seconds)
    while True:
        hear()


if __name__ == "__main__":
    unittest.main()
