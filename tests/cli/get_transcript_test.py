"""`--trace-ascii`, `--trace-hex` and `--trace-time`: what is sent and comes, as curl's --trace writes it."""

import gzip
import os
import re
import shlex
import shutil
import subprocess
import unittest

from get_case import LIMIT, PARLANCE, GetCase, response

TIME = r"\d\d:\d\d:\d\d\.\d{6} "
# Lines that end at the width, before it and behind it, and bytes that cannot be printed.
BODY = b"".join(b"x" * n + b"\r\n" for n in (0, 1, 63, 64, 65, 128, 129)) + b"a\nb\rc\0\xff\x7f~ \r\n\r\nend\r"


class Transcripts(GetCase):
    def setUp(self):
        self.here = self.folder()

    def path(self, name):
        return os.path.join(self.here, name)

    def read(self, name):
        with open(self.path(name), encoding="ascii") as file:
            return file.read()

    @staticmethod
    def entries(text, but=("== Info", "=> Send header")):
        """Without what each program says in its own words."""
        parts = re.split(rf"^(?=(?:{TIME})?(?:==|=>|<=) )", text, flags=re.M)
        return "".join(part for part in parts if not re.sub(f"^{TIME}", "", part).startswith(but))

    def test_begins_with_the_head_that_is_sent(self):
        server = self.serve_http(response(b"hello"))
        self.gets(b"hello", "-A", "", "-H", "Accept:", "--no-decode", "--trace-ascii", self.path("t"), server.origin + "/a")
        host = "Host: " + server.address
        size = len(server.heads[0]) + 4
        self.assertEqual([line for line in self.read("t").splitlines() if not line.startswith("== Info: ")], [
            f"=> Send header, {size} bytes (0x{size:x})", "0000: GET /a HTTP/1.1", "0011: " + host, f"{0x11 + len(host) + 2:04x}: Connection: close",
            f"{size - 2:04x}: ", "<= Recv header, 17 bytes (0x11)", "0000: HTTP/1.1 200 OK", "<= Recv header, 19 bytes (0x13)", "0000: Content-Length: 5",
            "<= Recv header, 2 bytes (0x2)", "0000: ", "<= Recv data, 5 bytes (0x5)", "0000: hello"])
        self.assertIn(f"== Info: connected to {server.address}\n", self.read("t"))
        self.assertEqual(os.stat(self.path("t")).st_mode & 0o777, 0o600)

    def test_shows_bytes_as_numbers(self):
        server = self.serve_http(response(bytes(range(24, 48))))
        self.gets(bytes(range(24, 48)), "--trace-hex", self.path("t"), server.origin)
        self.assertTrue(self.entries(self.read("t")).endswith(
            "<= Recv data, 24 bytes (0x18)\n"
            "0000: 18 19 1a 1b 1c 1d 1e 1f 20 21 22 23 24 25 26 27 ........ !\"#$%&'\n"
            "0010: 28 29 2a 2b 2c 2d 2e 2f                         ()*+,-./\n"))

    @unittest.skipUnless(shutil.which("curl"), "needs curl")
    def test_is_what_curl_writes(self):
        def answer(caller, head, more):
            if head.startswith("POST"):
                self.body_of(caller, head, more)
            caller.sendall(response(BODY, "X-Long: " + "y" * 200))
        server = self.serve_http(answer)
        with open(self.path("sent"), "wb") as file:
            file.write(BODY.replace(b"\0", b"").replace(b"\rc", b"c"))  # which -d of some curls cuts lines at
        for more in ("", " -d @sent", " --data-binary @sent -H 'Expect:'"):
            for option in ("--trace", "--trace-ascii"):
                command = f"curl -s {option} t -o got {server.origin}/a{more}"
                with self.subTest(command):
                    subprocess.run(["sh", "-c", command], check=True, timeout=LIMIT, cwd=self.here)
                    wanted = self.entries(self.read("t"))
                    self.assertIn("<= Recv data, ", wanted)
                    code, _, err = self.get("--from-curl", command, cwd=self.here)
                    self.assertEqual(code, 0, err)
                    self.assertEqual(self.entries(self.read("t")), wanted)

    @staticmethod
    def body_of(caller, head, more):
        size = int(re.search(r"Content-Length: (\d+)", head)[1])
        while len(more) < size:
            more += caller.recv(65536)

    def test_tells_when(self):
        url = self.serve_http(response(b"hello")).origin
        _, _, err = self.get("-v", "--trace-time", "--trace-ascii", self.path("t"), url)
        self.assertTrue(all(re.match(TIME + "[*<>] ", line) for line in err.splitlines()), err)
        for line in self.read("t").splitlines():
            self.assertRegex(line, f"^(?:{TIME}(?:==|=>|<=) |[0-9a-f]{{4}}: )")
        self.assertFalse(re.match(TIME, self.get("-v", url)[2]))

    def test_shows_what_is_compressed_as_it_came_and_trailers(self):
        packed = gzip.compress(b"hello" * 100, mtime=0)
        server = self.serve_http(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
                                 + b"%x\r\n%s\r\n0\r\nX-Sum: 1\r\n\r\n" % (len(packed), packed))
        self.gets(b"hello" * 100, "--trace-ascii", self.path("t"), server.origin)
        told = self.read("t")
        self.assertEqual(sum(map(int, re.findall(r"<= Recv data, (\d+) bytes", told))), len(packed))
        self.assertIn("<= Recv header, 10 bytes (0xa)\n0000: X-Sum: 1\n", told)

    def test_shows_redirects_and_what_went_wrong(self):
        def answer(caller, head, more):
            if head.startswith("GET /a "):
                caller.sendall(response(b"elsewhere", "Location: /b", status="302 Found"))
            else:
                caller.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
        server = self.serve_http(answer)
        code, out, err = self.get("--trace-ascii", self.path("t"), server.origin + "/a")
        self.assertEqual((code, out), (7, b"half"), err)
        told = self.read("t")
        self.assertIn("== Info: redirected to " + server.origin + "/b\n", told)
        self.assertEqual(told.count("=> Send header"), 2)
        self.assertTrue(told.endswith("0000: half\n== Info: " + err), told)

    def test_goes_where_it_is_said_to(self):
        url = self.serve_http(response(b"hello")).origin + "/"
        whole = self.get("--trace-ascii", "-", "-o", os.devnull, url)[1].decode()
        self.assertTrue(whole.startswith("== Info: ") and "0000: hello\n" in whole, whole)
        code, out, err = self.get("--trace-ascii", "%", url)
        self.assertEqual((code, out), (0, b"hello"))
        self.assertIn("0000: hello\n", err)
        # Somebody who reads slowly gets all of it.
        big = self.serve_http(response(b"z" * 1_000_000)).origin
        reading = subprocess.run(["sh", "-c", shlex.join([PARLANCE, "get", "--no-decode", "--trace-hex", "-", "-o", os.devnull, big]) + " | (sleep 0.3; cat)"],
                                 capture_output=True, timeout=LIMIT)
        self.assertEqual(reading.stdout.count(b" 7a"), 1_000_000)
        self.fails(1, "write /no/such/folder: no such file or directory", "--trace-ascii", "/no/such/folder", url)

    def test_shares_its_name_with_the_diagram(self):
        """--trace draws; where a file of curl's stands behind it, it does what curl does."""
        url = self.serve_http(response(b"hello")).origin + "/"
        path = self.path("t")
        for arguments in (("--trace", path, url), ("--trace", "./t", url), ("--from-curl", f"curl --trace t {url}"),
                          ("--from-curl", f"curl {url} --trace {path}"), ("-K", "options", url)):
            with self.subTest(arguments):
                with open(self.path("options"), "w", encoding="ascii") as file:
                    file.write("trace = t\n")
                code, out, err = self.get(*arguments, cwd=self.here)
                self.assertEqual((code, out, err), (0, b"hello", ""))
                self.assertIn("\n0000: 68 65 6c 6c 6f ", self.read("t"))
                os.remove(path)
        self.assertIn(b"<= Recv data", self.get("--trace", "-", url)[1])
        for arguments in (("--trace", "t.svg", url), ("--trace=./t.svg", url), ("--trace", "./t.svg", url),
                          ("--from-curl", f"curl --trace t.svg {url}")):
            with self.subTest(arguments):
                self.assertEqual(self.get(*arguments, cwd=self.here)[:2], (0, b"hello"))
                self.assertIn("<svg", self.read("t.svg"))
                os.remove(self.path("t.svg"))
        code, out, err = self.get("--trace", url)
        self.assertEqual((code, out), (0, b"hello"))
        self.assertIn("connection 1", err)

    def test_goes_back_to_curl(self):
        for given, wanted in (("--trace-hex", "--trace x --trace-time"), ("--trace-ascii", "--trace-ascii x --trace-time")):
            _, out, err = self.get("--curl", given, "x", "--trace-time", "http://127.0.0.1:1/")
            self.assertIn(wanted, out.decode(), err)


if __name__ == "__main__":
    unittest.main()
