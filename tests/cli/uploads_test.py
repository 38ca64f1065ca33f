"""Files that people put up (soju.im/FILEHOST): by curl, with the password or a token, and what of them is safe."""

import base64
import glob
import http.client
import os
import re
import signal
import socket
import subprocess
import tempfile
import time
import unittest

from irc_case import IrcCase

PASSWORD = "correct-horse"
PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
HTML = b"<script>document.title = 'ran'</script>"


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()


class UploadCase(IrcCase):
    def setUp(self):
        super().setUp()
        self.folder = tempfile.mkdtemp()
        self.addCleanup(subprocess.run, ["rm", "-rf", self.folder])

    def server(self, *changes):
        changes = [part for change in changes for part in ("--set", change)]
        return self.chat_server("--set", f"store.folder={self.folder}", "--rate", "0", *changes)

    def member(self, server, name):
        """Somebody with an account of that name, who is in the chat."""
        client = self.client(server, name)
        self.only(client.ask(f"REGISTER * * :{PASSWORD}"), "REGISTER")
        return client

    def token(self, client):
        lines = [m for m in client.ask("EXTJWT * filehost") if m.command == "EXTJWT"]
        return "".join(m.params[-1] for m in lines)

    def ask(self, server, method, path, body=None, **fields):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        self.addCleanup(connection.close)
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in fields.items()})
        return Answer(connection.getresponse())

    def post(self, server, token, name="cat.png", body=PNG, **fields):
        return self.ask(server, "POST", "/uploads", body, Authorization=f"Bearer {token}",
                        Content_Disposition=f'attachment; filename="{name}"', **fields)

    def path_of(self, answer):
        self.assertEqual(answer.status, 201, answer.body)
        return re.fullmatch(r"http://127\.0\.0\.1:\d+(/uploads/[\w-]{24}/.*)", answer.headers["Location"])[1]

    def files(self):
        return sorted(os.path.basename(one) for one in glob.glob(f"{self.folder}/uploads/*"))

    def eventually(self, test):
        limit = time.monotonic() + 15
        while not test() and time.monotonic() < limit:
            time.sleep(0.05)
        self.assertTrue(test())


