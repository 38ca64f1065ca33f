"""Ctrl-Z, fg and bg, in a shell at a terminal: a stop is no error, and the terminal belongs to who is in front."""

import fcntl
import os
import pty
import re
import shlex
import signal
import socket
import struct
import subprocess
import termios
import threading
import time
import unittest

from talk_case import LIMIT, PARLANCE

BACKENDS = ["epoll"]
try:
    with open("/proc/sys/kernel/io_uring_disabled") as setting:
        if setting.read().strip() == "0":
            BACKENDS.append("io_uring")
except OSError:
    pass


class Shell:
    """bash, at a terminal of its own."""

    def __init__(self, backend):
        self.terminal, shells = pty.openpty()
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 200, 0, 0))
        self.process = subprocess.Popen(
            ["setsid", "--ctty", "bash", "--norc", "--noprofile", "-i"], stdin=shells, stdout=shells, stderr=shells,
            env=dict(os.environ, TERM="xterm", LC_ALL="C.UTF-8", PS1="SHELL> ", HISTFILE="", PARLANCE_BACKEND=backend))
        os.close(shells)
        self.shown, self.seen = b"", 0
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.until("SHELL> ")

    def _read(self):
        try:
            while data := os.read(self.terminal, 65536):
                with self._changed:
                    self.shown += data
                    self._changed.notify_all()
        except OSError:
            pass

    def type(self, text):
        os.write(self.terminal, text.encode())

    def text(self):
        """What is shown behind the last match of `until`, without control sequences."""
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", self.shown.decode(errors="replace"))[self.seen:]

    def until(self, pattern):
        end = time.monotonic() + LIMIT
        with self._changed:
            while not (match := re.search(pattern, self.text())):
                if not self._changed.wait(end - time.monotonic()):
                    raise AssertionError(f"never shown: {pattern!r} in {self.text()!r}")
            self.seen += match.end()
        return match

    def close(self):
        for entry in os.listdir("/proc"):
            try:
                with open(f"/proc/{entry}/stat") as stat:
                    if int(stat.read().rsplit(")", 1)[1].split()[3]) == self.process.pid:
                        os.kill(int(entry), signal.SIGKILL)
            except (OSError, ValueError, IndexError):
                pass
        self.process.wait(LIMIT)
        self._reader.join(LIMIT)  # it ends with the last who has the terminal
        os.close(self.terminal)


