"""Webhooks of rooms: what programs post, by curl, is said there; and what is said there is posted to a program that checks its
signature."""

import hashlib
import hmac
import http.server
import json
import queue
import re
import signal
import socket
import subprocess
import tempfile
import threading
import unittest

from irc_case import IrcCase
from talk_case import LIMIT, PARLANCE

PASSWORD = "correct-horse"


class HookCase(IrcCase):
    def setUp(self):
        super().setUp()
        self.folder = tempfile.mkdtemp()
        self.addCleanup(subprocess.run, ["rm", "-rf", self.folder])

    def server(self, *changes, **more):
        changes = [part for change in changes for part in ("--set", change)]
        return self.chat_server("--set", f"store.folder={self.folder}", "--rate", "0", *changes, **more)

    def founder(self, server, name="alice", room="#dev"):
        """Somebody with an account whose room that is."""
        client = self.client(server, name, "message-tags", "draft/multiline", "batch", "server-time")
        self.only(client.ask(f"REGISTER * * :{PASSWORD}"), "REGISTER")
        client.ask(f"JOIN {room}")
        self.assertIn("is registered", self.told(client, f"CS REGISTER {room}"))
        return client

    def told(self, client, line):
        """What a service answers, as one text."""
        return "\n".join(m.params[-1] for m in client.ask(line) if m.command == "NOTICE" and m.nick == "ChanServ")

    def hook(self, client, name="grafana", room="#dev"):
        """The address of a new one."""
        said = self.told(client, f"CS HOOK {room} ADD {name}")
        return re.search(r"is posted to (http://127\.0\.0\.1:\d+/hooks/[\w-]{8}\.[\w-]{32})$", said, re.MULTILINE)[1]

    def curl(self, *arguments):
        """The status, and what was answered."""
        done = subprocess.run(["curl", "-sS", "-w", "\n%{http_code}", *arguments], capture_output=True, check=True, timeout=LIMIT)
        body, status = done.stdout.decode().rsplit("\n", 1)
        return int(status), body

    def post(self, url, *arguments):
        status, body = self.curl(*arguments, url)
        self.assertEqual((status, body), (200, "ok\n"))

    def post_json(self, url, what):
        self.post(url, "-H", "Content-Type: application/json", "-d", json.dumps(what))

    def said(self, client):
        """The next message, whether it has one line or several."""
        first = client.wait_for("PRIVMSG", "BATCH")
        if first.command == "PRIVMSG":
            return first.nick, first.params[-1]
        lines = []
        while (message := client.wait_for("PRIVMSG", "BATCH")).command == "PRIVMSG":
            lines.append(message.params[-1])
        return first.nick, "\n".join(lines)


