"""HTTP/2 with programs that others wrote: `parlance get` with nginx and nghttpd, `parlance serve` with curl, nghttp and h2load."""

import json
import os
import shutil
import socket
import subprocess
import time

import get_case
from chat_case import ChatCase
from get_case import LIMIT, GetCase, Nginx, need_localhost

PATH = os.environ.get("PATH", "") + ":/usr/sbin"
NGHTTPD, NGHTTP, H2LOAD, CURL = (shutil.which(name, path=PATH) for name in ("nghttpd", "nghttp", "h2load", "curl"))


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Http2Nginx(Nginx):
    CONFIG = Nginx.CONFIG.replace("{https} ssl;", "{https} ssl http2;")


class WithNginx(GetCase):
    def setUp(self):
        need_localhost()
        self.assertIsNotNone(get_case.NGINX, "nginx is not installed (Debian: nginx-light)")
        self.large = os.urandom(3_000_000)
        self.server = Http2Nginx(self, {"plain.txt": b"plain text\n" * 100, "large.bin": self.large})
        self.trust = ("--cacert", self.server.ca)

    def test_it_is_spoken_where_the_server_can(self):
        err = self.gets(b"plain text\n" * 100, "-v", *self.trust, self.server.https + "/plain.txt")
        self.assertIn("ALPN h2", err)
        self.assertIn("> GET /plain.txt HTTP/2\n", err)
        self.assertIn("< HTTP/2 200", err)
        self.assertIn("< content-encoding: gzip", err)
        self.gets(self.large, *self.trust, self.server.https + "/large.bin")
        self.gets(self.large[5:10], *self.trust, "-r", "5-9", self.server.https + "/large.bin")

    def test_and_not_where_nobody_wants_it(self):
        for options, version in ((), b"2"), (("--http2",), b"2"), (("--http1.1",), b"1.1"):
            self.gets(version, *options, *self.trust, "-o", os.devnull, "-w", "%{http_version}",
                      self.server.https + "/plain.txt")

    def test_many_files_come_by_one_connection(self):
        code, out, err = self.get(*self.trust, "--parallel", "30", "-o", os.devnull, "-w", "%{num_connects}",
                                  self.server.https + "/plain.txt?[1-60]")
        self.assertEqual((code, sorted(out)), (0, sorted(b"1" + 59 * b"0")), err)

    def test_redirects_and_what_is_missing(self):
        self.gets(b"plain text\n" * 100, *self.trust, self.server.https + "/moved")
        self.fails(8, r"status 404", "--fail", *self.trust, self.server.https + "/none")

    def test_reports_say_so(self):
        path = os.path.join(self.folder(), "all.har")
        self.get(*self.trust, "-o", os.devnull, "--har", path, self.server.https + "/plain.txt")
        with open(path, encoding="utf-8") as file:
            entry = json.load(file)["log"]["entries"][0]
        self.assertEqual((entry["request"]["httpVersion"], entry["response"]["httpVersion"]), ("HTTP/2", "HTTP/2"))

    def test_curl_is_told_the_same(self):
        code, out, _ = self.get("--curl", "--http2-prior-knowledge", "http://h/")
        self.assertEqual((code, b"--http2-prior-knowledge" in out), (0, True), out)
        code, out, _ = self.get("--curl", "--from-curl", "curl --http1.1 http://h/")
        self.assertEqual((code, b"--http1.1" in out), (0, True), out)


class WithNghttpd(GetCase):
    def setUp(self):
        self.assertIsNotNone(NGHTTPD, "nghttpd is not installed (Debian: nghttp2-server)")
        self.at = f"http://127.0.0.1:{(port := free_port())}"
        with open(os.path.join(folder := self.folder(), "a.txt"), "wb") as file:
            file.write(b"hello\n")
        process = subprocess.Popen([NGHTTPD, "--no-tls", "--echo-upload", "-d", folder, "-a", "127.0.0.1", str(port)],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait, LIMIT)
        self.addCleanup(process.terminate)
        end = time.monotonic() + LIMIT
        while True:
            try:
                return socket.create_connection(("127.0.0.1", port), 1).close()
            except OSError:
                self.assertLess(time.monotonic(), end)
                time.sleep(0.01)

    def test_prior_knowledge_and_uploads(self):
        self.gets(b"hello\n", "--http2-prior-knowledge", self.at + "/a.txt")
        large = os.urandom(2_000_000)
        code, out, err = self.get("--http2-prior-knowledge", "--data-binary", "@-", self.at + "/echo",
                                  stdin=large, verb="post")
        self.assertEqual((code, out == large), (0, True), err)


class Serving(ChatCase):
    """The chat's port is served by http::serve, so it speaks HTTP/2 too."""

    def run_ok(self, *command):
        done = subprocess.run(command, capture_output=True, timeout=LIMIT)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.decode()

    def test_curl(self):
        at = f"http://127.0.0.1:{self.chat_server().port}/"
        said = self.run_ok(CURL, "-sS", "-i", "--http2-prior-knowledge", at)
        self.assertTrue(said.startswith("HTTP/2 200"), said[:200])
        self.assertIn("This is a Parlance chat", said)
        self.assertEqual(said.partition("\r\n\r\n")[2], self.run_ok(CURL, "-sS", at))

    def test_nghttp_and_h2load(self):
        for tool in (NGHTTP, H2LOAD):
            self.assertIsNotNone(tool, "nghttp and h2load are not installed (Debian: nghttp2-client)")
        at = f"http://127.0.0.1:{self.chat_server().port}/"
        self.assertIn("This is a Parlance chat", self.run_ok(NGHTTP, at))
        said = self.run_ok(H2LOAD, "-n", "20", "-c", "2", "-m", "5", at)
        self.assertIn("0 failed, 0 errored, 0 timeout", said)
