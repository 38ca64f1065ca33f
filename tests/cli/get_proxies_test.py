"""`parlance get` by proxies that we did not write: tinyproxy, dante, and ssh-like SOCKS of ncat; and other ways to servers."""

import os
import shutil
import socket
import subprocess
import threading
import time
import unittest

from get_case import LIMIT, GetCase, need_localhost, response

SBIN = os.environ.get("PATH", "") + ":/usr/sbin"
TINYPROXY, DANTE = shutil.which("tinyproxy", path=SBIN), shutil.which("danted", path=SBIN)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class ProxyCase(GetCase):
    def run_proxy(self, port, *command):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        self.addCleanup(process.wait, LIMIT)
        self.addCleanup(process.terminate)
        end = time.monotonic() + LIMIT
        while time.monotonic() < end:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                self.assertIsNone(process.poll(), f"{command[0]} does not run")
                time.sleep(0.01)
        self.fail(f"{command[0]} does not listen")

    def tls_server(self, *names):
        context, ca = self.tls(*names)
        return self.serve_http(response(b"secure"), context), ca

    def forwarder(self, tls=None):
        """A proxy of ours, which says what it is asked for."""
        return self.serve_http(lambda caller, head, more: caller.sendall(response(head.split("\r\n")[0].encode())), tls)


@unittest.skipUnless(TINYPROXY, "tinyproxy is not installed")
class Tinyproxy(ProxyCase):
    def setUp(self):
        folder, self.port = self.folder(), free_port()
        config = os.path.join(folder, "tinyproxy.conf")
        with open(config, "w") as file:
            file.write(f"Port {self.port}\nListen 127.0.0.1\nTimeout 60\nMaxClients 20\nAllow 127.0.0.1\n"
                       f"BasicAuth me s3cret\nLogFile \"{folder}/log\"\nPidFile \"{folder}/pid\"\n")
        self.run_proxy(self.port, TINYPROXY, "-d", "-c", config)
        self.proxy = f"http://me:s3cret@127.0.0.1:{self.port}"

    def test_http_and_https(self):
        plain = self.serve_http(response(b"plain"))
        self.gets(b"plain", "-f", "-x", self.proxy, plain.origin + "/page")
        self.assertTrue(plain.heads[0].startswith("GET /page HTTP/1."))
        self.assertNotIn("Proxy-Authorization", plain.heads[0])
        secure, ca = self.tls_server("IP:127.0.0.1")
        self.gets(b"secure", "-f", "--ca", ca, "-x", self.proxy, secure.origin)

    def test_who_asks_is_told_apart(self):
        plain = self.serve_http(response(b"plain"))
        at = f"127.0.0.1:{self.port}"
        self.fails(8, "407", "-f", "-x", at, plain.origin)
        self.gets(b"plain", "-f", "-x", at, "--proxy-user", "me:s3cret", plain.origin)
        self.gets(b"plain", "-f", "-x", "http://you:wrong@" + at, "--proxy-user", "me:s3cret", plain.origin)
        err = self.get("-x", "http://me:hush@" + at, "https://127.0.0.1:1/")[2]
        self.assertRegex(err, "it answered 40[17]")
        self.assertNotIn("hush", err)

    def test_the_environment_says_which(self):
        plain = self.serve_http(response(b"plain"))
        for name in ("http_proxy", "all_proxy", "ALL_PROXY"):
            self.gets(b"plain", "-f", plain.origin, env={**os.environ, name: self.proxy})
            self.assertIn("Via:", plain.heads[-1])
        for env in ({"HTTP_PROXY": self.proxy}, {"http_proxy": self.proxy, "no_proxy": "10.0.0.0/8, 127.0.0.1"}):
            self.gets(b"plain", "-f", plain.origin, env={**os.environ, **env})
            self.assertNotIn("Via:", plain.heads[-1])
        self.gets(b"plain", "-x", "", plain.origin, env={**os.environ, "http_proxy": self.proxy})
        self.assertNotIn("Via:", plain.heads[-1])
        self.gets(b"plain", "--no-proxy", "127.0.0.0/8", "-x", self.proxy, plain.origin)
        self.assertNotIn("Via:", plain.heads[-1])