class Incoming(HookCase):
    def test_what_curl_posts_is_said(self):
        server = self.server()
        alice = self.founder(server)
        url = self.hook(alice)
        self.post(url, "-d", "build 17 failed: 100% + 1 & more")
        message = alice.wait_for("PRIVMSG")
        self.assertRegex(message.source, r"^grafana/hook!hook@[\w.-]+$")
        self.assertEqual(message.params, ["#dev", "build 17 failed: 100% + 1 & more"])
        self.assertIn("bot", message.tags)
        self.assertIn("msgid", message.tags)
        self.post(url, "-H", "Content-Type: text/plain", "--data-binary", "one\ntwo\n")
        self.assertEqual(self.said(alice), ("grafana/hook", "one\ntwo"))
        self.post_json(url, {"text": "hello", "username": "Alert Bot", "channel": "#elsewhere", "icon_emoji": ":ghost:"})
        self.assertEqual(self.said(alice), ("Alert-Bot/hook", "hello"))
        self.post(url, "--data-urlencode", "payload=" + json.dumps({"text": "by a form & more"}))
        self.assertEqual(self.said(alice), ("grafana/hook", "by a form & more"))
        # A plain caller reads it, too.
        bob = self.person(server, b"bob")
        bob.say(b"/join #dev\n")
        bob.until(b"you are in #dev")
        self.post(url, "-d", "seen by all")
        bob.until(b"#dev grafana/hook: seen by all\n")

    def test_what_senders_of_others_post(self):
        alice = self.founder(server := self.server())
        url = self.hook(alice)
        self.post_json(url, {"text": "see <https://ci.example.org/7|run 7> &amp; <!here>, 1 &lt; 2",
                             "attachments": [{"pretext": "Job", "title": "tests", "title_link": "https://ci.example.org/8", "text": "3 failed",
                                              "fallback": "not shown", "fields": [{"title": "Branch", "value": "main", "short": True}]}]})
        self.assertEqual(self.said(alice)[1], "see run 7 (https://ci.example.org/7) & @here, 1 < 2\nJob\ntests (https://ci.example.org/8)\n3 failed\nBranch: main")
        self.post_json(url, {"content": "deployed", "embeds": [{"title": "v2", "url": "https://example.org/v2", "description": "all green",
                                                               "fields": [{"name": "host", "value": "web1"}]}]})
        self.assertEqual(self.said(alice)[1], "deployed\nv2 (https://example.org/v2)\nall green\nhost: web1")
        # As Alertmanager 0.27 posts it, and Grafana.
        self.post_json(url, {"version": "4", "groupKey": "{}", "status": "firing", "receiver": "chat", "externalURL": "http://am:9093",
                             "alerts": [{"status": "firing", "labels": {"alertname": "DiskFull", "instance": "db1:9100"}, "startsAt": "2026-11-30T10:00:00Z",
                                         "annotations": {"summary": "92 % used"}, "generatorURL": "http://prom/graph"},
                                        {"status": "resolved", "labels": {"alertname": "Slow"}, "annotations": {"description": "fine again"}}]})
        self.assertEqual(self.said(alice)[1], "[FIRING] DiskFull db1:9100: 92 % used (http://prom/graph)\n[RESOLVED] Slow: fine again")
        self.post_json(url, {"title": "[OK] load", "message": "it is low", "state": "ok"})
        self.assertEqual(self.said(alice)[1], "[OK] load\nit is low")
        self.post_json(url, {"blocks": [{"type": "header", "text": {"type": "plain_text", "text": "Release"}}, {"type": "divider"},
                                        {"type": "section", "fields": [{"type": "mrkdwn", "text": "*by* bob"}]}]})
        self.assertEqual(self.said(alice)[1], "Release\n*by* bob")

    def test_what_cannot_be_said_is_told(self):
        alice = self.founder(server := self.server())
        url = self.hook(alice)
        as_json = ("-H", "Content-Type: application/json")
        for arguments, status in ((("-d", ""), 400), (("-d", "   "), 400), ((*as_json, "-d", "{"), 400), ((*as_json, "-d", "[1]"), 400),
                                  ((*as_json, "-d", '{"text":7,"x":{}}'), 200), ((*as_json, "-d", '{"zzz":"a"}'), 400),
                                  ((*as_json, "-d", '{"text":"\\ud800"}'), 400), (("-H", "Content-Type: image/png", "-d", "x"), 400),
                                  (("-d", "x" * 70000), 413), (("-X", "GET"), 405), (("-X", "PUT", "-d", "x"), 405)):
            with self.subTest(arguments=arguments[:4]):
                self.assertEqual(self.curl(*arguments, url)[0], status)
        self.assertEqual(self.curl("-d", "x", url[:-1] + ("A" if url[-1] != "A" else "B"))[0], 404)
        self.assertEqual(self.curl("-d", "x", url.rsplit("/", 1)[0] + "/")[0], 404)
        self.assertEqual(alice.wait_for("PRIVMSG").params[-1], "7")
        self.assertEqual([m for m in alice.sync() if m.command == "PRIVMSG"], [])

    def test_filters_hold_for_them_too(self):
        alice = self.founder(server := self.server())
        url = self.hook(alice)
        for order in ("loud block p no shouting", "never ban p 1h", "unheard silent p", "odd warn p"):
            server.write(f"/filter add {order}\n".encode())
            self.hear_on_stdout(server, b"-- filter ")
        self.assertEqual(self.curl("-d", "a LOUD one", url), (403, "that is not to be said here: no shouting\n"))
        self.assertEqual(self.curl("-d", "never", url)[0], 403)
        self.post(url, "-d", "unheard")
        self.post(url, "-d", "this is odd")
        self.assertEqual(self.said(alice)[1], "this is odd")
        # Nobody was put out, and who posts may come in.
        self.assertEqual(alice.ask("PING x")[0].command, "PONG")
        self.client(server, "bob")
        server.until(r"filtered.*filter=1 .*name=grafana/hook")

    def test_what_is_hostile_is_only_text(self):
        alice = self.founder(server := self.server())
        url = self.hook(alice)
        self.post_json(url, {"text": "a\r\nPRIVMSG #dev :forged\x01ACTION\x01 \x1b[31mred\u202e", "username": "bob!x@y\r\nQUIT"})
        nick, text = self.said(alice)
        self.assertEqual(nick, "grafana/hook")
        self.assertEqual(text, "a\nPRIVMSG #dev :forged\ufffdACTION\ufffd \ufffd[31mred\ufffd")
        long = "\n".join(f"line {i} " + "x" * 100 for i in range(500))
        self.post(url, "-H", "Content-Type: text/plain", "--data-binary", long)
        text = self.said(alice)[1]
        self.assertTrue(text.startswith("line 0 x"))
        self.assertTrue(text.endswith("\n[...]"), text[-50:])
        self.assertLess(len(text), 4200)
        # What is long in one line comes whole, in pieces.
        self.post(url, "-H", "Content-Type: text/plain", "--data-binary", "0123456789" * 300)
        self.assertEqual(self.said(alice)[1].replace("\n", ""), "0123456789" * 300)

    def test_it_is_kept_before_it_is_answered(self):
        alice = self.founder(server := self.server())
        url = self.hook(alice)
        for i in range(20):
            self.post(url, "-d", f"kept {i}")
            if i == 12:
                break
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
        server = self.server()
        again = self.client(server, "alice2", "draft/chathistory", "batch", "message-tags", "server-time")
        again.ask("JOIN #dev")
        past = [m for m in again.ask("CHATHISTORY LATEST #dev * 100") if m.command == "PRIVMSG"]
        self.assertEqual([m.params[-1] for m in past], [f"kept {i}" for i in range(13)])
        self.assertTrue(all("bot" in m.tags and m.nick == "grafana/hook" for m in past), past)
        # The hook has outlived it, at the same address.
        url = re.sub(r":\d+/", f":{server.port}/", url)
        self.post(url, "-d", "after")
        self.assertEqual(again.wait_for("PRIVMSG").params[-1], "after")

    def test_only_operators_of_the_room_make_them_and_take_them_back(self):
        server = self.server()
        alice = self.founder(server)
        bob = self.client(server, "bob")
        self.assertIn("You are in no such channel", self.told(bob, "CS HOOK #dev ADD x"))
        bob.ask("JOIN #dev")
        self.assertIn("not a channel operator", self.told(bob, "CS HOOK #dev ADD x"))
        self.assertIn("not a channel operator", self.told(bob, "CS HOOK #dev"))
        url = self.hook(alice)
        listed = self.told(alice, "CS HOOK #dev")
        self.assertRegex(listed, r"^Hook [\w-]{8} in as grafana/hook by alice at 2\S+Z\nHooks of #dev: 1$")
        token = url.rsplit("/", 1)[1]
        self.assertNotIn(token.split(".")[1], listed)
        for name in ("a/b,c", "!", "x" * 60):
            self.assertIn("one word as its name", self.told(alice, f"CS HOOK #dev ADD {name}"))
        self.assertIn("What can be done", self.told(alice, "CS HOOK #dev FROB"))
        hook = token.split(".")[0]
        self.assertIn("not a channel operator", self.told(bob, f"CS HOOK #dev DEL {hook}"))
        self.assertIn("There is no such hook", self.told(alice, "CS HOOK #dev DEL nothing"))
        self.assertIn(f"Hook {hook} is no more", self.told(alice, f"CS HOOK #dev DEL {hook}"))
        self.assertEqual(self.curl("-d", "x", url)[0], 404)
        # What is kept of it is no token.
        self.hook(alice, "other")
        server.process.send_signal(signal.SIGTERM)
        server.process.wait()
        with open(f"{self.folder}/chat.db", "rb") as file:
            self.assertNotIn(token.encode(), file.read())

    def test_it_goes_along_with_a_new_name_and_ends_with_the_room(self):
        alice = self.founder(server := self.server())
        url = self.hook(alice)
        alice.ask("RENAME #dev #code :moved")
        self.post(url, "-d", "found")
        self.assertEqual(alice.wait_for("PRIVMSG").params, ["#code", "found"])
        self.told(alice, "CS UNREGISTER #code")
        alice.ask("PART #code")
        self.assertEqual(self.curl("-d", "x", url)[0], 404)
        alice.ask("JOIN #code")
        self.assertEqual(self.curl("-d", "x", url)[0], 404)

    def test_a_room_has_so_many_and_each_says_so_much(self):
        alice = self.founder(server := self.server())
        urls = [self.hook(alice, f"n{i}") for i in range(20)]
        self.assertIn("as many hooks as it may", self.told(alice, "CS HOOK #dev ADD more"))
        answers = [self.curl("-D", "-", "-d", "x", urls[0]) for _ in range(45)]
        refused = [body for status, body in answers if status == 429]
        self.assertTrue(refused)
        self.assertRegex(refused[0], r"Retry-After: [1-9]")
        self.assertGreater(len([1 for status, _ in answers if status == 200]), 25)
        self.post(urls[1], "-d", "another is not held up")

    def test_the_configuration_says_who_makes_them(self):
        server = self.server("hooks.incoming=nobody")
        alice = self.founder(server)
        self.assertIn("You may not make a hook here", self.told(alice, "CS HOOK #dev ADD x"))
        self.assertIn("You may not have the server call others", self.told(alice, "CS HOOK #dev OUT https://example.org/"))

    def test_who_guesses_pays_as_for_passwords(self):
        server = self.server("limits.exempt=", "limits.failed_logins=4")
        alice = self.founder(server)
        url = self.hook(alice)
        hook = url.rsplit("/", 1)[1].split(".")[0]
        for guess in (f"{hook}.{'A' * 32}", "A" * 8 + "." + "B" * 32, "x", ""):
            self.assertEqual(self.curl("-d", "x", url.rsplit("/", 1)[0] + "/" + guess)[0], 404)
            server.until(r'login_failed address=127\.0\.0\.1 .* why="wrong token of a webhook"')
        # Right or wrong, of a hook or of an account that does not know the address.
        status, body = self.curl("-D", "-", "-d", "x", url)
        self.assertEqual(status, 429)
        self.assertIn("Retry-After: ", body)
        server.write(f"/account bob create {PASSWORD}\n".encode())
        self.hear_on_stdout(server, b"account bob now")
        carol = self.client(server, "carol")
        self.assertIn("Too many failed logins", carol.ask(f"NS IDENTIFY bob {PASSWORD}")[-1].params[-1])

    def test_by_others_than_irc(self):
        server = self.server("hooks.outgoing=room-operators")
        bob = self.person(server, b"bob")
        bob.say(b"/join #ops\n")
        bob.until(b"you are in #ops")
        bob.say(b"/hook add curl\n")
        said = bob.until(b"not shown again\n").decode()
        url = re.search(r"is posted to (http://\S+)\n", said)[1]
        self.post(url, "-d", "hi")
        bob.until(b"#ops curl/hook: hi\n")
        bob.say(b"/hook\n")
        bob.until(b"-- hooks of #ops: 1\n")
        server.write(b"/hook #ops add console\n/hook #ops\n/hook #none\n/hook #lobby add cron\n")
        self.hear_on_stdout(server, b"says as console/hook in #ops")
        self.hear_on_stdout(server, b"hooks of #ops: 2")
        self.hear_on_stdout(server, b"there is no room #none")
        lobby = re.search(rb"is posted to (/hooks/\S+)", self.hear_on_stdout(server, b"says as cron/hook in #lobby"))[1].decode()
        self.post(f"http://127.0.0.1:{server.port}{lobby}", "-d", "tick")
        self.hear_on_stdout(server, b"cron/hook: tick")

    def test_by_https(self):
        alice = self.founder(server := self.server())
        url = self.hook(alice).replace("http://", "https://")
        self.post(url, "-k", "-d", "by TLS")
        self.assertEqual(alice.wait_for("PRIVMSG").params[-1], "by TLS")


