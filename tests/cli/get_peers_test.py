"""HTTP with programs that we did not write: servers (caddy, h2o, nghttpx), a proxy (squid), and clients of ours (HTTPie, wrk)."""

import hashlib
import os
import shutil
import socket
import subprocess
import time
import unittest

from chat_case import ChatCase
from get_case import LIMIT, GetCase, need_localhost, response

PATH = os.environ.get("PATH", "") + ":/usr/sbin"
CADDY, H2O, NGHTTPX, SQUID, HTTPIE, WRK = (shutil.which(name, path=PATH) for name in ("caddy", "h2o", "nghttpx", "squid", "http", "wrk"))
DIGEST_HELPER = "/usr/lib/squid/digest_file_auth"


def free_ports(count):
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [listener.getsockname()[1] for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports


class PeerCase(GetCase):
    def run_peer(self, ports, *command, **more):
        with open(os.path.join(folder := self.folder(), "said"), "wb") as said:
            process = subprocess.Popen(command, stdout=said, stderr=said, stdin=subprocess.DEVNULL, **more)
        self.addCleanup(process.wait, LIMIT)
        self.addCleanup(process.terminate)
        end = time.monotonic() + LIMIT
        for port in ports:
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    with open(os.path.join(folder, "said"), errors="replace") as said:
                        self.assertIsNone(process.poll(), said.read())
                    self.assertLess(time.monotonic(), end, f"{command[0]} does not listen")
                    time.sleep(0.02)

    def www(self):
        """A folder with what a server gives."""
        folder = self.folder()
        os.chmod(folder, 0o755)  # a server may be another user when we are root
        self.text, self.large = b"plain text\n" * 100, os.urandom(3_000_000)
        for name, data in (("plain.txt", self.text), ("large.bin", self.large)):
            with open(os.path.join(folder, name), "wb") as file:
                file.write(data)
        return folder

    def gives_files(self, http, https, ca, codings):
        """Over HTTP/1.1 and 2, with and without TLS: whole, in parts, coded, many at once, going on, and not at all."""
        need_localhost()
        secure, plain = f"https://localhost:{https}", f"http://127.0.0.1:{http}"
        ways = (("--http1.1", plain), ("--http1.1", secure), ("--http2", secure))
        folder = self.folder()
        for version, at in ways:
            with self.subTest(version=version, at=at):
                trust = ("--ca", ca, version)
                told = self.gets(self.text, "-v", *trust, at + "/plain.txt")
                self.assertIn("HTTP/2 200" if version == "--http2" else "HTTP/1.1 200", told)
                self.assertRegex(told, "(?i)content-encoding: (" + codings + ")")
                self.gets(self.large, *trust, at + "/large.bin")
                self.gets(self.large[7:100], *trust, "-r", "7-99", at + "/large.bin")
                self.gets(b"", *trust, "-I", "-o", os.devnull, at + "/large.bin")
                self.fails(8, "404", "-f", *trust, at + "/none")
                path = os.path.join(folder, "parts")
                self.gets(b"", "--connections", "3", *trust, "-o", path, at + "/large.bin")
                with open(path, "rb") as file:
                    self.assertTrue(file.read() == self.large)
                # All of it again, unless its tag has changed.
                tag = os.path.join(folder, "tag")
                self.gets(self.text, "--etag-save", tag, "--no-decode", *trust, at + "/plain.txt")
                self.gets(b"", "--etag-compare", tag, "--no-decode", *trust, at + "/plain.txt")
                code, out, err = self.get(*trust, "-o", os.devnull, "-w", "%{http_code} ", at + "/plain.txt?[1-30]")
                self.assertEqual((code, out), (0, b"200 " * 30), err)


@unittest.skipUnless(CADDY, "caddy is not installed")
class Caddy(PeerCase):
    def test_files(self):
        http, https = free_ports(2)
        folder, (cert, key) = self.folder(), self.certificate("DNS:localhost", "IP:127.0.0.1")
        config = os.path.join(folder, "Caddyfile")
        files = f"root * {self.www()}\n  encode zstd gzip\n  file_server"
        with open(config, "w") as file:
            file.write(f"""{{
  admin off
  auto_https off
  servers {{
    protocols h1 h2 h2c
  }}
}}
http://127.0.0.1:{http} {{
  {files}
}}
https://localhost:{https} {{
  tls {cert} {key}
  {files}
}}
""")
        self.run_peer((http, https), CADDY, "run", "--config", config, "--adapter", "caddyfile", env={**os.environ, "HOME": folder, "XDG_CONFIG_HOME": folder, "XDG_DATA_HOME": folder})
        self.gives_files(http, https, cert, "gzip|zstd")
        self.gets(self.text, "--http2-prior-knowledge", f"http://127.0.0.1:{http}/plain.txt")


@unittest.skipUnless(H2O, "h2o is not installed")
class H2o(PeerCase):
    def test_files(self):
        http, https = free_ports(2)
        folder, (cert, key) = self.folder(), self.certificate("DNS:localhost", "IP:127.0.0.1")
        config = os.path.join(folder, "h2o.conf")
        user = "user: root\n" if os.geteuid() == 0 else ""
        with open(config, "w") as file:
            file.write(f"""{user}num-threads: 1
pid-file: {folder}/pid
error-log: {folder}/error.log
compress: ON
listen: {{host: 127.0.0.1, port: {http}}}
listen: {{host: 127.0.0.1, port: {https}, ssl: {{certificate-file: {cert}, key-file: {key}}}}}
hosts:
  default:
    paths:
      "/":
        file.dir: {self.www()}
""")
        self.run_peer((http, https), H2O, "-c", config)
        self.gives_files(http, https, cert, "gzip|br")
        self.gets(self.text, "--http2-prior-knowledge", f"http://127.0.0.1:{http}/plain.txt")


@unittest.skipUnless(NGHTTPX, "nghttpx is not installed")
class Nghttpx(PeerCase):
    def run_nghttpx(self, backend, *more):
        http, https = free_ports(2)
        cert, key = self.certificate("DNS:localhost", "IP:127.0.0.1")
        self.run_peer((http, https), NGHTTPX, "--conf=/dev/null", f"-f127.0.0.1,{http};no-tls", f"-f127.0.0.1,{https}", f"-b{backend.replace(':', ',')}",
                      "--workers=1", "--errorlog-file=/dev/stderr", *more, key, cert)
        return http, https, cert

    def test_in_front_of_a_server(self):
        behind = self.echo("Connection: close")  # or nghttpx might ask once more while it closes
        http, https, ca = self.run_nghttpx(behind.address)
        body = os.urandom(300_000).hex()
        for arguments in (("--http1.1", f"http://127.0.0.1:{http}/x"), ("--http2-prior-knowledge", f"http://127.0.0.1:{http}/x"),
                          ("--http1.1", "--ca", ca, f"https://127.0.0.1:{https}/x"), ("--http2", "--ca", ca, f"https://127.0.0.1:{https}/x")):
            with self.subTest(arguments):
                for given in (("-d", "a=b"), ("--data-binary", "@-"), ("-T", "-")):
                    code, _, err = self.get("-f", *given, *arguments, stdin=body.encode())
                    self.assertEqual(code, 0, err)
                    self.assertEqual(self.asked[-1]["body"], "a=b" if given[0] == "-d" else body)
                    self.assertEqual(self.asked[-1]["start"], f"{'PUT' if given[0] == '-T' else 'POST'} /x HTTP/1.1")

    def test_as_a_proxy_over_tls(self):
        # Its backend is the proxy; it speaks TLS to whom it serves.
        forwarder = self.serve_http(lambda caller, head, more: caller.sendall(response(head.split("\r\n")[0].encode())))
        _, https, ca = self.run_nghttpx(forwarder.address, "--http2-proxy")
        self.gets(b"GET http://a.invalid/x HTTP/1.1", "-x", f"https://127.0.0.1:{https}", "--proxy-cacert", ca, "http://a.invalid/x")


@unittest.skipUnless(SQUID, "squid is not installed")
class Squid(PeerCase):
    def run_squid(self, *lines):
        port, = free_ports(1)
        folder = self.folder()
        os.chmod(folder, 0o777)  # it is another user when we are root
        config = os.path.join(folder, "squid.conf")
        with open(config, "w") as file:
            file.write("\n".join((f"http_port 127.0.0.1:{port}", *lines, "cache deny all", f"pid_filename {folder}/pid", "access_log none", "shutdown_lifetime 0",
                                  f"cache_log {folder}/log", f"coredump_dir {folder}", "netdb_filename none", "pinger_enable off", "visible_hostname here", "")))
        self.run_peer((port,), SQUID, "-N", "-f", config, "-n", f"t{port}")
        return f"127.0.0.1:{port}"

    def test_forwards_and_makes_tunnels(self):
        proxy = self.run_squid("http_access allow all")
        plain = self.serve_http(response(b"plain"))
        context, ca = self.tls("IP:127.0.0.1")
        secure = self.serve_http(response(b"secure"), context)
        self.gets(b"plain", "-f", "-x", proxy, plain.origin + "/x")
        self.assertIn("\r\nVia: 1.1 here", plain.heads[-1])
        self.gets(b"secure", "-f", "--ca", ca, "-x", proxy, secure.origin)
        # By a tunnel it sees nothing, and adds nothing.
        self.gets(b"plain", "-f", "-p", "-x", proxy, "--proxy-header", "X-For-It: 1", plain.origin + "/x")
        self.assertNotIn("Via", plain.heads[-1])
        self.assertNotIn("X-For-It", plain.heads[-1])
        self.gets(b"plain", "-f", "-x", proxy, "--proxy-header", "X-For-It: 1", plain.origin + "/x")
        self.assertIn("X-For-It: 1", plain.heads[-1])

    @unittest.skipUnless(os.access(DIGEST_HELPER, os.X_OK), "squid's helper for Digest is not installed")
    def test_proves_who_asks(self):
        folder = self.folder()
        os.chmod(folder, 0o755)
        users = os.path.join(folder, "users")
        with open(users, "w") as file:
            file.write("me:here:" + hashlib.md5(b"me:here:s3cret").hexdigest() + "\n")
        os.chmod(users, 0o644)
        proxy = self.run_squid(f"auth_param digest program {DIGEST_HELPER} -c {users}", "auth_param digest children 1", "auth_param digest realm here",
                               "acl known proxy_auth REQUIRED", "http_access allow known", "http_access deny all")
        plain = self.serve_http(response(b"plain"))
        context, ca = self.tls("IP:127.0.0.1")
        secure = self.serve_http(response(b"secure"), context)
        self.fails(8, "407", "-f", "-x", proxy, plain.origin)
        for login in (("-x", f"http://me:s3cret@{proxy}"), ("-x", proxy, "-U", "me:s3cret")):
            self.gets(b"plain", "-f", "--proxy-digest", *login, plain.origin + "/a?b")
            self.gets(b"secure", "-f", "--proxy-digest", "--ca", ca, *login, secure.origin)
            self.gets(b"plain", "-f", "--proxy-digest", "-p", *login, plain.origin)
        self.assertNotIn("Proxy-", plain.heads[-1])
        self.fails(8, "407", "-f", "--proxy-digest", "-x", f"http://me:wrong@{proxy}", plain.origin)
        err = self.get("--proxy-digest", "-x", f"http://me:wrong@{proxy}", secure.origin)[2]
        self.assertIn("it answered 407", err)
        self.assertNotIn("wrong", err)


class Clients(ChatCase):
    """Of http::serve, on the chat's port."""

    def run_client(self, *command):
        folder = self.folder()  # HTTPie keeps its settings, and what is not there it makes
        done = subprocess.run(command, capture_output=True, timeout=LIMIT, stdin=subprocess.DEVNULL,
                              env={**os.environ, "HOME": folder, "XDG_CONFIG_HOME": folder})
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    @unittest.skipUnless(HTTPIE, "HTTPie is not installed")
    def test_httpie(self):
        at = f"http://127.0.0.1:{self.chat_server().port}"
        code, out, err = self.run_client(HTTPIE, "--ignore-stdin", "--check-status", "--print=hb", at + "/")
        self.assertEqual(code, 0, err)
        self.assertTrue(out.startswith("HTTP/1.1 200 OK"), out[:200])
        self.assertIn("This is a Parlance chat", out)
        self.assertEqual(self.run_client(HTTPIE, "--ignore-stdin", "--check-status", "HEAD", at + "/")[0], 0)
        self.assertEqual(self.run_client(HTTPIE, "--ignore-stdin", "--check-status", at + "/none/such")[0], 4)
        code, out, err = self.run_client(HTTPIE, "--ignore-stdin", "--check-status", "POST", at + "/hooks/none", "text=hello")
        self.assertEqual(code, 4, out + err)

    @unittest.skipUnless(WRK, "wrk is not installed")
    def test_wrk(self):
        server = self.chat_server("--rate", "0")
        code, out, err = self.run_client(WRK, "-t1", "-c4", "-d1s", f"http://127.0.0.1:{server.port}/")
        self.assertEqual(code, 0, err)
        self.assertRegex(out, r"[1-9]\d* requests in")
        self.assertNotIn("Non-2xx", out)
        self.assertNotIn("Socket errors", out)


if __name__ == "__main__":
    unittest.main()
