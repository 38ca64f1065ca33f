"""How `parlance listen` and `parlance connect` fail, give up, and say so."""

import contextlib
import os
import signal
import socket
import subprocess
import threading
import unittest

from talk_case import LIMIT, PARLANCE, Case, reset


class Breaking(Case):
    def test_a_reset_in_the_middle(self):
        def answer(caller):
            caller.sendall(b"the first half")
            caller.recv(1)
            reset(caller)

        caller = self.connect(address := self.serve(answer))
        self.assertEqual(caller.read(14), b"the first half")
        caller.write(b"!")
        code, _ = caller.finish()
        self.assertEqual(code, 7)
        self.assertRegex(caller.stderr, rf"^parlance connect: receive from {address}: connection reset by peer, "
                                        r"after [\d.]+ m?s, 1 byte sent and 14 received; .*\n$")

    def test_a_caller_that_resets(self):
        listener = self.listen()
        client = self.call(listener)
        client.sendall(b"x")
        listener.read(1)
        reset(client)
        self.assertEqual(listener.finish()[0], 7)
        self.assertIn("connection reset by peer", listener.stderr)

    def test_the_last_words_of_a_peer_that_takes_no_more_are_printed(self):
        def answer(caller):
            caller.recv(1)
            caller.sendall(b"too much!")
            # Closing with bytes unread makes Linux send a reset.

        code, output, errors = self.run_connect(self.serve(answer), stdin=b"x" * 30_000_000)
        self.assertEqual((code, output), (7, b"too much!"), errors)

    def test_nobody_reads_stdout(self):
        address = self.serve(lambda caller: caller.sendall(b"y\n" * 5_000_000))
        caller = self.connect(address, stdin=subprocess.DEVNULL)
        caller.process.stdout.read(2)
        caller.process.stdout.close()
        self.assertEqual(caller.process.wait(LIMIT), -signal.SIGPIPE)
        self.assertEqual(caller.rest_of_stderr(), "")

    def test_a_closed_stdin_has_ended_and_a_closed_stdout_is_no_socket(self):
        heard = []

        def answer(caller):
            heard.append(caller.recv(100))
            caller.sendall(b"to nobody")

        address = self.serve(answer)
        done = subprocess.run(["sh", "-c", 'exec "$0" connect "$1" <&- >&-', PARLANCE, address], timeout=LIMIT)
        self.assertEqual((done.returncode, heard), (0, [b""]))

    def test_the_first_signal_ends_it(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number):
                listener = self.listen()
                with self.call(listener) as client:
                    client.sendall(b"x")
                    listener.read(1)
                    listener.process.send_signal(number)
                    self.assertEqual(listener.finish(), (130, b""))


