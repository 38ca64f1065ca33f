"""--exec and --sh-exec of `parlance listen` and `parlance connect`: a program at the other end."""

import socket
import subprocess
import time
import unittest

from talk_case import LIMIT, Case, read_all, reset


class Exec(Case):
    def test_a_program_answers_the_caller(self):
        listener = self.listen("--exec", "tr a-z 'A-Z'", stdin=subprocess.DEVNULL)
        code, out, errors = self.run_connect(listener.address, stdin=b"loud\n")
        self.assertEqual((code, out), (0, b"LOUD\n"), errors)
        self.ended_well(listener)

    def test_over_tls_too(self):
        listener = self.listen("--tls", "--sh-exec", "read name; echo hello $name", stdin=subprocess.DEVNULL)
        code, out, errors = self.run_connect("--tls", "--insecure", listener.address, stdin=b"Ann\n")
        self.assertEqual((code, out), (0, b"hello Ann\n"), errors)
        self.ended_well(listener)

    def test_with_ncat_as_the_caller(self):
        listener = self.listen("--exec", "rev", stdin=subprocess.DEVNULL)
        host, port = listener.address.split(":")
        done = subprocess.run(["ncat", host, port], input=b"stressed\n", capture_output=True, timeout=LIMIT)
        self.assertEqual(done.stdout, b"desserts\n")
        self.ended_well(listener)

    def test_no_shell_looks_at_exec(self):
        listener = self.listen("--exec", "echo '$HOME' \"*\"", stdin=subprocess.DEVNULL)
        self.assertEqual(self.run_connect(listener.address)[1], b"$HOME *\n")

    def test_its_exit_code_is_ours(self):
        def answer(caller):
            read_all(caller)

        code, _, errors = self.run_connect("--sh-exec", "echo done; exit 42", self.serve(answer))
        self.assertEqual(code, 42, errors)
        code, _, errors = self.run_connect("--sh-exec", "kill -9 $$", self.serve(answer))
        self.assertEqual(code, 128 + 9, errors)

    def test_its_end_is_the_end_though_the_peer_goes_on(self):
        listener = self.listen("--exec", "echo bye", stdin=subprocess.DEVNULL)
        caller = self.call(listener)
        self.assertEqual(read_all(caller), b"bye\n")
        self.ended_well(listener)

    def test_it_reads_the_end_when_the_peer_has_ended(self):
        listener = self.listen("--exec", "wc -c", stdin=subprocess.DEVNULL)
        caller = self.call(listener)
        caller.sendall(b"x" * 300000)
        caller.shutdown(socket.SHUT_WR)
        self.assertEqual(read_all(caller).strip(), b"300000")
        self.ended_well(listener)

    def test_it_knows_who_is_there(self):
        listener = self.listen("--sh-exec", "echo $PARLANCE_REMOTE_ADDR $PARLANCE_REMOTE_PORT $PARLANCE_LOCAL_PORT",
                               stdin=subprocess.DEVNULL)
        caller = self.call(listener)
        host, port = caller.getsockname()
        self.assertEqual(read_all(caller).decode(), f"{host} {port} {listener.address.split(':')[1]}\n")

    def test_it_is_killed_with_its_children_when_the_caller_breaks_off(self):
        listener = self.listen("-v", "--sh-exec", "sleep 1000 & echo $!; yes", stdin=subprocess.DEVNULL)
        caller = self.call(listener)
        child = int(caller.makefile("rb").readline())
        reset(caller)
        self.assertEqual(listener.finish()[0], 7, listener.stderr)
        def state():
            try:
                with open(f"/proc/{child}/stat", encoding="ascii") as stat:
                    return stat.read().split()[2]
            except OSError:
                return "gone"

        until = time.monotonic() + LIMIT
        while state() not in ("gone", "Z", "X") and time.monotonic() < until:
            time.sleep(0.01)
        self.assertIn(state(), ("gone", "Z", "X"))

    def test_one_that_stops_reading_still_says_all(self):
        listener = self.listen("--sh-exec", "exec <&-; seq 100000", stdin=subprocess.DEVNULL)
        caller = self.call(listener)
        caller.sendall(b"for nobody")
        self.assertEqual(read_all(caller).split()[-1], b"100000")

    def test_one_that_cannot_be_started(self):
        address = self.serve(read_all)
        code, _, errors = self.run_connect("--exec", "/no/such/program", address)
        self.assertEqual(code, 1)
        self.assertIn("--exec", errors)

    def test_what_only_a_shell_could_do_is_refused(self):
        code, _, errors = self.run_connect("--exec", "a | b", "127.0.0.1:1")
        self.assertEqual(code, 2, errors)
        self.assertTrue(errors.startswith("parlance connect: "))

    def test_the_limit_of_silence_ends_it(self):
        listener = self.listen("-w", "0.3", "--exec", "sleep 1000", stdin=subprocess.DEVNULL)
        with self.call(listener):
            self.assertEqual(listener.finish()[0], 5)


if __name__ == "__main__":
    unittest.main()