@unittest.skipUnless(DANTE, "dante-server is not installed")
class Dante(ProxyCase):
    def test_socks(self):
        folder, port = self.folder(), free_port()
        config = os.path.join(folder, "danted.conf")
        with open(config, "w") as file:
            file.write(f"""logoutput: {folder}/log
internal: 127.0.0.1 port = {port}
external: 127.0.0.1
socksmethod: none
clientmethod: none
user.unprivileged: {"nobody" if os.geteuid() == 0 else "root"}
client pass {{ from: 0.0.0.0/0 to: 0.0.0.0/0 }}
socks pass {{ from: 0.0.0.0/0 to: 0.0.0.0/0 }}
""")
        self.run_proxy(port, DANTE, "-f", config, "-p", os.path.join(folder, "pid"))
        plain = self.serve_http(response(b"plain"))
        secure, ca = self.tls_server("DNS:localhost", "IP:127.0.0.1")
        for scheme in ("socks5", "socks5h", "socks4"):
            with self.subTest(scheme):
                self.gets(b"plain", "-x", f"{scheme}://127.0.0.1:{port}", plain.origin)
                self.gets(b"secure", "--ca", ca, "-x", f"{scheme}://127.0.0.1:{port}", secure.origin)
                need_localhost()
                self.gets(b"secure", "--ca", ca, "-x", f"{scheme}://127.0.0.1:{port}",
                          "https://localhost:" + secure.address.split(":")[1])
        at = f"127.0.0.1:{port}"
        for option in ("--socks5", "--socks5-hostname", "--socks4"):
            self.gets(b"plain", option, at, plain.origin)
        # By this one to a proxy of HTTP, which sees who calls.
        forwarder = self.forwarder()
        self.gets(b"GET http://a.invalid/ HTTP/1.1", "--preproxy", f"socks5://{at}", "-x", forwarder.address, "http://a.invalid/")
        self.fails(2, "--preproxy wants", "--preproxy", "http://x", plain.origin)
        self.fails(3, "nobody.invalid", "-x", f"socks5://127.0.0.1:{port}", "http://nobody.invalid/")
        code, _, err = self.get("-x", f"socks5h://127.0.0.1:{port}", "http://nobody.invalid/")
        self.assertNotIn(code, (0, 3), err)
        self.fails(1, "refused", "-x", f"socks5h://127.0.0.1:{port}", f"http://127.0.0.1:{free_port()}/")


