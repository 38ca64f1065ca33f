"""The options of curl that few people need: each does what it does there, and what is not had says so."""

import contextlib
import gzip
import os
import re
import shutil
import socket
import stat
import subprocess
import threading
import unittest

from get_case import LIMIT, PARLANCE, GetCase, read_head, response


class Requests(GetCase):
    def start(self, *arguments):
        server = self.echo()
        words = [word.replace("ORIGIN", server.origin).replace("ADDRESS", server.address) for word in arguments]
        code, _, err = self.get(*words)
        self.assertEqual(code, 0, err)
        return self.asked[-1]["start"]

    def test_what_is_asked_for(self):
        self.assertEqual(self.start("--url-query", "a=b c&d", "--url-query", "+e=%20f", "ORIGIN/x?y"), "GET /x?y&a=b+c%26d&e=%20f HTTP/1.1")
        self.assertEqual(self.start("-X", "OPTIONS", "--request-target", "*", "ORIGIN"), "OPTIONS * HTTP/1.1")
        self.assertEqual(self.start("--path-as-is", "ORIGIN/a/../b/./%2e/c"), "GET /a/../b/./%2e/c HTTP/1.1")
        self.assertEqual(self.start("ORIGIN/a/../b/./%2e/c"), "GET /b/c HTTP/1.1")
        self.assertEqual(self.start("-0", "ORIGIN/"), "GET / HTTP/1.0")
        self.assertEqual(self.start("--http1.0", "-d", "a=b", "ORIGIN/"), "POST / HTTP/1.0")
        self.assertEqual(self.start("--proto-default", "http", "ADDRESS/z"), "GET /z HTTP/1.1")

    def test_of_http_1_0_no_length_is_guessed(self):
        server = self.echo()
        self.fails(1, "HTTP/1.0 sends no body whose length is not known", "-0", "-T", "-", server.origin, stdin=b"x")

    def test_a_scheme_of_ones_own(self):
        context, ca = self.tls("IP:127.0.0.1")
        server = self.serve_http(response(b"secure"), context)
        self.gets(b"secure", "--proto-default", "https", "--ca", ca, server.address + "/")
        self.fails(2, "--disallow-username-in-url refuses", "--disallow-username-in-url", "http://me:secret@127.0.0.1:1/")
        self.assertNotIn("secret", self.get("--disallow-username-in-url", "http://me:secret@127.0.0.1:1/")[2])

    def moved(self, status, to=None):
        there = to or self.echo()

        def answer(caller, head, more):
            caller.sendall(response(b"", f"Location: {there.origin}/there", status=f"{status} Moved"))
        return self.serve_http(answer)

    def test_redirects(self):
        for status in (301, 302, 303):
            here = self.moved(status)
            self.assertEqual(self.get("-d", "a=b", here.origin)[0], 0)
            self.assertEqual((self.asked[-1]["start"], self.asked[-1]["body"]), ("GET /there HTTP/1.1", ""))
            for other in (301, 302, 303):
                self.assertEqual(self.get("-d", "a=b", f"--post{other}", here.origin)[0], 0)
                self.assertEqual(self.asked[-1]["body"], "a=b" if other == status else "")
        here = self.moved(302)
        login = ("-u", "me:secret", "-H", "X-Api-Key: k", here.origin)
        self.assertEqual(self.get(*login)[0], 0)
        self.assertNotIn("Authorization", self.asked[-1]["fields"])
        self.assertNotIn("X-Api-Key", self.asked[-1]["fields"])
        self.assertEqual(self.get("--location-trusted", *login)[0], 0)
        self.assertEqual(self.asked[-1]["fields"]["Authorization"], "Basic bWU6c2VjcmV0")
        self.assertEqual(self.asked[-1]["fields"]["X-Api-Key"], "k")
        self.fails(1, "redirect to http, which is not gone to", "--proto-redir", "=https", here.origin)
        self.gets(b"", "--no-location", here.origin)
        for most in ("-1", "50", "1"):  # curl has no limit by -1, and here 20 is one
            self.assertEqual(self.get("--max-redirs", most, here.origin)[0], 0)
            self.assertEqual(self.asked[-1]["start"], "GET /there HTTP/1.1")
        for more, code in ((("=http",), 0), (("-all,http",), 0), (("all",), 0), (("-ftp",), 0), (("http,https",), 0), (("-http",), 2), (("=https",), 2),
                           (("-all,+https",), 2), (("all,-http",), 2)):
            self.assertEqual(self.get("--proto", *more, here.origin)[0], code, more)

    def test_what_is_taken_back(self):
        server = self.serve_http(response(b"no", status="404 Not Found"))
        for flag, back in (("-f", "--no-fail"), ("-i", "--no-include"), ("-v", "--no-verbose"), ("--fail-with-body", "--no-fail-with-body")):
            self.assertEqual(self.get("-s" if flag != "-v" else "-S", flag, back, server.origin)[:2], (0, b"no"))
        self.assertNotIn("> GET", self.get("-v", "--no-verbose", server.origin)[2])
        self.assertIn("status 404", self.get("-s", "--no-silent", server.origin)[2])

    def test_lengths_that_are_wrong(self):
        def answer(caller, head, more):
            caller.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nlonger than that")
        server = self.serve_http(answer)
        self.gets(b"lon", server.origin)
        self.gets(b"longer than that", "--ignore-content-length", server.origin)

    def test_a_body_as_it_comes(self):
        """With what frames its chunks, as curl keeps it."""
        chunks = b"5;a=b\r\nhello\r\n1\r\n!\r\n0\r\nX-Trailer: t\r\n\r\n"
        coded = gzip.compress(b"coded")

        def answer(caller, head, more):
            if head.split()[1] == "/coded":
                return caller.sendall(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(coded), coded))
            for i in range(len(chunks)):  # wherever it is cut
                caller.sendall((b"" if i else b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n") + chunks[i:i + 1])
        server = self.serve_http(answer)
        expected = {"/": chunks, "/coded": b"%x\r\n%b\r\n0\r\n\r\n" % (len(coded), coded)}
        for path, body in expected.items():
            self.gets(body, "--raw", server.origin + path)
            if shutil.which("curl"):
                done = subprocess.run(["curl", "-s", "--raw", server.origin + path], capture_output=True, timeout=LIMIT)
                self.assertEqual((done.returncode, done.stdout), (0, body))
        self.gets(b"hello!", server.origin)
        self.gets(b"coded", server.origin + "/coded")
        self.assertNotIn("Accept-Encoding", server.heads[0])

    def test_a_body_that_breaks_off_is_told_of_all_the_same(self):
        server = self.serve_http(lambda caller, head, more: caller.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel"))
        code, out, err = self.get("--raw", server.origin)
        self.assertEqual((code, out), (7, b"5\r\nhel"), err)

    def test_any_login_that_is_asked_for(self):
        def answer(challenge):
            def ask(caller, head, more):
                if "\r\nAuthorization: " in head:
                    return caller.sendall(response(re.search("Authorization: ([A-Za-z]+)", head)[1].encode()))
                return caller.sendall(response(b"", f"WWW-Authenticate: {challenge}", status="401 Who"))
            return ask
        login = ("-f", "--anyauth", "-u", "me:secret")
        self.gets(b"Basic", *login, self.serve_http(answer('Basic realm="x"')).origin)
        self.gets(b"Digest", *login, self.serve_http(answer('Digest realm="x", nonce="y", qop="auth"')).origin)
        self.gets(b"Digest", *login, self.serve_http(answer('Basic realm="x"\r\nWWW-Authenticate: Digest realm="x", nonce="y", qop="auth"')).origin)
        self.fails(8, "401", *login, self.serve_http(answer("Negotiate")).origin)


class Files(GetCase):
    def test_what_is_there_stays(self):
        server, folder = self.serve_http(response(b"new")), self.folder()
        path = os.path.join(folder, "a")
        for content in ("a", "a.1"):
            with open(os.path.join(folder, content), "w") as file:
                file.write("old")
        for option in (("-o", path), ("-O", "--output-dir", folder)):
            self.gets(b"", "--no-clobber", *option, server.origin + "/a")
        read = lambda name: open(os.path.join(folder, name), "rb").read()  # noqa: E731
        self.assertEqual([read(name) for name in ("a", "a.1", "a.2", "a.3")], [b"old", b"old", b"new", b"new"])
        self.gets(b"", "--no-clobber", "-o", "/dev/null", server.origin)
        self.fails(2, "leave out one", "--no-clobber", "-C", "-", "-o", path, server.origin)

    def test_modes_and_notes(self):
        server, folder = self.serve_http(response(b"x", "Content-Type: text/x-test")), self.folder()
        path = os.path.join(folder, "a")
        old = os.umask(0o027)
        self.addCleanup(os.umask, old)
        self.gets(b"", "--create-file-mode", "0775", "-o", path, server.origin)
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o750)
        try:
            os.setxattr(path, "user.test", b"")
        except OSError:
            self.skipTest("the file system keeps no attributes")
        self.gets(b"", "--xattr", "-e", "http://from.example/", "-o", path, server.origin.replace("//", "//me:secret@") + "/b")
        noted = {name: os.getxattr(path, name).decode() for name in os.listxattr(path) if name != "user.test"}
        self.assertEqual(noted, {"user.xdg.origin.url": server.origin + "/b", "user.xdg.referrer.url": "http://from.example/", "user.mime_type": "text/x-test"})

    def test_stderr_elsewhere(self):
        server, folder = self.serve_http(response(b"x")), self.folder()
        path = os.path.join(folder, "told")
        self.assertEqual(self.get("-v", "--stderr", path, server.origin)[1:], (b"x", ""))
        self.assertIn("< HTTP/1.1 200 OK", open(path).read())
        self.assertIn(b"< HTTP/1.1 200 OK", self.get("-v", "--stderr", "-", server.origin)[1])
        self.assertEqual(self.get("--stderr", folder, server.origin)[0], 2)

    def test_session_cookies_stay_in_their_file(self):
        jar = os.path.join(self.folder(), "jar")
        with open(jar, "w") as file:
            file.write("127.0.0.1\tFALSE\t/\tFALSE\t0\tshort\t1\n127.0.0.1\tFALSE\t/\tFALSE\t4102444800\tlong\t2\n")
        server = self.echo()
        for option, cookies in (((), "short=1; long=2"), (("-j",), "long=2"), (("-j", "-b", "mine=3"), "long=2; mine=3")):
            self.assertEqual(self.get("-b", jar, *option, server.origin)[0], 0)
            self.assertEqual(self.asked[-1]["fields"]["Cookie"], cookies)


class Limits(GetCase):
    def test_who_is_too_slow(self):
        ended = self.event()

        def drip(caller, head, more):
            caller.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
            with contextlib.suppress(OSError):
                while not ended.wait(0.02):
                    caller.sendall(b"x")
        server = self.serve_http(drip)
        self.fails(5, "slower than 100000 bytes a second for 1 s", "-Y", "100000", "-y", "1", "-o", "/dev/null", server.origin)
        silent = self.serve_http(lambda caller, head, more: ended.wait(LIMIT))
        self.fails(5, "sent nothing for 1 s", "-y", "1", silent.origin)
        # Who is fast enough is not cut off, nor who is slow where that is not asked for.
        self.gets(b"x" * 1000000, "-Y", "1", "-y", "30", self.serve_http(response(b"x" * 1000000)).origin)

    def test_one_after_the_other(self):
        server = self.serve_http(response(b"no", status="404 No"))
        urls = [server.origin + f"/{n}" for n in range(3)]
        self.assertEqual(self.get("-f", "--fail-early", *urls)[0], 8)
        self.assertEqual(len(server.heads), 1)
        self.assertEqual(self.get("-f", "--fail-early", urls[0], "--next", urls[1])[0], 8)
        self.assertEqual(len(server.heads), 2)
        self.assertEqual(self.get("--rate", "20/s", *urls)[0], 0)
        self.assertEqual([head.split()[1] for head in server.heads[2:]], ["/0", "/1", "/2"])
        self.assertEqual(self.get("--rate", "x/s", *urls)[0], 2)

    def test_a_long_body_waits_as_long_as_it_is_told(self):
        said = []

        def answer(caller, head, more):
            said.append(more)
            caller.settimeout(LIMIT)
            said.append(caller.recv(10))  # without a word, when the time is up
            while len(caller.recv(65536)) == 65536:
                pass
            caller.sendall(response(b"done"))
        server = self.serve_http(answer)
        path = os.path.join(self.folder(), "long")
        with open(path, "wb") as file:
            file.write(b"y" * (1 << 20))
        self.assertIn(self.get("--expect100-timeout", "0.05", "-T", path, server.origin)[0], (0, 7))
        self.assertEqual(said, [b"", b"y" * 10])


class Connections(GetCase):
    def test_from_a_port(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            peers = []

            def answer(caller, head, more):
                peers.append(caller.getpeername()[1])
                caller.sendall(response(b"x"))
            server = self.serve_http(answer)
            if port > 65000:
                self.skipTest("no room for ports")
            self.gets(b"x", "--local-port", f"{port}-{port + 200}", server.origin)
            self.assertTrue(port < peers[0] <= port + 200, peers)
            self.fails(4, "in use", "--local-port", str(port), server.origin)
        self.assertEqual(self.get("--local-port", "7-3", server.origin)[0], 2)

    @unittest.skipUnless(shutil.which("strace"), "needs strace")
    def test_keepalive(self):
        server = self.serve_http(response(b"x"))

        def options(*given):
            done = subprocess.run(["strace", "-f", "-e", "trace=setsockopt", PARLANCE, "--backend", "epoll", "get", *given, server.origin],
                                  capture_output=True, timeout=LIMIT)
            if b"ptrace" in done.stderr:
                self.skipTest("strace may not trace")
            return done.stderr.decode()
        self.assertIn("TCP_KEEPIDLE, [7]", options("--keepalive-time", "7"))
        self.assertIn("SO_KEEPALIVE, [0]", options("--no-keepalive"))

    @unittest.skipUnless(shutil.which("strace"), "needs strace")
    def test_epoll_unless_a_backend_is_named(self):
        server = self.serve_http(response(b"x"))
        for named, rings in (((), 0), (("--backend", "io_uring"), 1)):
            done = subprocess.run(["strace", "-f", "-e", "trace=io_uring_setup", PARLANCE, *named, "get", server.origin],
                                  capture_output=True, timeout=LIMIT, env={k: v for k, v in os.environ.items() if k != "PARLANCE_BACKEND"})
            if b"ptrace" in done.stderr or (rings and done.returncode != 0):
                self.skipTest("strace may not trace, or there is no io_uring")
            self.assertEqual((done.stdout, done.stderr.count(b"io_uring_setup(")), (b"x", rings), done.stderr)

    def test_tls_as_it_is_asked_for(self):
        context, ca = self.tls("IP:127.0.0.1")
        server = self.serve_http(lambda caller, head, more: caller.sendall(response(f"{caller.version()} {caller.cipher()[0]}".encode())), context)
        ask = lambda *given: self.get("--ca", ca, *given, server.origin)[1].decode()  # noqa: E731
        self.assertTrue(ask("--tlsv1.3").startswith("TLSv1.3 "))
        self.assertTrue(ask("-1").startswith("TLSv1.3 "))
        self.assertEqual(ask("--tls-max", "1.2", "--ciphers", "ECDHE-ECDSA-AES128-GCM-SHA256"), "TLSv1.2 ECDHE-ECDSA-AES128-GCM-SHA256")
        self.assertEqual(ask("--tls13-ciphers", "TLS_AES_128_GCM_SHA256"), "TLSv1.3 TLS_AES_128_GCM_SHA256")
        self.assertTrue(ask("--curves", "P-256").startswith("TLSv1.3 "))
        for option, value in (("--tls-max", "1.1"), ("--ciphers", "NONE-SUCH"), ("--curves", "none-such"), ("--tls13-ciphers", "none-such"), ("--crlfile", ca)):
            self.assertEqual(self.get("--ca", ca, option, value, server.origin)[0], 2, option)
        self.assertEqual(self.get("--ca", ca, "--tlsv1.3", "--tls-max", "1.2", server.origin)[0], 2)

    def openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=LIMIT)

    def test_certificates_of_any_kind(self):
        context, ca = self.tls("IP:127.0.0.1")
        cert, key = self.certificate("DNS:client")
        context.load_verify_locations(cert)
        context.verify_mode = 2  # required
        server = self.serve_http(response(b"known"), context)
        folder = self.folder()
        at = lambda name: os.path.join(folder, name)  # noqa: E731
        self.openssl("x509", "-in", cert, "-outform", "DER", "-out", at("cert.der"))
        self.openssl("pkey", "-in", key, "-outform", "DER", "-out", at("key.der"))
        self.openssl("pkcs8", "-topk8", "-in", key, "-outform", "DER", "-out", at("secret.der"), "-passout", "pass:hush")
        self.openssl("pkcs12", "-export", "-in", cert, "-inkey", key, "-out", at("both.p12"), "-passout", "pass:hush")
        self.openssl("pkcs12", "-export", "-in", cert, "-inkey", key, "-out", at("open.p12"), "-passout", "pass:")
        trusting = ("--ca", ca, server.origin)
        self.gets(b"known", "--cert-type", "DER", "-E", at("cert.der"), "--key-type", "DER", "--key", at("key.der"), *trusting)
        self.gets(b"known", "-E", cert, "--key", at("secret.der"), "--pass", "hush", *trusting)
        self.gets(b"known", "--cert-type", "P12", "-E", at("both.p12") + ":hush", *trusting)
        self.gets(b"known", "-E", at("open.p12"), "--pass", "", *trusting)
        self.fails(2, "not with the password", "-E", at("both.p12") + ":wrong", *trusting)
        self.fails(2, "read the certificate", "-E", at("key.der"), *trusting)
        self.assertEqual(self.get("--cert-type", "ENG", *trusting)[0], 2)
        # A pipe is read once.
        read, write = os.pipe()
        with open(cert, "rb") as one, open(key, "rb") as other:
            os.write(write, one.read() + other.read())
        os.close(write)
        self.addCleanup(os.close, read)
        self.gets(b"known", "-E", f"/dev/fd/{read}", *trusting, pass_fds=(read,))


class NotHad(GetCase):
    def test_says_why(self):
        for option, why in (("--ftp-port", "curl's --ftp-port is for FTP"), ("-Q", "curl's -Q is for FTP"), ("--negotiate", "Kerberos and NTLM"),
                            ("--doh-url", "resolv.conf"), ("--dns-ipv4-addr", "--resolve"), ("--sslv3", "RFC 7568"), ("--cert-status", "OCSP"),
                            ("--http3-only", "HTTP/2"), ("--libcurl", "--trace-ascii tell"), ("--mail-from=x", "mail"), ("--expand-url", "the shell"), ("--mptcp", "packets")):
            code, out, err = self.get(option, "x", "http://127.0.0.1:1/")
            self.assertEqual((code, out, err.count("\n")), (2, b"", 1), err)
            self.assertIn(why, err)
        self.assertIn("not expected", self.get("--no-such-option", "http://127.0.0.1:1/")[2])

    def test_all_of_curls_options_are_known(self):
        """Each is taken, or refused with a reason; so a command line of curl's says at least what to change."""
        if not shutil.which("curl"):
            self.skipTest("needs curl")
        listed = subprocess.run(["curl", "--help", "all"], capture_output=True, timeout=LIMIT).stdout.decode()
        unknown = []
        for line in listed.splitlines():
            found = re.match(r"^ *(?:(-.), )?(--[a-z0-9.-]+)( <)?", line)
            if not found:
                continue
            # Telnet's letter is ours for a limit of time, and FTP's for who asks.
            for name in filter(None, (found[1] if found[1] not in ("-t", "-a") else None, found[2])):
                value = ("x",) if found[3] else ()
                err = self.get("--no-config", name, *value, "--offline", "--no-such-option", stdin=b"")[2]
                refused = err.partition(" not expected: ")[2].partition(";")[0].split()
                if name in refused:
                    unknown.append(name)
        self.assertEqual(unknown, [])

    def test_version(self):
        done = subprocess.run([PARLANCE, "get", "-V"], capture_output=True, timeout=LIMIT)
        self.assertEqual(done.returncode, 0)
        self.assertTrue(done.stdout.startswith(b"parlance "))


if __name__ == "__main__":
    unittest.main()
