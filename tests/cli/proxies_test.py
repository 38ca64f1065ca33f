"""Callers who come through a proxy: the PROXY protocol, what HTTP says of who asks, and gateways from the web (WEBIRC)."""

import os
import shutil
import socket
import ssl
import struct
import subprocess
import unittest

from console_test import ConsoleCase
from get_case import GetCase
from irc_case import IrcClient
from irc_websocket_test import WebSocket
from talk_case import LIMIT, PARLANCE

NGINX = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")


def v1(source, destination="192.0.2.80"):
    family = "TCP6" if ":" in source else "TCP4"
    return f"PROXY {family} {source} {destination} 4711 443\r\n".encode()


def v2(source, command=1, extras=b""):
    four = struct.pack("!4s4sHH", socket.inet_aton(source), socket.inet_aton("192.0.2.80"), 4711, 443) + extras
    return b"\r\n\r\n\x00\r\nQUIT\n" + bytes([0x20 | command, 0x11]) + struct.pack("!H", len(four)) + four


class ProxyCase(ConsoleCase):
    def hash_of(self, password):
        made = subprocess.run([PARLANCE, "serve", "--hash-password"], input=password.encode() + b"\n",
                              capture_output=True, timeout=LIMIT, check=True)
        return made.stdout.decode().strip()

    def behind(self, server, first, nick):
        """An IRC client behind a proxy that says `first`."""
        client = IrcClient(server.port)
        self.addCleanup(client.close)
        client.say(first)
        client.send(f"NICK {nick}")
        client.send(f"USER {nick} 0 * :{nick}")
        client.wait_for("376", "422")
        client.sync()
        return client

    def address_of(self, client, nick):
        """Where somebody calls from, as they are told themselves."""
        return self.only(client.ask(f"WHOIS {nick}"), "378").params[-1].split()[-1]


class ProxyProtocol(ProxyCase):
    options = ("--set", "proxies.protocol=127.0.0.0/8", "--set", "server.cloak=false", "--rate", "0")

    def test_a_caller_is_who_the_header_says(self):
        server = self.chat_server(*self.options)
        for n, (first, address) in enumerate([(v1("192.0.2.1"), "192.0.2.1"), (v2("192.0.2.2"), "192.0.2.2"),
                                              (v1("2001:db8::1", "2001:db8::80"), "2001:db8::1")]):
            client = self.behind(server, first, f"user{n}")
            self.assertEqual(self.address_of(client, f"user{n}"), address)

    def test_tls_that_the_balancer_has_taken_off(self):
        server = self.chat_server(*self.options, "--set", "tls.only=true")
        # PP2_TYPE_SSL: by TLS, with a certificate that was not shown.
        client = self.behind(server, v2("192.0.2.1", extras=b"\x20\0\5\1\0\0\0\0"), "safe")
        self.assertIn("671", self.commands(client.ask("WHOIS safe")))
        for extras in (b"", b"\x20\0\5\0\0\0\0\0"):
            refused = self.caller(server, v2("192.0.2.1", extras=extras) + b"NICK a\r\n")
            self.assertIn(b"TLS only", refused.rest())

    def test_one_that_speaks_for_itself_is_itself(self):
        server = self.chat_server(*self.options)
        for n, first in enumerate((b"PROXY UNKNOWN\r\n", v2("192.0.2.2", command=0))):
            client = self.behind(server, first, f"user{n}")
            self.assertEqual(self.address_of(client, f"user{n}"), "127.0.0.1")

    def test_curl_and_tls_come_through(self):
        server = self.chat_server(*self.options)
        for scheme in ("http", "https"):
            done = subprocess.run(["curl", "-sk", "--haproxy-protocol", f"{scheme}://127.0.0.1:{server.port}/health"],
                                  capture_output=True, timeout=LIMIT)
            self.assertEqual((done.returncode, done.stdout[:3]), (0, b'{"s'), done)

    def test_who_says_nothing_of_it_is_not_taken(self):
        server = self.chat_server(*self.options, "--set", "limits.registration_time=1s")
        plain = self.caller(server, b"hello\n")
        self.assertRaises(ConnectionResetError, plain.rest)  # what it said was not taken
        server.until("proxy_failed from=127.0.0.1:")
        silent = self.caller(server)
        self.assertEqual(silent.rest(), b"")
        server.until("proxy_failed from=127.0.0.1:")

    def test_others_cannot_say_it(self):
        server = self.chat_server("--set", "proxies.protocol=192.0.2.0/24", "--rate", "0")
        liar = self.caller(server, v1("192.0.2.1"))
        self.assertTrue(liar.rest().startswith(b"HTTP/1.1 400 "))

    def test_limits_and_bans_are_for_whom_it_speaks(self):
        server = self.chat_server(*self.options, "--set", "limits.connections_per_address=2")
        two = [self.behind(server, v1("192.0.2.1"), f"one{n}") for n in range(2)]
        third = self.caller(server, v1("192.0.2.1") + b"NICK x\r\n")
        self.assertIn(b"too many connections from your address", third.rest())
        other = self.behind(server, v1("192.0.2.2"), "other")
        self.order(server, "/ban 192.0.2.2 be gone", "-- 192.0.2.2 is banned")
        self.assertIn(b"be gone", other.rest())
        banned = self.caller(server, v1("192.0.2.2") + b"NICK x\r\n")
        self.assertIn(b"be gone", banned.rest())
        for client in two:
            self.assertEqual(client.sync(), [])

    def test_by_a_unix_socket_where_it_is_named(self):
        folder = self.folder()
        for named in (True, False):
            with self.subTest(named):
                path = os.path.join(folder, f"socket{named}")
                proxies = ("--set", "proxies.protocol=unix") if named else self.options[:2]
                server = self.start(PARLANCE, "serve", "--console", *proxies, "--set", "server.cloak=false", "--data", folder + f"/{named}",
                                    "unix:" + path)
                server.until("listening on")
                with socket.socket(socket.AF_UNIX) as caller:
                    caller.settimeout(LIMIT)
                    caller.connect(path)
                    caller.sendall((v1("192.0.2.9") if named else b"") + b"NICK u\r\nUSER u 0 * :u\r\nWHOIS u\r\nQUIT\r\n")
                    said = b""
                    while part := caller.recv(65536):
                        said += part
                self.assertEqual(b"192.0.2.9" in said, named)
                self.assertIn(b" 378 u u :", said)