class Ways(ProxyCase):
    def test_a_proxy_over_tls(self):
        context, ca = self.tls("IP:127.0.0.1")
        proxy = self.forwarder(context)
        self.gets(b"GET http://a.invalid/x HTTP/1.1", "-x", proxy.origin, "--proxy-cacert", ca, "http://a.invalid/x")
        self.gets(b"GET http://a.invalid/ HTTP/1.1", "-x", proxy.origin, "--proxy-insecure", "http://a.invalid")
        self.fails(6, "certificate", "-x", proxy.origin, "--ca", ca, "http://a.invalid")

    def tunnel(self):
        """A proxy of ours that makes tunnels, and keeps what it was asked."""
        def answer(caller, head, more):
            host, port = head.split()[1].rsplit(":", 1)
            with socket.create_connection((host, int(port)), LIMIT) as there:
                caller.sendall(b"HTTP/1.1 200 Yes\r\n\r\n")
                back = threading.Thread(target=lambda: [caller.sendall(part) for part in iter(lambda: there.recv(65536), b"")], daemon=True)
                back.start()
                while part := caller.recv(65536):
                    there.sendall(part)
                there.shutdown(socket.SHUT_WR)
                back.join(LIMIT)
        return self.serve_http(answer)

    def test_fields_for_the_proxy_alone(self):
        proxy, plain = self.tunnel(), self.serve_http(response(b"plain"))
        secure, ca = self.tls_server("IP:127.0.0.1")
        fields = os.path.join(self.folder(), "fields")
        with open(fields, "w") as file:
            file.write("X-Two: 2\n")
        given = ("-x", proxy.address, "--proxy-header", "X-One: 1", "--proxy-header", "@" + fields)
        self.gets(b"plain", "-p", *given, plain.origin + "/x")
        self.gets(b"secure", "--ca", ca, *given, secure.origin + "/x")
        for head in proxy.heads:
            self.assertTrue(head.startswith("CONNECT 127.0.0.1:"))
            self.assertIn("\r\nX-One: 1\r\nX-Two: 2", head)
        for server in (plain, secure):
            self.assertTrue(server.heads[0].startswith("GET /x HTTP/1.1"))
            self.assertNotIn("X-", server.heads[0])
        self.fails(2, "--proxy-header wants", *given, "--proxy-header", "x", plain.origin)

    def test_a_certificate_for_the_proxy(self):
        context, ca = self.tls("IP:127.0.0.1")
        cert, key = self.certificate("DNS:client")
        context.load_verify_locations(cert)
        context.verify_mode = 2  # required
        proxy = self.forwarder(context)
        trusting = ("-x", proxy.origin, "--proxy-cacert", ca, "http://a.invalid/x")
        self.gets(b"GET http://a.invalid/x HTTP/1.1", "--proxy-cert", cert, "--proxy-key", key, *trusting)
        self.assertNotEqual(self.get(*trusting)[0], 0)

    def test_the_key_of_a_proxy_is_pinned(self):
        """As its manual has it: curl 7.88 itself takes the option, and looks at no key."""
        context, ca = self.tls("IP:127.0.0.1")
        proxy = self.forwarder(context)
        pin, other = self.pin_of(ca), "sha256//" + "A" * 43 + "="
        url = "http://a.invalid/x"
        for trusting in (("--proxy-cacert", ca), ("--proxy-insecure",)):
            given = ("-x", proxy.origin, *trusting, "--proxy-pinnedpubkey")
            self.gets(b"GET http://a.invalid/x HTTP/1.1", *given, f"{other};{pin}", url)
            self.fails(6, "pin", *given, other, url)
        self.fails(2, "--proxy-pinnedpubkey", "-x", proxy.origin, "--proxy-pinnedpubkey", "md5//x", url)

    def test_authorities_of_a_proxy_in_a_folder(self):
        context, ca = self.tls("IP:127.0.0.1")
        proxy, folder = self.forwarder(context), self.folder()
        given = ("-x", proxy.origin, "--proxy-capath", folder, "http://a.invalid/x")
        self.fails(2, "--proxy-capath", *given)
        shutil.copy(ca, os.path.join(folder, "one.pem"))
        subprocess.run(["openssl", "rehash", folder], check=True, timeout=LIMIT)
        self.gets(b"GET http://a.invalid/x HTTP/1.1", *given)

    def test_what_makes_no_sense_is_told(self):
        for arguments in (["-x", "ftp://x"], ["-x", "http://"], ["--resolve", "a:b"], ["--resolve", "a:80:b"],
                          ["--resolve", "a:x:127.0.0.1"], ["--connect-to", "a"], ["--connect-to", "a:99999::"],
                          ["-4", "-6"], ["--proxy-cacert", "x", "--proxy-insecure"]):
            with self.subTest(arguments):
                self.assertEqual(self.get(*arguments, "http://127.0.0.1:1/")[0], 2)

    def test_resolve_and_connect_to(self):
        secure, ca = self.tls_server("DNS:a.example")
        port = secure.address.split(":")[1]
        self.gets(b"secure", "--ca", ca, "--resolve", f"a.example:{port}:[::1],127.0.0.1", f"https://a.example:{port}/")
        self.gets(b"secure", "--ca", ca, "--resolve", "A.example:*:127.0.0.1", f"https://a.example:{port}/")
        # Any host; one that is named goes before.
        self.gets(b"secure", "--ca", ca, "--resolve", f"*:{port}:127.0.0.1", f"https://a.example:{port}/")
        self.gets(b"secure", "--ca", ca, "--resolve", "*:*:127.0.0.9", "--resolve", f"a.example:{port}:127.0.0.1",
                  f"https://a.example:{port}/")
        self.gets(b"secure", "--ca", ca, "--connect-to", f"a.example:443:127.0.0.1:{port}", "https://a.example/")
        self.gets(b"secure", "--ca", ca, "--connect-to", f"::127.0.0.1:{port}", "https://a.example/")
        self.assertIn("Host: a.example\r\n", secure.heads[4])
        code, _, err = self.get("--ca", ca, "--connect-to", f"::127.0.0.1:{port}", "https://b.example/")
        self.assertEqual(code, 6, err)
        # As curl has them.
        done = subprocess.run(["curl", "-s", "--cacert", ca, "--connect-to", f"a.example:443:127.0.0.1:{port}", "https://a.example/"],
                              capture_output=True, timeout=LIMIT)
        self.assertEqual(done.stdout, b"secure")

    def test_a_family(self):
        server = self.serve_http(response(b"plain"))
        self.gets(b"plain", "-4", server.origin)
        self.fails(3, "no IPv6 address", "-6", server.origin)

    def test_from_an_address_or_through_an_interface(self):
        callers = []
        server = self.serve_http(lambda caller, head, more: (callers.append(caller.getpeername()[0]), caller.sendall(response(b"x"))))
        self.gets(b"x", "--interface", "127.0.0.9", server.origin)
        self.gets(b"x", "--interface", "lo", server.origin)
        self.assertEqual(callers, ["127.0.0.9", "127.0.0.1"])
        self.fails(1, "nothing9|SO_BINDTODEVICE", "--interface", "nothing9", server.origin)

    def test_a_unix_socket(self):
        path = os.path.join(self.folder(), "socket")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            listener.listen()

            def serve():
                with listener.accept()[0] as caller:
                    caller.recv(65536)
                    caller.sendall(response(b"by path"))

            thread = threading.Thread(target=serve, daemon=True)
            thread.start()
            self.gets(b"by path", "--unix-socket", path, "-x", "http://127.0.0.1:1", "http://a.invalid/")
            thread.join(LIMIT)

    def test_names_below_localhost_are_this_machine(self):
        need_localhost()
        server = self.serve_http(response(b"here"))
        self.gets(b"here", "http://app.dev.localhost:" + server.address.split(":")[1])


if __name__ == "__main__":
    unittest.main()