class JobControl(unittest.TestCase):
    def shell(self, backend):
        shell = Shell(backend)
        self.addCleanup(shell.close)
        return shell

    def caller_of(self, shell, *options):
        """`listen` runs in the shell: a connection to it."""
        shell.type(f"{shlex.quote(PARLANCE)} listen {' '.join(options)} 127.0.0.1:0\r")
        port = shell.until(r"listening on 127\.0\.0\.1:(\d+)")[1]
        caller = socket.create_connection(("127.0.0.1", int(port)), LIMIT)
        self.addCleanup(caller.close)
        return caller

    def stop(self, shell):
        shell.type("\x1a")
        shell.until("Stopped")

    def to_the_front(self, shell):
        """bash says which job comes to the front when it has given up the raw mode that it reads its own lines in."""
        shell.type("fg\r")
        shell.until(r"fg\n.*listen.*\n")

    def test_a_talk_goes_on_after_ctrl_z_and_fg(self):
        for backend in BACKENDS:
            with self.subTest(backend):
                shell = self.shell(backend)
                caller = self.caller_of(shell)
                caller.sendall(b"one\n")
                shell.until("one")
                for _ in range(3):
                    self.stop(shell)
                    caller.sendall(b"meanwhile\n")
                    shell.type("fg\r")
                    shell.until("meanwhile")
                shell.type("typed\r")
                self.assertEqual(caller.recv(100), b"typed\n")
                caller.sendall(b"two\n")
                shell.until("two")

    def test_in_the_background_it_hears_and_leaves_what_is_typed_to_others(self):
        for backend in BACKENDS:
            with self.subTest(backend):
                shell = self.shell(backend)
                caller = self.caller_of(shell)
                self.stop(shell)
                shell.type("bg\r")
                shell.until(r"listen .*&")
                caller.sendall(b"heard\n")
                shell.until("heard")
                for i in range(5):
                    shell.type(f"echo $((40 + {i})); jobs\r")
                    shell.until(f"\n{40 + i}\n")
                    shell.until(r"Running .*listen")
                self.to_the_front(shell)
                shell.type("typed\r")
                self.assertEqual(caller.recv(100), b"typed\n")

    def test_a_kill_stop_and_kill_cont_from_elsewhere_leave_it_in_the_background(self):
        for backend in BACKENDS:
            with self.subTest(backend):
                shell = self.shell(backend)
                caller = self.caller_of(shell)
                shell.type("mine\r")
                self.assertEqual(caller.recv(100), b"mine\n")
                with open(f"/proc/{shell.process.pid}/task/{shell.process.pid}/children") as children:
                    listener = int(children.read().split()[0])
                os.kill(listener, signal.SIGSTOP)
                shell.until("Stopped")
                os.kill(listener, signal.SIGCONT)
                caller.sendall(b"heard\n")
                shell.until("heard")
                shell.type("echo $((40 + 2)); jobs\r")
                shell.until("\n42\n")
                shell.until(r"Running .*listen")
                self.to_the_front(shell)
                shell.type("typed\r")
                self.assertEqual(caller.recv(100), b"typed\n")

    def test_a_line_that_is_being_edited_outlasts_ctrl_z_and_a_while_in_the_background(self):
        for backend in BACKENDS:
            with self.subTest(backend):
                shell = self.shell(backend)
                with socket.create_server(("127.0.0.1", 0)) as server:
                    shell.type(f"{shlex.quote(PARLANCE)} chat --line 127.0.0.1:{server.getsockname()[1]}\r")
                    server.settimeout(LIMIT)
                    caller, _ = server.accept()
                    self.addCleanup(caller.close)
                    caller.settimeout(LIMIT)
                    shell.until("joined")
                    shell.type("ab")
                    shell.until("ab")
                    self.stop(shell)
                    shell.type("fg\r")
                    shell.until("> ab")
                    shell.type("cd")
                    shell.until("cd")
                    self.stop(shell)
                    shell.type("bg\r")
                    shell.until(r"chat .*&")
                    caller.sendall(b"heard\n")
                    shell.until("heard")
                    shell.type("echo $((40 + 2)); jobs\r")
                    shell.until("\n42\n")
                    shell.until(r"Running .*chat")
                    shell.type("fg\r")
                    shell.until("> abcd")
                    shell.type("ef\r")
                    self.assertEqual(caller.recv(100), b"abcdef\n")

    def test_a_server_in_the_background_outlives_its_terminal(self):
        for backend in BACKENDS:
            with self.subTest(backend):
                shell = self.shell(backend)
                shell.type(f"{shlex.quote(PARLANCE)} serve --data '' 127.0.0.1:0\r")
                port = int(shell.until(r"nc 127\.0\.0\.1 (\d+)")[1])
                self.stop(shell)
                shell.type("bg\r")
                shell.until(r"serve .*&")
                shell.type("disown -a; pgrep -s 0 parlance\r")
                server = int(shell.until(r"\n(\d+)\n")[1])
                self.addCleanup(os.kill, server, signal.SIGKILL)
                shell.type("exit\r")
                shell.process.wait(LIMIT)
                os.close(shell.terminal)
                shell.terminal = os.open("/dev/null", os.O_RDONLY)
                time.sleep(0.5)  # it looks at its terminal several times a second
                with socket.create_connection(("127.0.0.1", port), LIMIT) as caller:
                    caller.settimeout(LIMIT)
                    caller.sendall(b"NICK ann\r\nUSER ann 0 * :ann\r\n")
                    self.assertIn(b" 001 ann ", caller.recv(4096))


class FrozenTerminal(unittest.TestCase):
    """A terminal that takes nothing, as a window that hangs, or a connection that is gone and does not know."""

    def test_keeps_nobody_waiting_and_the_end_from_nobody(self):
        for backend in BACKENDS:
            with self.subTest(backend):
                terminal, other = pty.openpty()
                self.addCleanup(os.close, terminal)
                server = subprocess.Popen(
                    ["setsid", "--ctty", PARLANCE, "serve", "--rate", "0", "--data", "", "127.0.0.1:0"],
                    stdin=other, stdout=other, stderr=other,
                    env=dict(os.environ, TERM="xterm", PARLANCE_BACKEND=backend))
                self.addCleanup(server.wait, LIMIT)
                self.addCleanup(server.kill)
                os.close(other)
                shown = b""
                while not (port := re.search(rb"nc 127\.0\.0\.1 (\d+)", shown)):
                    shown += os.read(terminal, 65536)
                with socket.create_connection(("127.0.0.1", int(port[1])), LIMIT) as caller:
                    caller.settimeout(LIMIT)
                    heard = caller.makefile("rb")
                    caller.sendall(b"NICK ann\r\nUSER ann 0 * :ann\r\nJOIN #lobby\r\n")
                    for i in range(600):
                        caller.sendall(b"PRIVMSG #lobby :%d %s\r\n" % (i, b"x" * 400))

                    def answers(word):
                        caller.sendall(b"PING %s\r\n" % word)
                        while word not in heard.readline():
                            pass

                    answers(b"full")
                    for number in (signal.SIGWINCH, signal.SIGSTOP, signal.SIGCONT):
                        server.send_signal(number)
                        time.sleep(0.1)
                    answers(b"continued")
                server.send_signal(signal.SIGTERM)
                self.assertEqual(server.wait(LIMIT), 0)


if __name__ == "__main__":
    unittest.main()
