"""What the tests of `parlance listen` and `parlance connect` share: running programs that can be waited for."""

import contextlib
import errno
import os
import queue
import random
import re
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import unittest

PARLANCE = os.environ["PARLANCE"]
LIMIT = 120  # seconds that anything may take before the test fails; nothing waits for it to pass

with open(PARLANCE, "rb") as program:
    SANITIZED = re.search(rb"__[at]san_", program.read()) is not None


def need_localhost():
    """Skips the test where this machine has no name, as in a chroot without /etc/hosts."""
    try:
        socket.getaddrinfo("localhost", None)
    except socket.gaierror as error:
        raise unittest.SkipTest(f"localhost is no name here: {error}") from error


def free_port():
    """On which nobody listens just now, and which the system gives to nobody who asks for any (ip_local_port_range)."""
    while True:
        try:
            with socket.create_server(("::", random.randrange(10_000, 32_000)), family=socket.AF_INET6, dualstack_ipv6=True) as one:
                return one.getsockname()[1]
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                with socket.create_server(("127.0.0.1", random.randrange(10_000, 32_000))) as one:  # there is no IPv6
                    return one.getsockname()[1]


class Program:
    """A running program, whose lines on stderr can be waited for."""

    def __init__(self, *command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, limit=LIMIT, **more):
        self.process = subprocess.Popen(command, stdin=stdin, stdout=stdout, stderr=subprocess.PIPE, **more)
        self.said = []
        self._lines = queue.Queue()
        self._reader = threading.Thread(target=self._read_stderr, daemon=True)
        self._reader.start()
        self._watchdog = threading.Timer(limit, self.process.kill)
        self._watchdog.start()

    def _read_stderr(self):
        for line in self.process.stderr:
            self._lines.put(line.decode(errors="replace"))
        self._lines.put(None)

    def until(self, pattern):
        """Waits for a line on stderr that matches, and gives the match."""
        while (line := self._lines.get(timeout=LIMIT)) is not None:
            self.said.append(line)
            if match := re.search(pattern, line):
                return match
        raise AssertionError(f"ended without saying {pattern!r}: {''.join(self.said)}")

    def write(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def end_stdin(self):
        self.process.stdin.close()

    def read(self, size):
        """Exactly so many bytes of stdout."""
        data = self.process.stdout.read(size)
        assert len(data) == size, f"stdout ended after {data!r}"
        return data

    def finish(self):
        """Its exit code and the rest of stdout, once it has ended."""
        rest = self.process.stdout.read() if self.process.stdout else b""
        code = self.process.wait(LIMIT)
        self.rest_of_stderr()
        return code, rest

    def rest_of_stderr(self):
        rest = "".join(iter(lambda: self._lines.get(timeout=LIMIT) or "", ""))
        self._lines.put(None)  # asked again, it ends again
        self.said.append(rest)
        return rest

    @property
    def stderr(self):
        return "".join(self.said)

    def close(self):
        self._watchdog.cancel()
        self.process.kill()
        self.process.wait()
        self._reader.join(LIMIT)
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe:
                with contextlib.suppress(OSError):
                    pipe.close()


class Case(unittest.TestCase):
    def start(self, *command, **more):
        program = Program(*command, **more)
        self.addCleanup(program.close)
        return program

    def listen(self, *options, address="127.0.0.1:0", **more):
        """A listening parlance; its address is in `.address`, as others write it."""
        program = self.start(PARLANCE, "listen", *options, address, **more)
        program.address = program.until(r"listening on (\S+)").group(1)
        return program

    def connect(self, *arguments, **more):
        return self.start(PARLANCE, "connect", *arguments, **more)

    def run_connect(self, *arguments, stdin=b""):
        done = subprocess.run([PARLANCE, "connect", *arguments], input=stdin, capture_output=True, timeout=LIMIT)
        return done.returncode, done.stdout, done.stderr.decode()

    def serve(self, handler):
        """A Python server that gives its first caller to `handler`; returns its address."""
        listener = socket.create_server(("127.0.0.1", 0))
        listener.settimeout(LIMIT)
        address = "%s:%d" % listener.getsockname()

        def stop_waiting():
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)

        def answer():
            with contextlib.suppress(OSError), listener:
                caller, _ = listener.accept()
                caller.settimeout(LIMIT)
                with caller:
                    handler(caller)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        self.addCleanup(thread.join, LIMIT)
        self.addCleanup(stop_waiting)
        return address

    def folder(self):
        path = tempfile.mkdtemp(prefix="parlance-")
        self.addCleanup(shutil.rmtree, path, ignore_errors=True)
        return path

    def ended_well(self, program, output=b""):
        code, rest = program.finish()
        self.assertEqual((code, rest), (0, output), program.stderr)

    def call(self, program):
        host, port = program.address.rsplit(":", 1)
        caller = socket.create_connection((host, int(port)), timeout=LIMIT)
        self.addCleanup(caller.close)
        return caller


def read_all(sock):
    data = bytearray()
    while part := sock.recv(65536):
        data += part
    return bytes(data)


def reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def port_of(address):
    return address.rsplit(":", 1)[1]