class Receiver:
    """A program that is told of what is said: it keeps what is posted, and answers what the test says."""

    def __init__(self, case):
        self.got, self.answers = queue.Queue(), []
        self.goes_on, self.at_once, self.most_at_once, self.lock = threading.Event(), 0, 0, threading.Lock()
        self.goes_on.set()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, answer = receiver.answers.pop(0) if receiver.answers else (200, b"")
                receiver.got.put((self.path, dict(self.headers), body))
                receiver.wait()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        case.addCleanup(self.server.server_close)
        case.addCleanup(self.server.shutdown)
        self.url = f"http://127.0.0.1:{self.server.server_port}/told"

    def wait(self):
        with self.lock:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        # Not longer than one waits for an answer.
        self.goes_on.wait(10)
        with self.lock:
            self.at_once -= 1

    def next(self):
        return self.got.get(timeout=LIMIT)


class Outgoing(HookCase):
    def server(self, *changes, **more):
        return super().server("hooks.outgoing=room-operators", "hooks.networks=127.0.0.0/8", "hooks.retry=1ms", *changes, **more)

    def outgoing(self, client, url, *words, room="#dev"):
        """Its secret."""
        return re.search(r"is (\S{32}); it is not shown again", self.told(client, " ".join((f"CS HOOK {room} OUT", url, *words))))[1]

    def test_what_is_said_is_posted_and_signed(self):
        server = self.server()
        alice = self.founder(server)
        there = Receiver(self)
        secret = self.outgoing(alice, there.url)
        alice.send("PRIVMSG #dev :hello, world")
        path, head, body = there.next()
        self.assertEqual(path, "/told")
        self.assertEqual(head["Content-Type"], "application/json")
        self.assertEqual(head["X-Hub-Signature-256"], "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest())
        told = json.loads(body)
        self.assertEqual({key: told[key] for key in ("channel_name", "user_name", "account", "text", "trigger_word")},
                         {"channel_name": "#dev", "user_name": "alice", "account": "alice", "text": "hello, world", "trigger_word": ""})
        self.assertGreater(told["timestamp"], 1_600_000_000)
        # In the order in which it is said, and nothing of another room.
        alice.ask("JOIN #other")
        for i in range(50):
            alice.send(f"PRIVMSG #dev :{i}")
            alice.send("PRIVMSG #other :not told")
        self.assertEqual([json.loads(there.next()[2])["text"] for _ in range(50)], [str(i) for i in range(50)])

    def test_what_begins_with_a_word_and_what_is_answered(self):
        server = self.server()
        alice = self.founder(server)
        there = Receiver(self)
        self.outgoing(alice, there.url, "Deploy", "status")
        there.answers = [(200, json.dumps({"text": "on it\nsoon", "username": "nobody"}).encode()), (200, b"not JSON"), (200, b'{"text":"up"}')]
        alice.send("PRIVMSG #dev :undeploy it")
        alice.send("PRIVMSG #dev :deploy: web1")
        self.assertEqual(json.loads(there.next()[2])["trigger_word"], "deploy")
        self.assertEqual(self.said(alice), ("127.0.0.1/hook", "on it\nsoon"))
        alice.send("PRIVMSG #dev :STATUS")
        there.next()
        alice.send("PRIVMSG #dev :status now")
        there.next()
        self.assertEqual(self.said(alice), ("127.0.0.1/hook", "up"))
        # What a hook says is told to none, nor what a bot says.
        url = self.hook(alice, "in")
        self.post(url, "-d", "deploy again")
        alice.ask("MODE alice +B")
        alice.ask("PRIVMSG #dev :deploy as a bot")
        alice.ask("MODE alice -B")
        alice.send("PRIVMSG #dev :deploy last")
        self.assertEqual(json.loads(there.next()[2])["text"], "deploy last")

    def test_it_is_tried_again_and_given_up(self):
        server = self.server()
        alice = self.founder(server)
        there = Receiver(self)
        self.outgoing(alice, there.url)
        there.answers = [(503, b""), (500, b""), (429, b"")]
        alice.send("PRIVMSG #dev :until it is taken")
        self.assertEqual([json.loads(there.next()[2])["text"] for _ in range(4)], ["until it is taken"] * 4)
        # What it refuses is not posted again.
        there.answers = [(400, b"")]
        alice.send("PRIVMSG #dev :refused")
        alice.send("PRIVMSG #dev :next")
        self.assertEqual([json.loads(there.next()[2])["text"] for _ in range(2)], ["refused", "next"])
        there.answers = [(500, b"")] * 15
        alice.send("PRIVMSG #dev :for nothing")
        for _ in range(15):
            there.next()
        notice = alice.wait_for("NOTICE")
        self.assertRegex(notice.params[-1], r"^The hook [\w-]{8} of #dev has failed too often and is stopped: http://127.0.0.1:\d+ answered 500\. ")
        hook = notice.params[-1].split()[2]
        self.assertIn("stopped: http://127.0.0.1", self.told(alice, "CS HOOK #dev"))
        alice.ask("PRIVMSG #dev :not told")
        self.assertIn(f"Hook {hook} posts again", self.told(alice, f"CS HOOK #dev START {hook}"))
        alice.send("PRIVMSG #dev :told again")
        self.assertEqual(json.loads(there.next()[2])["text"], "told again")
        # It is gone for good.
        there.answers = [(410, b"")]
        alice.send("PRIVMSG #dev :over")
        there.next()
        self.assertIn("answered 410", alice.wait_for("NOTICE").params[-1])

    def test_nobody_has_the_server_call_where_others_cannot(self):
        with socket.create_server(("127.0.0.1", 0)) as trap:
            server = self.server("hooks.networks=")
            alice = self.founder(server)
            self.assertIn("A hook posts by https", self.told(alice, "CS HOOK #dev OUT http://127.0.0.1/"))
            for url in ("ftp://example.org/", "https://u:p@example.org/", "example.org", "https://"):
                self.assertIn("posts to an address with https://", self.told(alice, f"CS HOOK #dev OUT {url}"))
            for host in ("127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1"):
                self.outgoing(alice, f"https://{host}:{trap.getsockname()[1]}/")
            alice.send("PRIVMSG #dev :who is there?")
            for _ in range(6):
                self.assertIn("is at no public address", alice.wait_for("NOTICE").params[-1])
            trap.settimeout(0.1)
            self.assertRaises(TimeoutError, trap.accept)

    def test_who_answers_slowly_holds_up_only_what_the_same_has_made(self):
        server = self.server()
        mallory, alice = self.founder(server, "mallory", "#slow"), self.founder(server)
        slow, quick = Receiver(self), Receiver(self)
        slow.goes_on.clear()
        for i in range(8):
            self.outgoing(mallory, f"{slow.url}/{i}", room="#slow")
        self.outgoing(alice, quick.url)
        for i in range(5):
            mallory.ask(f"PRIVMSG #slow :{i}")
        first = slow.next()
        for i in range(5):
            alice.send(f"PRIVMSG #dev :{i}")
        self.assertEqual([json.loads(quick.next()[2])["text"] for _ in range(5)], [str(i) for i in range(5)])
        self.assertLessEqual(slow.most_at_once, 2)
        # What waited is posted in its order when it goes on.
        slow.goes_on.set()
        got = {i: [] for i in range(8)}
        take = lambda path, _, body: got[int(path.rsplit("/", 1)[1])].append(json.loads(body)["text"])
        take(*first)
        while any("4" not in texts for texts in got.values()):
            take(*slow.next())
        for texts in got.values():
            self.assertEqual(list(dict.fromkeys(texts)), [str(i) for i in range(5)])

    def test_by_default_it_is_for_operators_of_the_server(self):
        hashed = subprocess.run([PARLANCE, "serve", "--hash-password"], input=b"root-password\n", capture_output=True, check=True).stdout.decode().strip()
        server = HookCase.server(self, f"operators.root.password={hashed}", "hooks.networks=127.0.0.0/8")
        alice = self.founder(server)
        there = Receiver(self)
        self.assertIn("You may not have the server call others", self.told(alice, f"CS HOOK #dev OUT {there.url}"))
        alice.ask("OPER root root-password")
        self.outgoing(alice, there.url)
        alice.send("PRIVMSG #dev :hello")
        self.assertEqual(json.loads(there.next()[2])["text"], "hello")


if __name__ == "__main__":
    unittest.main()
