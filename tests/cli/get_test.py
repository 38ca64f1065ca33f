"""`parlance get`: what it asks, what it takes, and what it makes of servers that people have."""

import hashlib
import http.server
import json
import os
import threading
import unittest

from get_case import LIMIT, PARLANCE, GetCase, response


class FromNginx(GetCase):
    TEXT = b"".join(b"line %d\n" % i for i in range(20000))
    BIG = os.urandom(1 << 20) * 40

    def setUp(self):
        self.server = self.nginx({"plain.txt": self.TEXT, "big": self.BIG, "empty": b"", "small": b"s" * 1000})

    def test_a_file_is_fetched_whole(self):
        self.gets(b"s" * 1000, self.server.http + "/small")
        self.gets(b"", self.server.http + "/empty")
        self.gets(self.BIG, self.server.http + "/big")

    def test_compression_is_taken_off(self):
        _, out, _ = self.get("-i", self.server.http + "/plain.txt")
        head, _, body = out.partition(b"\r\n\r\n")
        self.assertIn(b"Content-Encoding: gzip", head)
        self.assertEqual(body, self.TEXT)

    def test_no_compression_is_asked_for_when_it_would_be_left_on(self):
        _, out, _ = self.get("-i", "--no-decode", self.server.http + "/plain.txt")
        head, _, body = out.partition(b"\r\n\r\n")
        self.assertNotIn(b"Content-Encoding", head)
        self.assertEqual(body, self.TEXT)

    def test_urls_of_one_origin_share_a_connection(self):
        for origin, trust in ((self.server.http, ()), (self.server.https, ("--ca", self.server.ca))):
            urls = [origin + "/small", origin + "/plain.txt", origin + "/empty", origin + "/small"]
            _, out, err = self.get("-v", "--parallel", "1", *trust, *urls)
            self.assertEqual(len(out), 2000 + len(self.TEXT))
            self.assertEqual(err.count("* connected to"), 1, err)
            self.assertEqual(err.count("is used again"), 3, err)

    def test_tls_is_checked(self):
        self.gets(b"s" * 1000, "--ca", self.server.ca, self.server.https + "/small")
        self.gets(b"s" * 1000, "--insecure", self.server.https + "/small")
        self.fails(6, r"certificate", self.server.https + "/small")

    def test_a_certificate_for_another_name_is_not_trusted(self):
        context, ca = self.tls("DNS:example.com")
        server = self.serve_http(response(b"secret"), tls=context)
        self.fails(6, r"not for 127\.0\.0\.1", "--ca", ca, server.origin + "/")

    def test_a_redirect_is_followed(self):
        self.gets(self.TEXT, self.server.http + "/moved")

    def test_a_redirect_loop_is_left(self):
        self.fails(1, r"/loop.*20 times", self.server.http + "/loop")

    def test_a_redirect_from_https_to_http_is_not_followed(self):
        self.fails(1, r"https to http", "--ca", self.server.ca, self.server.https + "/downgrade")

    def test_a_redirect_is_printed_when_none_is_to_be_followed(self):
        _, out, _ = self.get("-I", "--max-redirects", "0", self.server.http + "/moved")
        self.assertRegex(out, rb"^HTTP/1.1 301 ")

    def test_the_head_alone(self):
        code, out, err = self.get("-I", self.server.http + "/big")
        self.assertEqual(code, 0, err)
        self.assertRegex(out, rb"(?s)^HTTP/1\.1 200 OK\r\n.*Content-Length: %d\r\n.*\r\n\r\n$" % len(self.BIG))

    def test_verbose_tells_what_is_sent_what_comes_and_how_long_it_took(self):
        err = self.gets(b"s" * 1000, "-v", "--ca", self.server.ca, self.server.https + "/small")
        for pattern in (r"(?m)^\* connected to localhost:\d+ \((127\.0\.0\.1|\[::1\]):\d+\)$", r"(?m)^\* TLSv1\.\d, [\w-]+, ALPN http/1\.1",
                        r"(?m)^> GET /small HTTP/1\.1$", r"(?m)^> Host: localhost:\d+$", r"(?m)^< HTTP/1\.1 200 OK$",
                        r"(?m)^< Content-Length: 1000$",
                        r"(?m)^\* name [\d.]+ m?s, TCP [\d.]+ m?s, TLS [\d.]+ m?s, first byte [\d.]+ m?s, body [\d.]+ m?s: "
                        r"1000 bytes in "):
            self.assertRegex(err, pattern)

    def test_verbose_over_http_tells_of_no_tls(self):
        err = self.gets(b"s" * 1000, "-v", self.server.http + "/small")
        self.assertNotIn("TLS", err)

    def test_nothing_is_said_on_stderr_without_it(self):
        self.assertEqual(self.gets(b"s" * 1000, self.server.http + "/small"), "")

    def test_many_at_once_to_files(self):
        folder = self.folder()
        names = [os.path.join(folder, str(i)) for i in range(8)]
        arguments = [part for name in names for part in ("-o", name)]
        self.gets(b"", *arguments, *[self.server.http + "/big"] * 8)
        wanted = hashlib.sha256(self.BIG).digest()
        for name in names:
            with open(name, "rb") as file:
                self.assertEqual(hashlib.sha256(file.read()).digest(), wanted)
        self.assertEqual(sorted(os.listdir(folder)), sorted(map(os.path.basename, names)))

    def test_memory_does_not_grow_with_the_body(self):
        def peak(path):
            return self.peak_memory(self.server.http + path)
        self.assertLess(peak("/big") - peak("/small"), len(self.BIG) // 2)


class FromPython(GetCase):
    def test_its_file_server(self):
        folder = self.folder()
        with open(os.path.join(folder, "page"), "wb") as file:
            file.write(b"hello")

        class Quiet(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *arguments):
                super().__init__(*arguments, directory=folder)

            def log_message(self, *arguments):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        at = "127.0.0.1:%d" % server.server_port
        self.gets(b"hello", at + "/page")  # without a scheme, as people type it
        code, out, err = self.get(at + "/nope")
        self.assertEqual(code, 0)
        self.assertIn(b"404", out)
        self.assertRegex(err, r"^parlance get: http://127\.0\.0\.1:\d+/nope: status 404 File not found\n$")
        self.assertEqual(self.get("-q", at + "/nope")[2], "")
        self.assertEqual(self.fails(8, r"status 404", "--fail", at + "/nope"), b"")


    def test_its_server_keeps_a_connection(self):
        callers = []

        class Keeping(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                super().setup()
                callers.append(self.client_address)

            def do_PUT(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Keeping)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        at = "127.0.0.1:%d/" % server.server_port
        body = b"x" * (3 << 20)  # large enough to wait for 100 (Continue)
        with open(os.path.join(self.folder(), "body"), "wb") as file:
            file.write(body)
        self.gets(body * 3, "--parallel", "1", "-X", "PUT", "-d", "@" + file.name, at, at, at)
        self.assertEqual(len(callers), 1)


class Asking(GetCase):
    def ask(self, *arguments, **more):
        server = self.echo()
        code, out, err = self.get(*arguments, server.origin + "/path?q#f", **more)
        self.assertEqual(code, 0, err)
        return json.loads(out)

    def test_a_plain_one(self):
        asked = self.ask()
        self.assertEqual(asked["start"], "GET /path?q HTTP/1.1")
        self.assertRegex(asked["fields"]["User-Agent"], r"^parlance/\d")
        self.assertEqual(asked["fields"]["Accept-Encoding"], "gzip, deflate, br, zstd")

    def test_with_fields(self):
        asked = self.ask("-H", "X-One: 1", "-H", "User-Agent: me", "-H", "X-Empty;", "-H", "Accept:")
        self.assertEqual(asked["fields"]["X-One"], "1")
        self.assertEqual(asked["fields"]["User-Agent"], "me")
        self.assertEqual(asked["fields"]["X-Empty"], "")
        self.assertNotIn("Accept", asked["fields"])

    def test_with_data(self):
        asked = self.ask("-d", "a=b")
        self.assertEqual(asked["start"], "POST /path?q HTTP/1.1")
        self.assertEqual(asked["body"], "a=b")
        self.assertEqual(asked["fields"]["Content-Length"], "3")
        self.assertEqual(asked["fields"]["Content-Type"], "application/x-www-form-urlencoded")

    def test_with_data_from_stdin_and_from_a_file(self):
        self.assertEqual(self.ask("--data-binary", "@-", stdin=b"from\nstdin\0")["body"], "from\nstdin\0")
        self.assertEqual(self.ask("-d", "@-", stdin=b"from\r\nstdin\n")["body"], "fromstdin")
        path = os.path.join(self.folder(), "data")
        with open(path, "wb") as file:
            file.write(b"x" * 300000)
        asked = self.ask("-X", "PUT", "-H", "content-type: text/plain", "-d", "@" + path)
        self.assertEqual(asked["body"], "x" * 300000)
        self.assertEqual(asked["start"], "PUT /path?q HTTP/1.1")
        self.assertEqual(asked["fields"]["content-type"], "text/plain")
        self.assertNotIn("Content-Type", asked["fields"])

    def test_with_another_method(self):
        self.assertEqual(self.ask("-X", "DELETE")["start"], "DELETE /path?q HTTP/1.1")

    def test_a_password_is_sent_and_not_told(self):
        server = self.serve_http(response(b"", "X: y"))
        code, _, err = self.get("http://me:secret@" + server.address + "/")
        self.assertEqual(code, 0, err)
        self.assertIn("Authorization: Basic bWU6c2VjcmV0", server.heads[0])
        server = self.serve_http(b"")
        self.assertNotIn("secret", self.get("http://me:secret@" + server.address + "/")[2])


    def test_a_password_is_in_no_error(self):
        for url in ("http://me:secret@h:x/", "http://me:secret@[/", "ftp://me:secret@h/", "http://me:secret/x@h/",
                    "me:secret@:1", "http://me:secret@" + "h" * 70000):
            with self.subTest(url):
                code, _, err = self.get(url)
                self.assertEqual((code, err.count("\n")), (2, 1), err)
                self.assertNotRegex(err, "se.?cret")
        for option, password in (("--timeout", "secret"), ("--parallel", "secret"), ("--timeout", "secret@" * 15000)):  # without their values
            code, _, err = self.get(option, f"http://me:{password}@h/")
            self.assertEqual(code, 2)
            self.assertRegex(err, r"\*\*\*@h/")
            self.assertNotIn("secret", err)

    def test_a_password_stays_over_a_redirect_to_the_same_origin(self):
        def answer(caller, head, more):
            to = f"Location: {server.origin}/there" if head.startswith("GET /here ") else "X: y"
            caller.sendall(response(b"page", to, status="302 Found" if to != "X: y" else "200 OK"))
        server = self.serve_http(answer)
        self.gets(b"page", f"http://me:secret@{server.address}/here")
        self.assertIn("Authorization: Basic bWU6c2VjcmV0", server.heads[1])

    def test_for_a_part_and_no_coding(self):
        self.assertNotIn("Accept-Encoding", self.ask("-H", "Range: bytes=10-")["fields"])


class Usage(GetCase):
    def test_what_makes_no_sense_is_told_and_nothing_is_sent(self):
        server = self.serve_http(response(b""))
        url = server.origin + "/"
        for arguments in ([], ["ftp://example.com/"], ["http://["], ["http://example.com:99999/"], ["-H", "nonsense", url],
                          ["-H", "A: b\nc: d", url], ["-o", "a", "-o", "b", url], ["-o", "a", "-o", "a", url, url], ["-o", "a", "-o", "./b/../a", url, url],
                          ["--timeout", "0", url], ["--timeout", "soon", url], ["--max-redirects", "all", url],
                          ["-X", "GET /", url], ["--ca", "x", "--insecure", url], ["-q", "-v", url], ["-I", "-d", "x", url],
                          ["-d", "@/nonexistent", url], ["--ca", "/nonexistent", url], ["--parallel", "0", url],
                          ["--nonsense", url], [url, "http://["]):
            with self.subTest(arguments):
                code, out, err = self.get(*arguments)
                self.assertEqual((code, out), (2, b""), err)
                self.assertRegex(err, r"^parlance get: .+\n$")
        self.fails(2, r"parlance get: the following argument was not expected: --nonsense; ", "--nonsense", url)
        for arguments in (["--netrc-file", "/nonexistent\x1b", url], ["--ca", "/nonexistent\x1b", url], ["--\x1b[31m", url]):
            code, _, err = self.get(*arguments)
            self.assertEqual((code, "\x1b" in err), (2, False), err)
        self.fails(2, r"leave out its zone, and say it by --interface", "http://[fe80::1%25eth0]:1/")
        self.fails(2, r"is not asked by https", "--proto", "=https", url)
        for wrong in ("=", "=ftp", "-all", "==https"):
            self.fails(2, r"--proto", "--proto", wrong, url)
        self.assertEqual(server.heads, [])

    def test_help_tells_all(self):
        code, out, err = self.get("--help")
        self.assertEqual((code, err), (0, ""))
        for word in (b"-o", b"-i", b"-I", b"-v", b"-q", b"-H", b"-X", b"-d", b"--ca", b"--insecure", b"--timeout",
                     b"--stall", b"--first-byte", b"--connect-timeout", b"--max-redirects", b"--no-decode", b"--fail", b"--parallel",
                     b"Exit codes"):
            self.assertIn(word, out)


if __name__ == "__main__":
    unittest.main()