class Unreachable(Case):
    def test_refused(self):
        with socket.create_server(("127.0.0.1", 0)) as gone:
            port = gone.getsockname()[1]
        self.assertEqual(self.run_connect(f"127.0.0.1:{port}"),
                         (4, b"", f"parlance connect: connect 127.0.0.1:{port}: connection refused; "
                                  "is anything listening there?\n"))

    def test_no_such_host(self):
        code, _, errors = self.run_connect("no-such-host.invalid:80")
        self.assertEqual(code, 3, errors)
        self.assertRegex(errors, r"^parlance connect: connect no-such-host\.invalid:80: .*; check the name.*\n$")

    @contextlib.contextmanager
    def full_backlog(self):
        """An address where nothing answers: SYNs to a listener whose backlog is full are dropped."""
        with contextlib.ExitStack() as kept:
            listener = kept.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
            for _ in range(3):
                filler = kept.enter_context(socket.socket())
                filler.setblocking(False)
                filler.connect_ex(listener.getsockname())
            yield "127.0.0.1:%d" % listener.getsockname()[1]

    def test_wait_limits_connecting(self):
        with self.full_backlog() as address:
            code, _, errors = self.run_connect("-w", "0.3", address)
        self.assertEqual(code, 5, errors)
        self.assertRegex(errors, rf"^parlance connect: connect {address}: timed out after 0\.3 s.*; .*\n$")

    def test_the_deadline_limits_connecting(self):
        with self.full_backlog() as address:
            code, _, errors = self.run_connect("--deadline", "0.3", address)
        self.assertEqual(code, 5, errors)
        self.assertRegex(errors, rf"^parlance connect: connect {address}: .*deadline of 0\.3 s; .*\n$")

    def test_an_address_in_use(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = "127.0.0.1:%d" % taken.getsockname()[1]
            listener = self.start(PARLANCE, "listen", address)
            self.assertEqual(listener.finish()[0], 4)
        in_use = rf"parlance listen: .*{address}: address already in use"
        self.assertRegex(listener.stderr, rf"^{in_use}; trying for 3 s\n{in_use}; stop what listens there.*\n$")


class Limits(Case):
    def test_wait_ends_a_conversation_in_which_nothing_moves(self):
        ended = r"nothing came or went for 1 s, after [\d.]+ m?s, 1 byte sent and 0 received; .*\n$"
        enough = threading.Event()
        address = self.serve(lambda caller: enough.wait(LIMIT))
        code, _, errors = self.run_connect("-w", "1", address, stdin=b"x")
        enough.set()
        self.assertEqual(code, 5)
        self.assertRegex(errors, rf"^parlance connect: talk with {address}: {ended}")

        listener = self.listen("-w", "1")
        listener.write(b"x")
        address = "%s:%d" % self.call(listener).getsockname()
        self.assertEqual(listener.finish(), (5, b""))
        self.assertRegex(listener.stderr, rf"parlance listen: talk with {address}: {ended}")

    def test_wait_does_not_end_one_in_which_something_moves(self):
        def answer(caller):
            for _ in range(8):
                threading.Event().wait(0.25)
                caller.sendall(b".")

        code, output, errors = self.run_connect("-w", "1.5", self.serve(answer))
        self.assertEqual((code, output), (0, b"........"), errors)

    def test_the_deadline_ends_one_in_which_something_moves(self):
        stop = threading.Event()

        def answer(caller):
            while not stop.wait(0.05):
                caller.sendall(b".")

        caller = self.connect("--deadline", "2", address := self.serve(answer))
        code, output = caller.finish()
        stop.set()
        self.assertEqual((code, output.strip(b".")), (5, b""))
        self.assertNotEqual(output, b"")
        self.assertRegex(caller.stderr,
                         rf"^parlance connect: talk with {address}: .*deadline of 2 s, after .*; .*\n$")

    def test_the_deadline_ends_waiting_for_a_caller(self):
        listener = self.listen("--deadline", "0.3")
        self.assertEqual(listener.finish()[0], 5)
        self.assertIn("deadline of 0.3 s", listener.stderr)


class Words(Case):
    def test_quiet_says_nothing_but_failures(self):
        listener = self.start(PARLANCE, "listen", "-q", "unix:" + (path := os.path.join(self.folder(), "line")),
                              stdin=subprocess.DEVNULL)
        while self.run_connect("-q", "unix:" + path)[0] != 0:
            self.assertIsNone(listener.process.poll())
        self.ended_well(listener)
        self.assertEqual(listener.stderr, "")

    def test_verbose_tells_who_how_and_how_much(self):
        listener = self.listen("-v", stdin=subprocess.DEVNULL)
        code, _, errors = self.run_connect("-v", listener.address, stdin=b"hello")
        self.assertEqual(code, 0)
        self.assertRegex(errors, rf"connected to {listener.address} \(name .*, connection .*\)\n")
        self.assertRegex(errors, r"both sides have ended; sent 5 bytes \(.*/s\), received 0 bytes in [\d.]+ m?s\n")
        self.ended_well(listener, b"hello")
        self.assertRegex(listener.stderr, r"127\.0\.0\.1:\d+ has called\n")
        self.assertRegex(listener.stderr, r"sent 0 bytes, received 5 bytes \(.*/s\) in")

    def test_help_tells_the_exit_codes(self):
        for verb in ("listen", "connect"):
            done = subprocess.run([PARLANCE, verb, "--help"], capture_output=True, text=True, timeout=LIMIT)
            self.assertEqual(done.returncode, 0)
            self.assertIn("Exit codes:", done.stdout)
            for option in ("--tls", "--udp", "--wait", "--deadline", "--quiet", "--verbose"):
                self.assertIn(option, done.stdout)

    def test_command_lines_that_make_no_sense(self):
        for line in ("connect", "connect somewhere", "connect :99999", "connect ::1:80", "connect a:1 b:2",
                     "connect unix:" + "x" * 200, "connect -w 0 :1", "connect -w soon :1", "connect --deadline -1 :1",
                     "connect -q -v :1", "connect --ca x :1", "connect --udp --tls :1",
                     "connect --tls --fingerprint xyz :1", "connect --tls --ca x --insecure :1",
                     "listen --keep --udp", "listen --tls --key x", "listen --backlog 3"):
            with self.subTest(line):
                done = subprocess.run([PARLANCE, *line.split()], capture_output=True, timeout=LIMIT,
                                      stdin=subprocess.DEVNULL)
                self.assertEqual((done.returncode, done.stdout), (2, b""), done.stderr)
                self.assertNotEqual(done.stderr, b"")


if __name__ == "__main__":
    unittest.main()