class Forwarded(ProxyCase):
    options = ("--set", "proxies.forwarded=127.0.0.1", "--set", "server.cloak=false", "--rate", "0")

    def page(self, server, *fields, path="/metrics"):
        caller = self.caller(server, "\r\n".join((f"GET {path} HTTP/1.1", "Host: x", "Connection: close", *fields, "", "")).encode())
        return caller.rest().split(b" ", 2)[1]

    def test_irc_without_tls_is_turned_away_whoever_forwards_requests(self):
        server = self.chat_server(*self.options, "--set", "tls.only=true")
        self.assertIn(b"this server speaks IRC over TLS only", self.caller(server, b"NICK alice\r\n").rest())

    def test_a_request_is_of_whom_the_last_proxy_names(self):
        server = self.chat_server(*self.options)
        self.assertEqual(self.page(server), b"200")  # its own
        self.assertEqual(self.page(server, "X-Forwarded-For: 127.0.0.1"), b"200")
        self.assertEqual(self.page(server, "X-Forwarded-For: 192.0.2.1"), b"403")
        self.assertEqual(self.page(server, "X-Forwarded-For: 127.0.0.1, 192.0.2.1"), b"403")
        self.assertEqual(self.page(server, "X-Forwarded-For: 192.0.2.1, 127.0.0.1"), b"403")
        self.assertEqual(self.page(server, "Forwarded: for=192.0.2.1"), b"200")  # not the field that is looked at
        self.assertEqual(self.page(server, 'X-Forwarded-For: "'), b"400")
        # It hides who asks, who is not the proxy for that, and may not what that may.
        self.assertEqual(self.page(server, "X-Forwarded-For: unknown"), b"403")
        self.assertEqual(self.page(server, "X-Forwarded-For: unknown, 127.0.0.1"), b"403")

    def test_by_the_other_field(self):
        server = self.chat_server(*self.options, "--set", "proxies.header=Forwarded")
        self.assertEqual(self.page(server, "Forwarded: for=192.0.2.1"), b"403")
        self.assertEqual(self.page(server, "X-Forwarded-For: 192.0.2.1"), b"200")
        self.assertEqual(self.page(server, 'Forwarded: for=", for=192.0.2.1'), b"400")

    def test_where_tls_is_asked_for_the_proxy_tells_whether_it_was(self):
        server = self.chat_server(*self.options, "--set", "tls.only=true")
        asked = ("X-Forwarded-For: 192.0.2.1",)
        self.assertEqual(self.page(server, *asked, "X-Forwarded-Proto: https", path="/health"), b"200")
        self.assertEqual(self.page(server, *asked, "X-Forwarded-Proto: http", path="/health"), b"403")
        self.assertEqual(self.page(server, *asked, path="/health"), b"403")
        self.assertEqual(self.page(server, path="/health"), b"403")

    def test_others_are_not_believed(self):
        server = self.chat_server("--rate", "0")
        self.assertEqual(self.page(server, "X-Forwarded-For: 192.0.2.1"), b"200")

    def through_nginx(self, server):
        """The port of an nginx that passes on to the server, by http and https."""
        self.assertIsNotNone(NGINX, "nginx is not installed (Debian: nginx-light)")
        folder = self.folder()
        os.chmod(folder, 0o755)
        certificate, key = GetCase.certificate(self, "DNS:localhost", "IP:127.0.0.1")
        sockets = [socket.create_server(("127.0.0.1", 0), backlog=64) for _ in range(2)]
        http, https = (s.getsockname()[1] for s in sockets)
        config = os.path.join(folder, "nginx.conf")
        temporary = "".join(f"{name}_temp_path {folder}/{name}; " for name in
                            ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        with open(config, "w") as file:
            file.write(f"""
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{}}
http {{
  access_log off; {temporary}
  server {{
    listen 127.0.0.1:{http}; listen 127.0.0.1:{https} ssl; ssl_certificate {certificate}; ssl_certificate_key {key};
    location / {{
      proxy_pass http://127.0.0.1:{server.port};
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection "upgrade";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
    }}
  }}
}}
""")
        descriptors = [s.fileno() for s in sockets]
        process = subprocess.Popen([NGINX, "-e", folder + "/error.log", "-c", config], pass_fds=descriptors,
                                   stderr=subprocess.DEVNULL,
                                   env={**os.environ, "NGINX": "".join(f"{d};" for d in descriptors)})
        self.addCleanup(process.wait, LIMIT)
        self.addCleanup(process.terminate)
        for s in sockets:
            s.close()
        return http, https

    def connect(self, port, source, tls):
        caller = IrcClient(port, source=source)
        if tls:
            trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
            caller.socket = trusting.wrap_socket(caller.socket)
        self.addCleanup(caller.close)
        return caller

    def test_websockets_through_nginx_are_of_whoever_came_to_it(self):
        server = self.chat_server(*self.options, "--set", "limits.connections_per_address=1", "--set",
                                  "limits.exempt=192.0.2.1")
        http, https = self.through_nginx(server)
        for port, source, tls in ((http, "127.0.0.2", False), (https, "127.0.0.3", True)):
            browser = WebSocket(self.connect(port, source, tls), host=f"localhost:{port}",
                                extra=f"Origin: http{'s' * tls}://localhost:{port}\r\n").connect(f"w{port}")
            browser.send(f"WHOIS w{port}")
            told = {}
            while "318" not in told:
                message = browser.next()
                told[message.command] = message
            self.assertEqual(told["378"].params[-1].split()[-1], source)
            self.assertEqual("671" in told, tls)  # by a secure connection
            # Which counts for its limits, too: nginx itself is many.
            second = WebSocket(self.connect(port, source, tls), host=f"localhost:{port}")
            self.assertEqual(second.status, 503)


class WebIrc(ProxyCase):
    def gateway_server(self, *more, source="127.0.0.0/8", password="gate"):
        return self.chat_server("--set", f"webirc.kiwi.from={source}", "--set",
                                f"webirc.kiwi.password={self.hash_of(password)}", "--set", "server.cloak=false",
                                "--rate", "0", *more)

    def webirc(self, address, password="gate", options=""):
        return f"WEBIRC {password} kiwi gw.example.org {address}{options}\r\n".encode()

    def test_a_client_is_whom_the_gateway_names(self):
        server = self.gateway_server()
        for n, address in enumerate(("192.0.2.1", "2001:db8::1", "0::ffff:192.0.2.3")):
            client = self.behind(server, self.webirc(address), f"user{n}")
            self.assertEqual(self.address_of(client, f"user{n}"), address.removeprefix("0::ffff:"))

    def test_it_is_refused_where_it_is_not_proven(self):
        server = self.gateway_server()
        elsewhere = self.gateway_server(source="192.0.2.0/24")
        for at, first, why in ((server, self.webirc("192.0.2.1", "other"), b"Password incorrect"),
                               (elsewhere, self.webirc("192.0.2.1"), b"no such gateway, or not from your address"),
                               (server, self.webirc("somebody"), b"tells no address"),
                               (server, self.webirc("192.0.2.0/24"), b"tells no address"),
                               (server, b"NICK a\r\n" + self.webirc("192.0.2.1"), b"WEBIRC comes first"),
                               (self.chat_server("--rate", "0"), self.webirc("192.0.2.1"), b"no such gateway")):
            caller = self.caller(at, first + b"NICK b\r\nUSER b 0 * :b\r\n")
            said = caller.rest()
            self.assertIn(b"ERROR :Closing link", said)
            self.assertIn(why, said)
            self.assertNotIn(b" 001 ", said)

    def test_a_right_password_is_worked_for_once(self):
        server = self.gateway_server("--set", "limits.connections_per_address=1", "--set", "limits.exempt=192.0.2.99")
        self.behind(server, self.webirc("198.51.100.200"), "first")
        # A hundred come at once; each work takes a tenth of a second, and so many from one place may not wait.
        clients = []
        for n in range(100):
            client = IrcClient(server.port)
            self.addCleanup(client.close)
            client.say(self.webirc(f"198.51.100.{n}") + f"NICK u{n}\r\nUSER u 0 * :u\r\n".encode())
            clients.append(client)
        for client in clients:
            client.wait_for("001")

    def test_limits_and_bans_are_for_whom_it_speaks(self):
        server = self.gateway_server("--set", "limits.connections_per_address=1", "--set", "limits.exempt=192.0.2.99")
        first = self.behind(server, self.webirc("192.0.2.1"), "first")
        second = self.caller(server, self.webirc("192.0.2.1") + b"NICK b\r\nUSER b 0 * :b\r\n")
        self.assertIn(b"too many connections from your address", second.rest())
        self.order(server, "/ban 192.0.2.1 be gone", "-- 192.0.2.1 is banned")
        self.assertIn(b"be gone", first.rest())
        third = self.caller(server, self.webirc("192.0.2.1") + b"NICK b\r\nUSER b 0 * :b\r\n")
        self.assertIn(b"be gone", third.rest())

    def test_options(self):
        server = self.gateway_server()
        client = self.behind(server, self.webirc("192.0.2.1", options=" :secure local-port=6697 remote-port=4711"), "a")
        # The way to the server is in plain text.
        self.assertNotIn("671", self.commands(client.ask("WHOIS a")))
        self.order(server, "/who", "-- a                192.0.2.1:4711")


class Configuration(ProxyCase):
    def test_what_makes_no_sense_is_told(self):
        for change, why in ((("webirc.kiwi.from=127.0.0.1",), "webirc.kiwi: needs a password or a certificate"),
                            ((f"webirc.kiwi.certificate={'a' * 64}",), "webirc.kiwi.from: must say where it calls from"),
                            (("proxies.forwarded=nginx",), 'proxies.forwarded: must be'),
                            (("proxies.header=X-Real-IP",), 'proxies.header: must be one of "X-Forwarded-For", "Forwarded"')):
            sets = [word for one in change for word in ("--set", one)]
            done = subprocess.run([PARLANCE, "serve", *sets, "--check-config"], capture_output=True, timeout=LIMIT)
            self.assertEqual(done.returncode, 2)
            self.assertIn(why, done.stderr.decode())


if __name__ == "__main__":
    unittest.main()
