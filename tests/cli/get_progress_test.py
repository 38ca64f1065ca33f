"""How far transfers are, as `parlance get` tells it on a terminal."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import time
import unicodedata
import unittest

from get_case import LIMIT, PARLANCE, GetCase, all_of_terminal, response


class OnATerminal(GetCase):
    def on_a_terminal(self, *arguments, code=0, stdout_too=False, columns=None):
        """What a terminal at stderr gets."""
        ours, theirs = pty.openpty()
        if columns:
            fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 10, columns, 0, 0))
        process = subprocess.Popen([PARLANCE, "get", *arguments], stderr=theirs, stdout=theirs if stdout_too else subprocess.DEVNULL)
        os.close(theirs)
        text = all_of_terminal(ours)
        self.assertEqual(process.wait(LIMIT), code, text)
        return text.decode().replace("\r\n", "\n")


class Progress(OnATerminal):
    BODY = b"x" * 300000

    def slow(self, length=True):
        """What takes a second at 300k, with or without its length."""
        body = self.BODY
        head = f"Content-Length: {len(body)}\r\n" if length else ""
        return self.serve_http(f"HTTP/1.1 200 OK\r\n{head}\r\n".encode() + body).origin + "/name"

    def test_tells_how_much_of_how_much_how_fast_and_how_long(self):
        text = self.on_a_terminal("--limit-rate", "300k", self.slow())
        self.assertRegex(text, r"name +\d+% \[#*-*\] [\d.]+ kB of 300 kB  [\d.]+ kB/s(  \d s left)?\n")
        self.assertRegex(text, r"\x1b\[1A\r\x1b\[J.*name  300 kB in 1 s\n$")

    def test_of_unknown_length(self):
        text = self.on_a_terminal("--limit-rate", "300k", self.slow(length=False))
        self.assertRegex(text, r"name +[\d.]+ kB  [\d.]+ kB/s  1 s\n")
        self.assertNotIn("%", text)

    def test_of_several_and_of_all(self):
        folder = self.folder()
        outputs = [part for i in range(3) for part in ("-o", os.path.join(folder, f"file{i}"))]
        text = self.on_a_terminal("--limit-rate", "300k", *outputs, *[self.slow()] * 3)
        for i in range(3):
            self.assertRegex(text, rf"file{i} +\d+% \[")
        self.assertRegex(text, r"\n0 of 3 done, [\d.]+ kB, [\d.]+ kB/s in \d s\n")

    def test_leaves_other_lines_whole(self):
        folder = self.folder()
        text = self.on_a_terminal("--limit-rate", "300k", "-o", os.path.join(folder, "a"), "-o", os.path.join(folder, "b"), self.slow(),
                                  self.serve_http(response(b"", status="404 No")).origin)
        self.assertRegex(text, r"(?m)^parlance get: http://\S+/: status 404 No$")

    def test_is_not_told_where_nobody_wants_it(self):
        url = self.slow()
        for quiet in ("-s", "--no-progress-meter"):
            self.assertEqual(self.on_a_terminal(quiet, "--limit-rate", "300k", url), "")
        self.assertEqual(self.get("--limit-rate", "300k", url)[2], "")
        self.assertNotIn("%", self.on_a_terminal("-v", "--limit-rate", "300k", url))

    def test_fits_a_narrow_terminal(self):
        """Also where a name has characters of two columns, and of none."""
        for name in ("name", "\u6587\u4ef6" * 20, "e\u0301" * 40):
            path = os.path.join(self.folder(), name)
            text = self.on_a_terminal("--limit-rate", "300k", "-o", path, self.slow(), columns=30)
            lines = re.sub(r"\x1b\[\w+", "", text).replace("\r", "\n").split("\n")
            self.assertTrue(any(line.startswith(name[:4]) for line in lines), text)
            for line in lines:
                self.assertLess(sum(self.columns(c) for c in line), 30)

    @staticmethod
    def columns(character):
        if unicodedata.combining(character):
            return 0
        return 2 if unicodedata.east_asian_width(character) in "WF" else 1


class Uploads(OnATerminal):
    def taking(self, seconds):
        """A server that takes a body little by little, so long in all."""
        def take(caller, head, more):
            got, whole = len(more), int(re.search(r"Content-Length: (\d+)", head)[1])
            if "100-continue" in head:
                caller.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            for step in range(1, 21):
                time.sleep(seconds / 20)
                while got < whole * step // 20:
                    part = caller.recv(65536)
                    if not part:
                        return
                    got += len(part)
            caller.sendall(response(b"taken\n"))
        return self.serve_http(take).origin + "/name"

    # More than buffers hold.
    SIZE = 20_000_000

    def file(self):
        path = os.path.join(self.folder(), "big")
        with open(path, "wb") as file:
            file.truncate(self.SIZE)
        return path

    def test_tell_how_much_of_how_much_was_sent(self):
        text = self.on_a_terminal("-T", self.file(), self.taking(2))
        self.assertRegex(text, r"name +\d+% \[#*-*\] [\d.]+ MB of 20 MB sent  [\d.]+ \w+/s.*\n")
        self.assertRegex(text, r"\x1b\[1A\r\x1b\[J.*name  20 MB sent, 6 B in \d+ s\n$")

    def test_of_forms_and_data(self):
        path = self.file()
        for arguments in (["--data-binary", "@" + path], ["-F", "a=@" + path]):
            self.assertRegex(self.on_a_terminal(*arguments, self.taking(2)), r"of 20 MB sent  ")

    def test_are_shown_until_the_answer_comes_where_that_goes_to_the_terminal(self):
        text = self.on_a_terminal("-T", self.file(), self.taking(2), stdout_too=True)
        self.assertRegex(text, r"of 20 MB sent  ")
        self.assertRegex(text, r"\x1b\[1A\r\x1b\[J.*name  20 MB sent in \d+ s\ntaken\n$")
        self.assertEqual(self.on_a_terminal("-d", "a=b", self.taking(1), stdout_too=True), "taken\n")

    def test_count_in_the_sum(self):
        path = self.file()
        text = self.on_a_terminal("-T", path, self.taking(2), self.taking(2), "-o", "/dev/null", "-o", "/dev/null")
        sums = re.findall(r"\n\d of 2 done, ([\d.]+) MB, ", text)
        self.assertGreater(max(map(float, sums), default=0), 1, text)


if __name__ == "__main__":
    unittest.main()
