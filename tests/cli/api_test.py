"""The operators' API, by curl: what the console does, how the server fares, and what happens; for who has a token."""

import http.client
import json
import signal
import subprocess
import unittest

from admin_test import AdminCase
from talk_case import LIMIT


class ApiCase(AdminCase):
    def token(self, name="robot", *read):
        [made] = self.answer("token", "add", name, *read)
        return made["token"]

    def curl(self, *arguments):
        """The status, and what was answered."""
        done = subprocess.run(["curl", "-sS", "-w", "\n%{http_code}", *arguments], capture_output=True, check=True, timeout=LIMIT)
        body, status = done.stdout.decode().rsplit("\n", 1)
        return int(status), body

    def url(self, server, path, scheme="http"):
        return f"{scheme}://127.0.0.1:{server.port}/api/v1/{path}"

    def get(self, server, path, token, *arguments):
        return self.curl(*arguments, "-H", f"Authorization: Bearer {token}", self.url(server, path))

    def command(self, server, token, line):
        status, body = self.get(server, "command", token, "-H", "Content-Type: application/json", "-d", json.dumps({"command": line}))
        return status, json.loads(body) if body.startswith("{") else body


class Api(ApiCase):
    def test_what_the_console_does(self):
        server = self.quiet_server()
        token = self.token()
        alice = self.person(server, b"alice")
        status, rooms = self.command(server, token, "/rooms")
        self.assertEqual(status, 200)
        self.assertEqual(rooms["things"], [{"room": "#lobby", "people": 1, "topic": ""}])
        self.assertEqual(rooms, json.loads(self.admin("--json", "rooms")))
        self.assertEqual(self.command(server, token, "/topic #lobby tea")[1]["answer"], ["the topic of #lobby is: tea"])
        alice.until(b"tea")
        self.assertEqual(self.command(server, token, "back at noon"), (200, {"answer": [], "done": True, "things": []}))
        alice.until(b"operator: back at noon\n")
        status, answer = self.command(server, token, "/kick nobody")
        self.assertEqual((status, answer["done"]), (422, False))
        for body in ("", "{", "[]", '{"command":7}', '{"line":"/who"}'):
            self.assertEqual(self.get(server, "command", token, "-H", "Content-Type: application/json", "-d", body)[0], 400)
        self.assertEqual(self.get(server, "command", token, "-d", '{"command":"/who"}')[0], 415)
        self.assertEqual(self.get(server, "command", token)[0], 405)
        self.assertEqual(self.get(server, "status", token, "-d", "")[0], 405)
        self.assertEqual(self.get(server, "nothing", token)[0], 404)
        self.assertEqual(self.get(server, "command", token, "-H", "Content-Type: application/json", "-d", "x" * 70000)[0], 413)
        self.assertEqual(self.command(server, token, "/shutdown")[0], 200)
        self.assertEqual(server.process.wait(LIMIT), 0)

    def test_how_the_server_fares(self):
        server = self.quiet_server()
        token = self.token("monitoring", "read")
        self.person(server, b"alice").say(b"hello\n")
        # A sample is taken each five seconds, and the rates are of what was since.
        status, body = self.get(server, "status", token)
        self.assertEqual(status, 200)
        now = json.loads(body)
        self.assertEqual((now["status"], now["people"] >= 1, now["rooms"]), ("ok", True, 1))
        self.assertRegex(now["version"], r"^parlance-\d")
        self.assertGreater(now["resident_bytes"], 1_000_000)
        for name in ("messages_per_second", "deliveries_per_second", "loop_lag_seconds"):
            self.assertGreaterEqual(now[name], 0)
        while not (samples := json.loads(self.get(server, "samples", token)[1]))["samples"]:
            self.assertIsNone(server.process.poll())
        self.assertEqual(samples["seconds"], 5)
        self.assertEqual(set(samples["samples"][0]), {"time", "people", "connections", "rooms", "messages_per_second", "deliveries_per_second",
                                                       "loop_lag_seconds", "resident_bytes"})
        self.assertGreater(samples["samples"][0]["messages_per_second"], 0)

    def test_who_only_asks_cannot_type_otherwise_than_it_looks(self):
        server = self.quiet_server()
        token = self.token("eyes", "read")
        alice = self.person(server, b"alice")
        # Keys that erase what was typed before, and a tab in the place of a space, as a console takes them.
        for line in ("/stats \x15/shutdown", "/who x\x17\b\b\b\b\b\b/kick\talice", "/topic #lobby\tmine", "/account\x15/account\tbob\tcreate\tsecret",
                     "\u3000/shutdown", "/stats\x1b[D\x15/announce\thi"):
            with self.subTest(line=line):
                self.assertEqual(self.command(server, token, line)[0], 403)
        self.assertTrue(self.command(server, token, " /stats")[1]["done"])
        alice.say(b"/who\n")
        alice.until(b"-- in #lobby: alice (you)\n")
        self.assertIsNone(server.process.poll())

    def test_the_audit_tells_which_token_it_was(self):
        server = self.quiet_server()
        token = self.token("robot")
        self.command(server, token, "/topic #lobby by a program")
        [deed] = self.answer("audit", "what:topic")
        self.assertEqual((deed["who"], deed["as"], deed["from"], deed["to"]), ("operator", "robot", "127.0.0.1", "#lobby by a program"))

    def test_what_happens(self):
        server = self.quiet_server()
        token = self.token()
        listener = subprocess.Popen(["curl", "-sSN", "-H", f"Authorization: Bearer {token}", self.url(server, "events")], stdout=subprocess.PIPE)
        self.addCleanup(listener.wait)
        self.addCleanup(listener.kill)
        self.assertEqual(listener.stdout.readline(), b":\n")
        alice = self.person(server, b"alice")
        alice.say(b"hello\x01 there\n")
        heard = []
        for line in listener.stdout:
            heard.append(line.decode())
            if "alice: hello" in heard[-1]:
                break
        self.assertEqual(heard[-2:], ["event: heard\n", "data: alice: hello\ufffd there\n"])
        alice.say(b"/quit\n")
        alice.rest()
        for line in listener.stdout:
            if b"caller_gone" in line:
                break
        self.assertRegex(line, rb"^data: \S+Z info caller_gone from=127\.0\.0\.1:\d+ protocol=plain ")
        # It ends with the server.
        server.process.send_signal(signal.SIGTERM)
        self.assertEqual(server.process.wait(LIMIT), 0)
        listener.stdout.read()
        self.assertEqual(listener.wait(LIMIT), 0)

    def test_the_log_alone(self):
        server = self.quiet_server()
        token = self.token("eyes", "read")
        listener = subprocess.Popen(["curl", "-sSN", "-H", f"Authorization: Bearer {token}", self.url(server, "events?kind=log")], stdout=subprocess.PIPE)
        self.addCleanup(listener.wait)
        self.addCleanup(listener.kill)
        self.assertEqual(listener.stdout.readline(), b":\n")
        alice = self.person(server, b"alice")
        # The operator is in no room for that.
        alice.say(b"hello\n/who\n")
        alice.until(b"-- in #lobby: alice (you)\n")
        alice.say(b"/quit\n")
        alice.rest()
        heard = []
        for line in listener.stdout:
            heard.append(line)
            if b"protocol=plain" in line:
                break
        self.assertNotIn(b"event: heard\n", heard)

    def listen(self, server, token):
        """A connection on which events come, and the status."""
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=LIMIT)
        self.addCleanup(connection.close)
        connection.request("GET", "/api/v1/events", headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        if answer.status == 200:
            self.assertEqual(answer.readline(), b":\n")
        return connection, answer

    def test_who_listens_does_not_hear_on_when_its_token_is_taken_back(self):
        server = self.quiet_server()
        own, others = self.token("Robot"), self.token("eyes", "read")
        listeners = [self.listen(server, own)[1] for _ in range(2)]
        other = self.listen(server, others)[1]
        alice = self.person(server, b"alice")
        alice.say(b"before\n")
        for answer in (*listeners, other):
            while b"alice: before" not in answer.readline():
                pass
        self.admin("token", "drop", "robot")
        alice.say(b"after\n")
        for answer in listeners:
            self.assertNotIn(b"alice: after", answer.read())  # to its end
        while b"alice: after" not in other.readline():
            pass
        # One of the same name is another.
        again = self.listen(server, self.token("Robot"))[1]
        alice.say(b"at last\n")
        while b"alice: at last" not in again.readline():
            pass

    def test_who_has_not_said_all_when_its_token_is_taken_back_is_not_obeyed(self):
        server = self.quiet_server()
        token = self.token()
        body = json.dumps({"command": "/topic #lobby mine"})
        slow = self.caller(server, (f"POST /api/v1/command HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
                                    f"Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: {len(body)}\r\n\r\n").encode())
        slow.until(b"HTTP/1.1 100 ")  # so its token was looked at
        self.admin("token", "drop", "robot")
        slow.say(body.encode())
        slow.until(b"HTTP/1.1 401 ")
        self.assertEqual([room["topic"] for room in self.answer("rooms")], [""])

    def test_no_token_has_all_places_to_listen(self):
        server = self.quiet_server()
        tokens = [self.token(f"t{i}") for i in range(9)]
        greedy = [self.listen(server, tokens[0])[0] for _ in range(8)]
        self.assertEqual(self.listen(server, tokens[0])[1].status, 429)
        for token in tokens[1:8]:
            self.assertEqual([self.listen(server, token)[1].status for _ in range(8)], [200] * 8)
        self.assertEqual(self.listen(server, tokens[8])[1].status, 503)
        greedy[0].close()
        while (status := self.listen(server, tokens[8])[1].status) != 200:
            self.assertEqual(status, 503)

    def test_who_may(self):
        server = self.quiet_server()
        token = self.token()
        reader = self.token("monitoring", "read")
        self.assertIn("there is a token robot", self.admin("token", "add", "robot", code=1))
        self.assertIn("cannot be the name", self.admin("token", "add", "a.b", code=1))
        self.assertEqual([(one["name"], one["only_reads"]) for one in self.answer("token", "list")], [("monitoring", True), ("robot", False)])
        self.assertNotIn(token, self.admin("token", "list"))
        self.assertIn("2 tokens", self.admin("token", "list"))
        for line in ("/who", "/rooms", "/room #lobby", "/stats", "/bans", "/help", "/hook #lobby", "/topic #lobby"):
            self.assertEqual(self.command(server, reader, line)[0], 200, line)
        for line in ("/kick alice", "hello", "/topic #lobby tea", "/room #lobby unregister", "/shutdown", "/account bob create", "/hook #lobby add x",
                     "/announce hi", "/ban 192.0.2.1", " /quit", "//", "/reload", "/token list"):
            self.assertEqual(self.command(server, reader, line)[0], 403, line)
        for line in ("/token add more", " /token list"):
            self.assertEqual(self.command(server, token, line)[0], 422, line)
        for given in ("", "wrong", "robot.", "robot." + "A" * 32, token[:-1], "x" * 5000, "nobody.x"):
            self.assertEqual(self.get(server, "status", given)[0], 401, given[:40])
        status, head = self.curl("-D", "-", self.url(server, "status"))
        self.assertEqual(status, 401)
        self.assertIn("WWW-Authenticate: Bearer", head)
        self.assertEqual(self.curl("-u", "robot:" + token, self.url(server, "status"))[0], 401)
        server.until(r"login_failed address=127\.0\.0\.1 [^\n]*wrong token of the API")
        self.assertIn("is no more", self.admin("token", "drop", "robot"))
        self.assertIn("there is no token", self.admin("token", "drop", "robot", code=1))
        self.assertEqual(self.get(server, "status", token)[0], 401)
        # It outlives the server, and the server keeps none of it as it is.
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(LIMIT)
        with open(self.data + "/chat.db", "rb") as file:
            self.assertNotIn(reader.encode(), file.read())
        server = self.quiet_server()
        self.assertEqual(self.get(server, "status", reader)[0], 200)

    def test_those_who_guess_are_held_up(self):
        server = self.quiet_server("--set", "limits.exempt=", "--set", "limits.failed_logins=3")
        token = self.token()
        self.assertEqual([self.get(server, "status", "robot.wrong")[0] for _ in range(5)], [401, 401, 401, 429, 429])
        self.assertEqual(self.get(server, "status", token)[0], 429)

    def test_nobody_else_reads_it(self):
        server = self.quiet_server("--set", "proxies.forwarded=127.0.0.0/8")
        token = self.token()
        elsewhere = ("-H", "X-Forwarded-For: 203.0.113.5")
        self.assertEqual(self.get(server, "status", token, *elsewhere)[0], 403)
        self.assertEqual(self.get(server, "status", token, *elsewhere, "-H", "X-Forwarded-Proto: https")[0], 200)
        self.assertEqual(self.curl("-k", "-H", f"Authorization: Bearer {token}", self.url(server, "status", "https"))[0], 200)

    def test_it_can_be_turned_off(self):
        server = self.quiet_server("--set", "api.enabled=false")
        self.assertEqual(self.get(server, "status", self.token())[0], 404)


if __name__ == "__main__":
    unittest.main()
