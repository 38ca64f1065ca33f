"""What `parlance connect` and `listen` do to bytes: --crlf, --hex, --raw; and answers whose end was cut."""

import os
import pty
import re
import subprocess
import tempfile
import threading
import unittest

from talk_case import LIMIT, Case, read_all


class Crlf(Case):
    def test_lines_that_are_sent_end_with_cr_lf_and_what_comes_stays(self):
        heard = []

        def answer(caller):
            caller.sendall(b"as\nit\r\nis\n")
            heard.append(read_all(caller))

        code, out, errors = self.run_connect("--crlf", self.serve(answer), stdin=b"one\ntwo\r\nthree")
        self.assertEqual((code, out), (0, b"as\nit\r\nis\n"), errors)
        self.assertEqual(heard, [b"one\r\ntwo\r\nthree"])

    def test_a_cr_and_its_lf_may_come_apart(self):
        listener = self.listen(stdin=subprocess.DEVNULL)
        caller = self.connect("-C", listener.address)
        caller.write(b"apart\r")
        self.assertEqual(listener.read(6), b"apart\r")
        caller.write(b"\n")
        caller.end_stdin()
        self.ended_well(listener, b"\n")


class Hex(Case):
    def test_both_directions_with_times(self):
        def answer(caller):
            caller.recv(5)
            caller.sendall(bytes(range(20)))

        with tempfile.NamedTemporaryFile() as file:
            code, _, errors = self.run_connect("--hex", file.name, self.serve(answer), stdin=b"hello")
            self.assertEqual(code, 0, errors)
            text = re.sub(r"\d\d:\d\d:\d\d\.\d{6}", "TIME", file.read().decode())
        self.assertEqual(text, """\
> TIME sent 5 bytes
> 00000000  68 65 6c 6c 6f                                    |hello|
< TIME received 20 bytes
< 00000000  00 01 02 03 04 05 06 07  08 09 0a 0b 0c 0d 0e 0f  |................|
< 00000010  10 11 12 13                                       |....|
""")

    def test_on_stderr(self):
        code, out, errors = self.run_connect("--hex", "-", self.serve(lambda caller: caller.sendall(b"hi")))
        self.assertEqual((code, out), (0, b"hi"))
        self.assertIn("68 69", errors)

    def test_a_file_that_cannot_be_written(self):
        code, _, errors = self.run_connect("--hex", "/no/such/folder", "127.0.0.1:1")
        self.assertEqual(code, 1)
        self.assertIn("parlance connect: open /no/such/folder", errors)


class Raw(Case):
    def test_keys_go_at_once_and_ctrl_c_too_and_the_terminal_is_as_it_was(self):
        heard, seen = [], threading.Event()

        def answer(caller):
            while len(b"".join(heard)) < 3:
                heard.append(caller.recv(16))
            seen.set()
            read_all(caller)

        address = self.serve(answer)
        primary, terminal = pty.openpty()
        self.addCleanup(os.close, primary)
        before = subprocess.run(["stty", "-g"], stdin=terminal, capture_output=True, timeout=LIMIT).stdout
        caller = self.connect("-v", "--raw", address, stdin=terminal)
        caller.until("connected to")
        for _ in range(1000):  # until it has taken the terminal
            if subprocess.run(["stty", "-g"], stdin=terminal, capture_output=True, timeout=LIMIT).stdout != before:
                break
        os.write(primary, b"a\x03\x04")
        self.assertTrue(seen.wait(LIMIT))
        self.assertEqual(b"".join(heard), b"a\x03\x04")
        os.write(primary, b"\x1d")
        self.ended_well(caller)
        after = subprocess.run(["stty", "-g"], stdin=terminal, capture_output=True, timeout=LIMIT).stdout
        self.assertEqual(after, before)
        os.close(terminal)


if __name__ == "__main__":
    unittest.main()
