"""What the tests of `parlance serve` and `parlance chat` share: servers, callers, and terminals by tmux."""

import re
import shlex
import socket
import subprocess
import time

from talk_case import LIMIT, PARLANCE, Case


class Caller:
    """A socket to a chat server."""

    def __init__(self, port, says=b"", source=None):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=LIMIT,
                                               source_address=source and (source, 0))
        self.heard = b""
        if says:
            self.say(says)

    def say(self, data):
        self.socket.sendall(data)

    def until(self, text):
        """Waits until `text` has been heard, and takes everything up to its end."""
        while text not in self.heard:
            part = self.socket.recv(65536)
            assert part, f"ended without saying {text!r}: {self.heard!r}"
            self.heard += part
        end = self.heard.index(text) + len(text)
        taken, self.heard = self.heard[:end], self.heard[end:]
        return taken

    def rest(self):
        """Everything to the end."""
        while part := self.socket.recv(65536):
            self.heard += part
        taken, self.heard = self.heard, b""
        return taken

    def nothing_for(self, seconds):
        """Proves that nothing comes."""
        self.socket.settimeout(seconds)
        try:
            part = self.socket.recv(65536)
        except TimeoutError:
            return not self.heard
        finally:
            self.socket.settimeout(LIMIT)
        self.heard += part
        return False

    def end(self):
        self.socket.shutdown(socket.SHUT_WR)

    def close(self):
        self.socket.close()


class ChatCase(Case):
    def start(self, program, *arguments, **more):
        """A server that keeps nothing, unless told: tests run side by side."""
        if arguments[:1] == ("serve",):
            arguments = ("serve", "--set", "store.folder=", *arguments[1:])
        return super().start(program, *arguments, **more)

    def chat_server(self, *options, port=0, **more):
        """A server whose operator is the test: what callers say is on its stdout. Its port is in `.port`."""
        server = self.start(PARLANCE, "serve", "--console", *options, f"127.0.0.1:{port}", **more)
        server.port = int(server.until(r"listening on 127\.0\.0\.1:(\d+);").group(1))
        return server

    def caller(self, server, says=b""):
        caller = Caller(server.port, says)
        self.addCleanup(caller.close)
        return caller

    def person(self, server, name):
        caller = self.caller(server, b"/nick %s\n" % name)
        caller.until(b"-- you are now %s\n" % name)
        return caller

    def hear_on_stdout(self, server, text):
        """Waits until the operator is shown `text`, and gives the line with it."""
        for line in server.process.stdout:
            if text in line:
                return line
        raise AssertionError(f"stdout ended without {text!r}")

    def descriptors(self, server):
        return int(subprocess.check_output(["sh", "-c", f"ls /proc/{server.process.pid}/fd | wc -l"]))


class Terminal:
    """A terminal in which a command runs, by tmux."""

    def __init__(self, case, *command, width=80, height=24):
        self.name = f"parlance-test-{time.monotonic_ns()}"
        line = " ".join(map(shlex.quote, command))
        # The shell outlives a Ctrl-C that is meant for the command, to tell its exit code.
        script = f"trap : INT; {line}; echo ended with $?; exec sleep {LIMIT}"
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(width), "-y", str(height),
                  f"exec sh -c {shlex.quote(script)}")
        case.addCleanup(subprocess.run, ["tmux", "-L", self.name, "kill-server"], capture_output=True)

    def tmux(self, *arguments):
        done = subprocess.run(["tmux", "-L", self.name, *arguments], capture_output=True, timeout=LIMIT)
        assert done.returncode == 0, done.stderr
        return done.stdout.decode()

    def type(self, text):
        self.tmux("send-keys", "-l", "--", text)

    def press(self, *keys):
        self.tmux("send-keys", *keys)

    def screen(self):
        return self.tmux("capture-pane", "-p")

    def until(self, pattern):
        """Waits until the screen shows what matches `pattern`, and gives the match."""
        limit = time.monotonic() + LIMIT
        while time.monotonic() < limit:
            if match := re.search(pattern, self.screen(), re.MULTILINE):
                return match
            time.sleep(0.02)
        raise AssertionError(f"the screen never showed {pattern!r}:\n{self.screen()}")
