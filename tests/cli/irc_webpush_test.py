"""Web Push: whom the server tells of what they miss, by a push service that stands in for those of browsers. What it gets is
decrypted, and its signature checked, by an implementation that is not ours (Python's cryptography)."""

import base64
import http.server
import json
import os
import queue
import re
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import unittest

from irc_case import IrcCase

try:
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, utils
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF
except ImportError as error:
    raise unittest.SkipTest("there is no cryptography for Python: scripts/packages/test.txt") from error


def url64(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def from64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Browser:
    """What a browser has for one subscription."""

    def __init__(self):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.auth = os.urandom(16)
        self.point = self.key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
        self.keys = f"p256dh={url64(self.point)};auth={url64(self.auth)}"

    def read(self, body):
        """RFC 8291, section 3, and RFC 8188, section 2."""
        salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        sender, sealed = body[21:21 + length], body[21 + length:]
        assert len(sealed) <= size, (len(sealed), size)
        derive = lambda salt, info, length, secret: HKDF(hashes.SHA256(), length, salt, info).derive(secret)
        shared = self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender))
        secret = derive(self.auth, b"WebPush: info\0" + self.point + sender, 32, shared)
        key, nonce = derive(salt, b"Content-Encoding: aes128gcm\0", 16, secret), derive(salt, b"Content-Encoding: nonce\0", 12, secret)
        padded = AESGCM(key).decrypt(nonce, sealed, None)
        text, end = padded.rstrip(b"\0")[:-1], padded.rstrip(b"\0")[-1]
        assert end == 2, padded
        return text.decode()


class PushService:
    """Takes what is posted, over TLS, and answers what the test says."""

    def __init__(self, case):
        self.got, self.answers, self.answering = queue.Queue(), {}, threading.Event()
        self.answering.set()
        self.folder = tempfile.mkdtemp()
        case.addCleanup(subprocess.run, ["rm", "-rf", self.folder])
        self.certificate = f"{self.folder}/cert.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", f"{self.folder}/key.pem", "-out", self.certificate],
                       check=True, capture_output=True)
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                service.answering.wait()
                status, fields = service.answers.get(self.path, (201, {}))
                service.got.put((self.path, dict(self.headers), body))
                self.send_response(status)
                for name, value in fields.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_POST

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, f"{self.folder}/key.pem")
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        case.addCleanup(self.server.shutdown)
        self.port = self.server.server_port

    def at(self, name, host="localhost"):
        return f"https://{host}:{self.port}/{name}"

    def next(self):
        return self.got.get(timeout=20)

    def nothing(self, seconds=1.0):
        try:
            return self.got.get(timeout=seconds)
        except queue.Empty:
            return None