class Uploads(UploadCase):
    def test_what_clients_are_told(self):
        server = self.server()
        client = self.stranger(server)
        client.send("NICK alice")
        client.send("USER alice 0 * :alice")
        tokens = client.tokens()
        self.assertIn(f"soju.im/FILEHOST=http://127.0.0.1:{server.port}/uploads", tokens)
        self.assertIn("EXTJWT=1", tokens)
        answer = self.ask(server, "OPTIONS", "/uploads")
        self.assertEqual(answer.status, 204)
        self.assertEqual(answer.headers["Accept-Post"], "*/*")
        self.assertEqual(answer.headers["Upload-Limit"], f"max-size={25 << 20}")
        self.assertEqual(self.ask(server, "GET", "/uploads").status, 405)

    def test_curl_puts_up_a_file_by_the_password_and_gets_it_back(self):
        server = self.server()
        self.member(server, "alice")
        content = os.urandom(3_000_000)
        given = os.path.join(self.folder, "given")
        with open(given, "wb") as file:
            file.write(content)
        url = f"http://127.0.0.1:{server.port}/uploads"
        said = subprocess.run(["curl", "-sS", "-u", f"alice:{PASSWORD}", "-H", "Content-Disposition: attachment; filename*=UTF-8''%E7%8C%AB.zip",
                               "--data-binary", f"@{given}", "-H", "Content-Type: application/zip", url], capture_output=True, check=True, timeout=60).stdout.decode()
        link = said.strip()
        self.assertRegex(link, rf"^{url}/[\w-]{{24}}/%E7%8C%AB\.zip$")
        got = subprocess.run(["curl", "-sS", "-D", "-", link], capture_output=True, check=True, timeout=60).stdout
        head, body = got.split(b"\r\n\r\n", 1)
        self.assertEqual(body, content)
        self.assertIn(b"Content-Disposition: attachment; filename*=UTF-8''%E7%8C%AB.zip", head)
        self.assertIn(b"Content-Type: application/zip", head)
        part = subprocess.run(["curl", "-sS", "-r", "10-19", link], capture_output=True, check=True, timeout=60).stdout
        self.assertEqual(part, content[10:20])
        wrong = subprocess.run(["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "-u", "alice:wrong", "--data-binary", "x", url], capture_output=True, check=True, timeout=60).stdout
        self.assertEqual(wrong, b"401")

    def test_by_a_token_and_never_without(self):
        server = self.server()
        alice = self.member(server, "alice")
        path = self.path_of(self.post(server, self.token(alice)))
        got = self.ask(server, "GET", path)
        self.assertEqual((got.status, got.body, got.headers["Content-Type"]), (200, PNG, "image/png"))
        head = self.ask(server, "HEAD", path)
        self.assertEqual((head.status, head.body, head.headers["Content-Length"]), (200, b"", str(len(PNG))))
        token = self.token(alice)
        forged = token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB")
        unsigned = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=") + "." + token.split(".")[1] + "."
        for bad in (forged, unsigned, "", "x.y.z", token.split(".")[0]):
            self.assertEqual(self.post(server, bad).status, 401, bad)
        answer = self.ask(server, "POST", "/uploads", PNG)
        self.assertEqual(answer.status, 401)
        # No browser asks its user for a password that it would send for other pages later.
        self.assertNotIn("Basic", answer.headers["WWW-Authenticate"])
        self.assertEqual(self.post(server, token, Origin="https://evil.example").status, 403)
        self.assertEqual(self.post(server, token, Origin=f"http://127.0.0.1:{server.port}").status, 201)

    def test_guests_only_where_the_configuration_says_so(self):
        server = self.server()
        bob = self.client(server, "bob")
        self.assertEqual(self.only(bob.ask("EXTJWT * filehost"), "FAIL").params[1], "ACCOUNT_REQUIRED")
        folder = self.folder
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(30)
        open_server = self.server("uploads.uploaders=everybody")
        self.assertEqual(folder, self.folder)
        bob = self.client(open_server, "bob")
        path = self.path_of(self.post(open_server, self.token(bob)))
        # Of guests the household has them, and nobody takes one back.
        self.assertEqual(self.ask(open_server, "DELETE", path, Authorization=f"Bearer {self.token(bob)}").status, 403)
        self.assertEqual(self.only(bob.ask("EXTJWT #lobby filehost"), "FAIL").params[1], "NO_SUCH_CHANNEL")
        self.assertEqual(self.only(bob.ask("EXTJWT * bank"), "FAIL").params[1], "NO_SUCH_SERVICE")

    def test_who_guesses_pays(self):
        server = self.server("limits.exempt=", "limits.failed_logins=3")
        alice = self.member(server, "alice")
        path = self.path_of(self.post(server, self.token(alice)))
        for _ in range(3):
            self.assertEqual(self.post(server, "a.b.c").status, 401)
            server.until(r'login_failed address=127\.0\.0\.1 .* why="wrong token of the file host"')
        refused = self.post(server, self.token(alice))
        self.assertEqual((refused.status, refused.headers["Retry-After"]), (429, "60"))
        # Addresses that are none are no failed logins, but there is an end to them.
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        self.addCleanup(connection.close)
        statuses = []
        while 429 not in statuses and len(statuses) < 5000:
            connection.request("GET", f"/uploads/{len(statuses):024}/x.png")
            answer = connection.getresponse()
            answer.read()
            statuses.append(answer.status)
        self.assertEqual(set(statuses), {404, 429})
        self.assertGreaterEqual(len(statuses), 200)
        self.assertIn(self.ask(server, "GET", path).status, (200, 429))

    def test_nothing_of_it_runs_as_a_page_of_the_server(self):
        server = self.server()
        alice = self.member(server, "alice")
        for name, declared, type_, how in (("x.html", "text/html", "text/html; charset=utf-8", "attachment"),
                                           ("x.svg", "image/svg+xml", "image/svg+xml", "attachment"),
                                           ("x.png", "text/html", "image/png", "inline"),
                                           ("x.js", "image/png", "text/javascript; charset=utf-8", "attachment"),
                                           ("x", "text/html", "application/octet-stream", "attachment")):
            got = self.ask(server, "GET", self.path_of(self.post(server, self.token(alice), name, HTML, Content_Type=declared)))
            self.assertEqual(got.headers["Content-Type"], type_)
            self.assertTrue(got.headers["Content-Disposition"].startswith(how + ";"), got.headers["Content-Disposition"])
            self.assertEqual(got.headers["X-Content-Type-Options"], "nosniff")
            self.assertIn("sandbox", got.headers["Content-Security-Policy"])
            self.assertIn("default-src 'none'", got.headers["Content-Security-Policy"])
            self.assertIsNone(got.headers["Set-Cookie"])

    def test_names_lead_nowhere_else(self):
        server = self.server()
        alice = self.member(server, "alice")
        for name, shown in (("../../etc/passwd.png", "passwd.png"), ("..", "file"), (".bashrc", "bashrc"), ("a\\\\b\\\\c.PNG", "c.png"),
                            ("x" * 300 + ".png", "x" * 80 + ".png"), ("\u202egpj.exe", "%EF%BF%BDgpj.exe")):
            answer = self.ask(server, "POST", "/uploads", PNG, Authorization=f"Bearer {self.token(alice)}",
                              Content_Disposition=f'attachment; filename="{name}"'.encode())
            path = self.path_of(answer)
            self.assertEqual(path.split("/", 3)[3], shown)
            self.assertEqual(self.ask(server, "GET", path).body, PNG)
            token = path.split("/")[2]
            for other in (f"/uploads/{token}", f"/uploads/{token}/", f"/uploads/{token}/other.png", f"/uploads/{token}/../{token}.png",
                          "/uploads/" + "A" * 24 + "/" + shown, "/uploads/../chat.db", "/uploads/%2e%2e/chat.db"):
                self.assertEqual(self.ask(server, "GET", other).status, 404, other)

    def test_limits_are_kept(self):
        server = self.server("uploads.max_size=100KiB", "uploads.quota_per_person=150KiB", "uploads.quota=200KiB", "uploads.types=image/*,text/plain")
        alice, bob = self.member(server, "alice"), self.member(server, "bob")
        self.assertEqual(self.post(server, self.token(alice), "x.zip").status, 415)
        self.assertEqual(self.post(server, self.token(alice), body=bytes(101 << 10)).status, 413)
        chunks = (bytes(1 << 10) for _ in range(101))
        self.assertEqual(self.post(server, self.token(alice), body=chunks).status, 413)
        self.assertEqual(self.post(server, self.token(alice), body=b"").status, 400)
        self.eventually(lambda: self.files() == [])
        path = self.path_of(self.post(server, self.token(alice), body=bytes(100 << 10)))
        self.assertEqual(self.post(server, self.token(alice), body=bytes(60 << 10)).status, 507)
        self.assertEqual(self.post(server, self.token(alice), body=(bytes(1 << 10) for _ in range(60))).status, 507)
        # A small one counts, too: no folder of a million files.
        self.path_of(self.post(server, self.token(bob), body=bytes(90 << 10)))
        self.assertEqual(self.post(server, self.token(bob), body=b"x").status, 507)
        # Who takes one back has its room again; others cannot.
        self.assertEqual(self.ask(server, "DELETE", path, Authorization=f"Bearer {self.token(bob)}").status, 403)
        self.assertEqual(self.ask(server, "DELETE", path).status, 401)
        self.assertEqual(self.ask(server, "DELETE", path, Authorization=f"Bearer {self.token(alice)}").status, 204)
        self.assertEqual(self.ask(server, "GET", path).status, 404)
        self.eventually(lambda: len(self.files()) == 1)
        self.path_of(self.post(server, self.token(bob), body=b"x"))

    def test_one_that_breaks_off_leaves_nothing(self):
        server = self.server()
        alice = self.member(server, "alice")
        caller = socket.create_connection(("127.0.0.1", server.port), timeout=30)
        caller.sendall(f"POST /uploads HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.token(alice)}\r\nContent-Length: 1000000\r\n\r\n".encode() + bytes(500_000))
        self.eventually(lambda: [one for one in self.files() if one.endswith(".part")])
        caller.close()
        self.eventually(lambda: self.files() == [])

    def test_it_lasts_over_a_kill_and_what_was_not_whole_goes(self):
        server = self.server()
        alice = self.member(server, "alice")
        path = self.path_of(self.post(server, self.token(alice)))
        gone = self.path_of(self.post(server, self.token(alice)))
        server.process.kill()
        server.process.wait(30)
        uploads = os.path.join(self.folder, "uploads")
        for name in ("A" * 24 + ".part", "B" * 24 + ".png", "notes.txt"):
            with open(os.path.join(uploads, name), "w") as file:
                file.write("x")
        os.remove(os.path.join(uploads, gone.split("/")[2] + ".png"))
        server = self.server()
        self.assertEqual(self.ask(server, "GET", path).body, PNG)
        self.assertEqual(self.ask(server, "GET", gone).status, 404)
        # What somebody else has put there is not ours to delete.
        self.assertEqual(self.files(), sorted([path.split("/")[2] + ".png", "notes.txt"]))
        self.assertEqual(os.stat(uploads).st_mode & 0o777, 0o700)

    def test_they_go_with_their_account_and_with_time(self):
        server = self.server("history.retention_age=2s")
        alice, bob = self.member(server, "alice"), self.member(server, "bob")
        path = self.path_of(self.post(server, self.token(alice)))
        token = self.token(alice)
        alice.send(f"NS DROP :{PASSWORD}")
        alice.rest()
        self.assertEqual(self.ask(server, "GET", path).status, 404)
        self.assertEqual(self.post(server, token).status, 401)
        self.eventually(lambda: self.files() == [])
        self.path_of(self.post(server, self.token(bob)))
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(30)
        time.sleep(3)
        server = self.server("history.retention_age=2s")
        self.eventually(lambda: self.files() == [])

    def test_another_password_ends_the_tokens(self):
        server = self.server()
        alice = self.member(server, "alice")
        token = self.token(alice)
        self.path_of(self.post(server, token))
        alice.ask(f"NS PASSWD {PASSWORD} another-horse")
        self.assertEqual(self.post(server, token).status, 401)
        self.path_of(self.post(server, self.token(alice)))

    def test_one_that_is_under_way_goes_with_its_account(self):
        server = self.server()
        alice = self.member(server, "alice")
        coming = self.caller(server, f"POST /uploads HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {self.token(alice)}\r\n"
                                     "Content-Length: 10\r\nConnection: close\r\n\r\nhello".encode())
        self.eventually(lambda: len(self.files()) == 1)
        alice.send(f"NS DROP :{PASSWORD}")
        alice.rest()
        coming.say(b"world")
        self.assertRegex(coming.rest(), rb"^HTTP/1.1 401 ")
        self.eventually(lambda: self.files() == [])

    def test_one_key_turns_it_off(self):
        server = self.server("uploads.enabled=false")
        client = self.stranger(server)
        client.send("NICK alice")
        client.send("USER alice 0 * :alice")
        self.assertNotIn("FILEHOST", " ".join(client.tokens()))
        self.assertEqual(self.ask(server, "OPTIONS", "/uploads").status, 404)
        self.assertEqual(self.ask(self.chat_server(), "POST", "/uploads", PNG).status, 404)

    def test_a_full_disk_says_so(self):
        if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", self.folder], capture_output=True).returncode != 0:
            self.skipTest("no file system can be mounted here")
        self.addCleanup(subprocess.run, ["umount", "-l", self.folder])
        server = self.server()
        alice = self.member(server, "alice")
        self.assertEqual(self.post(server, self.token(alice), body=bytes(4 << 20)).status, 507)
        self.eventually(lambda: self.files() == [])
        self.path_of(self.post(server, self.token(alice)))


if __name__ == "__main__":
    unittest.main()