class WebPush(IrcCase):
    def setUp(self):
        super().setUp()
        self.service = PushService(self)

    def server(self, *options, networks="127.0.0.0/8,::1/128"):
        return self.chat_server("--rate", "0", "--set", f"push.networks={networks}", *options,
                                env={**os.environ, "SSL_CERT_FILE": self.service.certificate})

    def member(self, server, name):
        """Somebody with an account who stays in #dev, and has a client no more; and its browser."""
        client = self.client(server, name, "soju.im/webpush", "standard-replies")
        self.only(client.ask("REGISTER * * :secret"), "REGISTER")
        client.ask("NS SET ALWAYS-ON on")
        client.ask("JOIN #dev")
        return client

    def subscribe(self, client, endpoint):
        browser = Browser()
        answer = self.only(client.ask(f"WEBPUSH REGISTER {endpoint} {browser.keys}"), "WEBPUSH")
        self.assertEqual(answer.params, ["REGISTER", endpoint])
        return browser

    def gone(self, client):
        client.send("QUIT")
        client.rest()

    def absent(self, server, name, endpoint=None):
        client = self.member(server, name)
        browser = self.subscribe(client, endpoint or self.service.at(name))
        self.gone(client)
        return browser

    def test_who_is_away_gets_what_is_said_to_them_and_only_they_can_read_it(self):
        server = self.server("--set", "push.contact=mailto:admin@example.org")
        client = self.stranger(server)
        client.send("CAP LS 302")
        client.send("CAP REQ :soju.im/webpush")
        client.send("CAP END")
        client.send("NICK eve")
        client.send("USER eve 0 * :eve")
        vapid = next(token for token in client.tokens() if token.startswith("VAPID=")).removeprefix("VAPID=")
        browser = self.absent(server, "alice")
        bob = self.client(server, "bob", "message-tags", "echo-message")
        echoed = self.only(bob.ask("PRIVMSG alice :are you there? \N{CAT FACE}"), "PRIVMSG")
        path, fields, body = self.service.next()
        self.assertEqual(path, "/alice")
        text = browser.read(body)
        self.assertRegex(text, rf"^@time=\S+;msgid={echoed.tags['msgid']} :bob!~bob@\S+ PRIVMSG alice :are you there\? \N{{CAT FACE}}$")
        self.assertNotIn(b"are you there", body)
        self.assertEqual((fields["Content-Encoding"], fields["TTL"], fields["Urgency"]), ("aes128gcm", "86400", "high"))
        # The server shows who it is (RFC 8292).
        scheme, values = fields["Authorization"].split(" ", 1)
        given = dict(part.strip().split("=", 1) for part in values.split(","))
        self.assertEqual((scheme, given["k"]), ("vapid", vapid))
        head, claims, signature = given["t"].split(".")
        raw = from64(signature)
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), from64(vapid)).verify(
            utils.encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")), f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
        claims = json.loads(from64(claims))
        self.assertEqual((claims["aud"], claims["sub"]), (f"https://localhost:{self.service.port}", "mailto:admin@example.org"))
        self.assertTrue(time.time() < claims["exp"] <= time.time() + 24 * 3600)
        self.assertEqual(json.loads(from64(head))["alg"], "ES256")

    def test_in_a_room_who_is_named(self):
        server = self.server()
        browser = self.absent(server, "alice")
        bob = self.client(server, "bob")
        bob.ask("JOIN #dev")
        bob.ask("PRIVMSG #dev :malice, and nobody else")
        bob.ask("PRIVMSG #other :alice")
        bob.ask("PRIVMSG #dev :so, Alice: alice?")
        _, fields, body = self.service.next()
        self.assertRegex(browser.read(body), r" PRIVMSG #dev :so, Alice: alice\?$")
        self.assertEqual(fields["Urgency"], "normal")
        self.assertIsNone(self.service.nothing())

    def test_who_is_there_is_not_told_and_who_says_to_be_away_is(self):
        server = self.server()
        alice = self.member(server, "alice")
        browser = self.subscribe(alice, self.service.at("alice"))
        bob = self.client(server, "bob")
        bob.ask("PRIVMSG alice :one")
        self.assertIsNone(self.service.nothing())
        alice.ask("AWAY :lunch")
        bob.ask("PRIVMSG alice :two")
        self.assertRegex(browser.read(self.service.next()[2]), r":two$")

    def test_one_that_the_service_has_ended_is_forgotten(self):
        server = self.server()
        self.service.answers = {"/gone": (410, {}), "/missing": (404, {}), "/busy": (429, {"Retry-After": "1"})}
        client = self.member(server, "alice")
        for name in ("gone", "missing", "busy"):
            self.subscribe(client, self.service.at(name))
        self.gone(client)
        bob = self.client(server, "bob")
        bob.ask("PRIVMSG alice :one")
        self.assertEqual({self.service.next()[0] for _ in range(3)}, {"/gone", "/missing", "/busy"})
        # As soon as the server has read what it was answered.
        limit = time.monotonic() + 15
        got = set()
        while got != {"/busy"} and time.monotonic() < limit:
            bob.ask("PRIVMSG alice :two")
            got = set()
            while one := self.service.nothing(0.5):
                got.add(one[0])
        self.assertEqual(got, {"/busy"})

    def test_it_is_taken_back_and_replaced(self):
        server = self.server()
        client = self.member(server, "alice")
        self.subscribe(client, self.service.at("a"))
        browser = self.subscribe(client, self.service.at("a"))
        self.subscribe(client, self.service.at("b"))
        for _ in range(2):
            self.assertEqual(self.only(client.ask(f"WEBPUSH UNREGISTER {self.service.at('b')}"), "WEBPUSH").params, ["UNREGISTER", self.service.at("b")])
        for _ in range(9):
            browser_of_last = self.subscribe(client, self.service.at(f"c{_}"))
        self.gone(client)
        self.client(server, "bob").ask("PRIVMSG alice :hello")
        got = sorted(self.service.next()[0] for _ in range(8))
        self.assertEqual(got, [f"/c{i}" for i in range(1, 9)])
        self.assertIsNone(self.service.nothing())
        self.assertIsNot(browser, browser_of_last)

    def test_it_follows_nowhere_and_calls_no_private_network(self):
        server = self.server()
        self.service.answers = {"/alice": (307, {"Location": self.service.at("elsewhere")})}
        self.absent(server, "alice")
        bob = self.client(server, "bob")
        bob.ask("PRIVMSG alice :one")
        self.assertEqual(self.service.next()[0], "/alice")
        self.assertIsNone(self.service.nothing())
        closed = self.server(networks="")
        for i, host in enumerate(("127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "0.0.0.0", "2130706433")):
            self.absent(closed, f"u{i}", self.service.at(f"u{i}", host))
        bob = self.client(closed, "bob")
        for i in range(7):
            bob.ask(f"PRIVMSG u{i} :one")
        for _ in range(7):
            closed.until(r"push_failed why=\"https://[^\n]*is at no public address")
        self.assertIsNone(self.service.nothing())

    def test_what_is_no_subscription_is_refused(self):
        server = self.server()
        client = self.member(server, "alice")
        good, keys = self.service.at("a"), Browser().keys
        for wrong in ("", "REGISTER", f"REGISTER {good}", f"REGISTER {good} {keys} more", f"FETCH {good} {keys}", f"REGISTER http://localhost/ {keys}",
                      f"REGISTER ftp://localhost/ {keys}", f"REGISTER https://a:b@localhost/ {keys}", f"REGISTER nonsense {keys}", f"REGISTER {good} p256dh=AAAA;auth=AAAA",
                      f"REGISTER {good} {keys.split(';')[0]}", f"REGISTER {good} {keys.replace('auth=', 'auth=!')}"):
            answer = self.only(client.ask(f"WEBPUSH {wrong}"), "FAIL")
            self.assertEqual(answer.params[:2], ["WEBPUSH", "INVALID_PARAMS"], wrong)
        guest = self.client(server, "bob", "soju.im/webpush")
        self.assertEqual(self.only(guest.ask(f"WEBPUSH REGISTER {good} {keys}"), "FAIL").params[1], "FORBIDDEN")

    def test_a_point_that_is_on_no_curve_harms_nobody(self):
        server = self.server()
        client = self.member(server, "alice")
        self.only(client.ask(f"WEBPUSH REGISTER {self.service.at('a')} p256dh={url64(b'%c' % 4 + bytes(64))};auth={url64(bytes(16))}"), "WEBPUSH")
        self.gone(client)
        bob = self.client(server, "bob")
        bob.ask("PRIVMSG alice :one")
        server.until("push_failed")
        bob.sync()

    def test_nobody_waits_for_a_slow_service_and_one_person_has_only_so_many(self):
        server = self.server()
        self.service.answering.clear()
        self.absent(server, "alice")
        bob = self.client(server, "bob")
        for i in range(60):
            bob.send(f"PRIVMSG alice :{i}")
        bob.sync()
        self.service.answering.set()
        count = 0
        while self.service.nothing(5):
            count += 1
        self.assertLessEqual(count, 24)
        self.assertGreater(count, 3)

    def test_another_password_ends_it_and_so_does_the_end_of_its_device(self):
        server = self.server()
        alice = self.member(server, "alice")
        self.subscribe(alice, self.service.at("intruder"))
        token = re.search(r"Device token (([\w-]{8})\.[\w-]{32})", str(alice.ask("NS DEVICES ADD phone")))
        phone = self.stranger(server)
        phone.send("CAP REQ :sasl soju.im/webpush standard-replies")
        phone.send("AUTHENTICATE OAUTHBEARER")
        phone.wait_for("AUTHENTICATE")
        phone.send("AUTHENTICATE " + base64.b64encode(f"n,a=alice,\x01auth=Bearer {token[1]}\x01\x01".encode()).decode())
        phone.wait_for("903")
        phone.send("CAP END")
        phone.connect("alice")
        self.subscribe(phone, self.service.at("phone"))
        alice.ask("AWAY :out")
        phone.ask("AWAY :out")
        bob = self.client(server, "bob")
        bob.ask("PRIVMSG alice :one")
        self.assertEqual({self.service.next()[0], self.service.next()[0]}, {"/intruder", "/phone"})
        alice.ask(f"NS DEVICES END {token[2]}")
        bob.ask("PRIVMSG alice :two")
        self.assertEqual(self.service.next()[0], "/intruder")
        self.only(alice.ask("NS PASSWD secret another"), "NOTICE")
        self.subscribe(alice, self.service.at("own"))
        bob.ask("PRIVMSG alice :three")
        self.assertEqual(self.service.next()[0], "/own")
        self.assertIsNone(self.service.nothing())

    def test_nobody_waits_for_what_others_have_named(self):
        server = self.server()
        silent = socket.create_server(("127.0.0.1", 0), backlog=200)
        self.addCleanup(silent.close)
        names = [f"mallory{i}" for i in range(6)]
        for name in names:
            client = self.member(server, name)
            for i in range(8):
                self.subscribe(client, f"https://localhost:{silent.getsockname()[1]}/{name}/{i}")
            self.gone(client)
        self.absent(server, "alice")
        bob = self.client(server, "bob")
        for _ in range(3):  # for each of them more waits than may
            for name in names:
                bob.send(f"PRIVMSG {name} :hello")
        bob.ask("PRIVMSG alice :hello")
        self.assertEqual(self.service.next()[0], "/alice")

    def test_it_lasts_over_a_kill_and_goes_with_the_account(self):
        folder = tempfile.mkdtemp()
        self.addCleanup(subprocess.run, ["rm", "-rf", folder])
        server = self.server("--set", f"store.folder={folder}")
        browser = self.absent(server, "alice")
        server.process.send_signal(signal.SIGKILL)
        server.process.wait(30)
        server = self.server("--set", f"store.folder={folder}")
        bob = self.client(server, "bob")
        bob.ask("PRIVMSG alice :after")
        self.assertRegex(browser.read(self.service.next()[2]), r":after$")
        alice = self.client(server, "carol")
        alice.ask("NS IDENTIFY alice secret")
        alice.send("NS DROP secret")
        alice.rest()
        self.member(server, "alice").send("QUIT")
        bob.ask("PRIVMSG alice :another")
        self.assertIsNone(self.service.nothing())

    def test_one_key_turns_it_off(self):
        server = self.server("--set", "push.enabled=false")
        self.assertNotIn("soju.im/webpush", self.stranger(server).offered())


if __name__ == "__main__":
    unittest.main()
