"""What stands between the configuration of `parlance serve` and the chat: where it is kept, TLS, limits, HTTP, reloading."""

import os
import re
import signal
import socket
import ssl
import stat
import subprocess
import tempfile
import time
import unittest

from irc_case import IrcCase
from talk_case import LIMIT, PARLANCE, Program


class ServingCase(IrcCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def file(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def get(self, server, path, method="GET", extra="", host="x"):
        caller = self.caller(server, f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n{extra}\r\n".encode())
        head, _, body = caller.rest().partition(b"\r\n\r\n")
        caller.close()
        return int(head.split(b" ")[1]), head.decode(), body.decode()

    def metric(self, server, name):
        return float(re.search(rf"^{re.escape(name)} (\S+)$", self.get(server, "/metrics")[2], re.MULTILINE)[1])

    def tls(self, server, certificate=None):
        """A client of TLS that is not registered."""
        client = self.stranger(server)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if certificate:
            context.load_cert_chain(*certificate)
        client.socket = context.wrap_socket(client.socket)
        self.addCleanup(client.close)
        return client


class Store(ServingCase):
    def test_the_folder_is_made_for_its_owner_only(self):
        data = os.path.join(self.folder, "data")
        self.chat_server("--data", data)
        self.assertEqual(stat.S_IMODE(os.stat(data).st_mode), 0o700)

    def test_a_folder_in_use_is_refused_in_one_line(self):
        self.chat_server("--data", self.folder)
        done = subprocess.run([PARLANCE, "serve", "--data", self.folder, "127.0.0.1:0"], stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=LIMIT)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr.decode(), r"^parlance serve: .* is in use by .*\n$")

    def test_the_default_folder_is_that_of_the_user(self):
        server = Program(PARLANCE, "serve", "--console", "127.0.0.1:0", env={**os.environ, "XDG_DATA_HOME": self.folder})
        self.addCleanup(server.close)
        server.until("listening on")
        self.assertTrue(os.path.exists(f"{self.folder}/parlance/chat.db"))

    def test_a_message_is_committed(self):
        server = self.chat_server("--data", self.folder)
        alice = self.client(server, "alice")
        alice.ask("JOIN #a")
        alice.ask("PRIVMSG #a :kept")
        self.assertGreater(self.metric(server, "parlance_history_rows"), 0)

    def test_history_that_is_off_keeps_nothing(self):
        server = self.chat_server("--data", self.folder, "--set", "history.enabled=false")
        alice = self.client(server, "alice")
        alice.ask("JOIN #a")
        alice.ask("PRIVMSG #a :not kept")
        self.assertEqual(self.metric(server, "parlance_history_rows"), 0)


class Motd(ServingCase):
    def motd(self, client):
        return [m.params[-1] for m in client.ask("MOTD") if m.command == "372"]

    def test_comes_from_a_file_and_is_read_again_on_sighup(self):
        path = self.file("motd", "be kind\nand \x1b[31mcalm\n")
        server = self.chat_server("--set", f"server.motd_file={path}")
        alice = self.client(server, "alice")
        self.assertEqual(self.motd(alice), ["- be kind", "- and \ufffd[31mcalm"])
        self.file("motd", "be quick\n")
        server.process.send_signal(signal.SIGHUP)
        server.until("the configuration has been read again")
        self.assertEqual(self.motd(alice), ["- be quick"])

    def test_a_file_that_is_not_there_is_refused(self):
        done = subprocess.run([PARLANCE, "serve", "--set", "server.motd_file=/nonexistent/motd", "--data", "", ":0"],
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=LIMIT)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr.decode(), r"^parlance serve: cannot read /nonexistent/motd: No such file.*\n$")


class Reloading(ServingCase):
    def reload(self, server, text, answer="the configuration has been read again"):
        """With another text in the file."""
        self.file("c.toml", text)
        server.process.send_signal(signal.SIGHUP)
        server.until(answer)

    def test_limits_change_without_dropping_anybody(self):
        path = self.file("c.toml", "[limits]\ntopic = 300\n")
        server = self.chat_server("--config", path)
        alice = self.client(server, "alice")
        self.assertIn("TOPICLEN=300", str(alice.ask("VERSION")) + str(self.isupport(server, "x")))
        self.reload(server, "[limits]\ntopic = 200\n")
        self.assertIn("TOPICLEN=200", self.isupport(server, "y"))
        self.assertEqual(self.commands(alice.ask("PING still")), ["PONG"])

    def test_limits_hold_for_those_who_are_there(self):
        path = self.file("c.toml", "[limits]\nline = 4000\nirc_tags = 4096\n")
        server = self.chat_server("--config", path)
        alice, bob = self.client(server, "alice", "message-tags"), self.client(server, "bob")
        nc = self.caller(server, b"hello\n")
        nc.until(b"guest1")
        bob.send("QUIT")
        bob.until(b"ERROR")
        self.assertIn("314", self.commands(alice.ask("WHOWAS bob")))
        self.reload(server, "[limits]\nline = 100\nirc_tags = 8192\nwhowas = 0\n")
        self.assertEqual(self.commands(alice.ask("WHOWAS bob")), ["406", "369"])
        nc.say(b"x" * 200 + b"\n")
        nc.until(b"longer than 100 bytes")
        self.assertEqual(alice.ask(f"@+x={'y' * 6000} PRIVMSG alice :hi")[0].params, ["alice", "hi"])

    def test_a_file_that_was_cut_inside_its_last_line_changes_nothing(self):
        path = self.file("c.toml", "[limits]\ntopic = 300\nmessage_rate = 5\n")
        server = self.chat_server("--config", path)
        self.reload(server, "[limits]\ntopic = 30", "does not end with a newline any more")
        self.assertIn("TOPICLEN=300", self.isupport(server, "x"))
        self.reload(server, "[limits]\ntopic = 30\n")
        self.assertIn("TOPICLEN=30", self.isupport(server, "y"))

    def test_clients_are_told_which_capabilities_have_come_gone_and_changed(self):
        path = self.file("c.toml", "[accounts]\nregistration = true\n")
        server = self.chat_server("--config", path)
        modern = self.client(server, "modern", "draft/account-registration")
        old = self.client(server, "old")
        self.reload(server, "[accounts]\nregistration = false\n[limits]\nmultiline_lines = 7\n")
        told = [m.params[1:] for m in modern.sync() if m.command == "CAP"]
        self.assertEqual(told[0], ["DEL", "draft/account-registration"])
        self.assertRegex(told[1][1], r"^draft/multiline=max-bytes=\d+,max-lines=7$")
        self.assertEqual((told[1][0], len(told)), ("NEW", 2))
        self.assertNotIn("account-registration", str(modern.ask("CAP LIST")))
        self.assertEqual(old.sync(), [])
        self.reload(server, "[accounts]\nregistration = true\n[limits]\nmultiline_lines = 7\n")
        told = [m.params[1:] for m in modern.sync() if m.command == "CAP"]
        self.assertEqual(told, [["NEW", "draft/account-registration=before-connect,custom-account-name"]])
        # Nothing has changed, so there is nothing to tell.
        self.reload(server, "[accounts]\nregistration = true\n[limits]\nmultiline_lines = 7\n")
        self.assertEqual(modern.sync(), [])

    def isupport(self, server, nick):
        client = self.stranger(server)
        client.send(f"NICK {nick}")
        client.send("USER u 0 * :u")
        tokens = []
        while (message := client.next()).command not in ("376", "422"):
            if message.command == "005":
                tokens += message.params
        return tokens

    def test_a_wrong_file_changes_nothing(self):
        path = self.file("c.toml", "[limits]\ntopic = 300\n")
        server = self.chat_server("--config", path)
        self.reload(server, "[limits]\ntopic = nonsense\n", "the configuration stays as it was: ")
        self.assertIn("TOPICLEN=300", self.isupport(server, "x"))

    def test_a_file_that_was_cut_opens_nothing(self):
        hashed = subprocess.run([PARLANCE, "serve", "--hash-password"], input=b"secret", capture_output=True, check=True)
        closed = {
            "server.password": f'[server]\npassword = "{hashed.stdout.decode().strip()}"\n',
            "tls.only": "[tls]\nonly = true\n",
            "accounts.registration": "[accounts]\nregistration = false\n",
            "accounts.require_sasl": "[accounts]\nrequire_sasl = true\n",
            "history.before_join": '[history]\nbefore_join = "joined"\n',
            "history.enabled": "[history]\nenabled = false\n",
            "history.retention_age": '[history]\nretention_age = "0"\n',
            "history.retention_count": "[history]\nretention_count = 1000\n",
            "accounts.min_password": "[accounts]\nmin_password = 12\n",
            "limits.exempt": "[limits]\nexempt = []\n",
        }
        for key, text in closed.items():
            path = self.file("c.toml", text)
            server = self.chat_server("--config", path)
            for cut in "", " \n", "# nothing\n", "[server]\n", "[limits]\ntopic = 200\n":
                with self.subTest(key=key, cut=cut):
                    self.reload(server, cut, f"the configuration stays as it was: .*c.toml does not say any more what {key} shall be")
            if key == "server.password":
                client = self.stranger(server)
                client.send("NICK x")
                client.send("USER x 0 * :x")
                client.wait_for("464")

    def test_an_operator_may_not_more_by_a_file_that_was_cut(self):
        hashed = subprocess.run([PARLANCE, "serve", "--hash-password"], input=b"secret", capture_output=True, check=True)
        entry = f'[operators.helper]\npassword = "{hashed.stdout.decode().strip()}"\n'
        for key, line in (("permissions", 'permissions = ["rooms"]\n'), ("hosts", 'hosts = ["*@10.1.2.3"]\n'),
                          ("certificate", f'certificate = "{"ab" * 32}"\n')):
            with self.subTest(key=key):
                path = self.file("c.toml", entry + line)
                server = self.chat_server("--config", path)
                self.reload(server, entry, f"the configuration stays as it was: .*what operators.helper.{key} shall be")
                # An operator who is no more may be left out.
                self.reload(server, "")

    def test_what_keeps_people_out_is_taken_off_by_saying_so(self):
        path = self.file("c.toml", "[accounts]\nrequire_sasl = true\n")
        server = self.chat_server("--config", path)
        self.reload(server, "[accounts]\nrequire_sasl = false\n")
        self.client(server, "alice")

    def test_what_takes_a_restart_is_told(self):
        path = self.file("c.toml", '[server]\nname = "a.example"\n')
        server = self.chat_server("--config", path)
        self.reload(server, '[server]\nname = "b.example"\n', "server.name will change at the next start")
        client = self.stranger(server)
        client.send("NICK x")
        client.send("USER x 0 * :x")
        self.assertEqual(client.wait_for("001").source, "a.example")


class Tls(ServingCase):
    def test_is_spoken_on_the_same_port(self):
        server = self.chat_server()
        client = self.tls(server).connect("alice")
        self.client(server, "bob").ask("PRIVMSG alice :hi")
        self.assertEqual(self.only(client.sync(), "PRIVMSG").params[-1], "hi")
        self.assertEqual(self.metric(server, "parlance_tls_connections"), 1)

    def test_the_certificate_is_kept_and_its_fingerprint_told(self):
        prints = []
        for _ in range(2):
            server = self.chat_server("--data", self.folder)
            prints.append(server.until(r"SHA-256 is ([0-9A-F:]{95})").group(1))
            server.process.send_signal(signal.SIGTERM)
            server.process.wait(LIMIT)
        self.assertEqual(prints[0], prints[1])
        self.assertEqual(stat.S_IMODE(os.stat(os.path.join(self.folder, "key.pem")).st_mode), 0o600)

    def test_that_is_off_answers_with_an_alert(self):
        server = self.chat_server("--set", "tls.enabled=false")
        with self.assertRaises(ssl.SSLError):
            self.tls(server)

    def test_that_is_all_there_is_tells_others_so(self):
        server = self.chat_server("--set", "tls.only=true")
        self.assertIn(b"TLS only", self.caller(server, b"NICK a\r\n").rest())
        self.assertIn(b"TLS only", self.caller(server, b"hello\n").rest())
        self.tls(server).connect("alice")

    def test_sts_is_offered_with_its_port_and_only_over_tls_with_its_duration(self):
        self.certificate()
        server = self.chat_server("--set", f"tls.certificate={self.folder}/c.pem", "--set",
                                  f"tls.key={self.folder}/k.pem", "--set", "tls.sts.port=6697", "--set",
                                  "tls.sts.duration=30d")
        plain, secure = self.stranger(server), self.tls(server)
        for client, value in (plain, "sts=port=6697"), (secure, "sts=port=6697,duration=2592000"):
            client.send("CAP LS 302")
            offered = [(line := client.wait_for("CAP")).params[-1]]
            while line.params[2] == "*":
                offered.append((line := client.wait_for("CAP")).params[-1])
            self.assertIn(value, " ".join(offered).split())
            client.send("CAP REQ sts")
            self.assertEqual(client.wait_for("CAP").params[1], "NAK")
        old = self.stranger(server)
        old.send("CAP LS")
        self.assertNotIn("sts", old.wait_for("CAP").params[-1])

    def certificate(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-keyout", f"{self.folder}/k.pem", "-out", f"{self.folder}/c.pem", "-subj", "/CN=x"],
                       check=True, capture_output=True)

    def test_a_renewed_certificate_is_shown_after_sighup(self):
        self.certificate()
        server = self.chat_server("--set", f"tls.certificate={self.folder}/c.pem", "--set", f"tls.key={self.folder}/k.pem")
        there = self.tls(server).connect("alice")
        before = there.socket.getpeercert(True)
        self.certificate()
        server.process.send_signal(signal.SIGHUP)
        server.until("read again")
        self.assertNotEqual(self.tls(server).connect("bob").socket.getpeercert(True), before)
        self.assertEqual(self.commands(there.ask("PING x")), ["PONG"])


class Pages(ServingCase):
    def test_the_first_tells_how_to_join(self):
        server = self.chat_server()
        status, head, body = self.get(server, "/")
        self.assertEqual(status, 200)
        self.assertIn(f"nc 127.0.0.1 {server.port}\n", body)
        self.assertIn("nosniff", head)
        self.assertEqual(self.get(server, "/", "HEAD")[2], "")

    def test_any_other_is_not_found_and_tells_how_to_join(self):
        server = self.chat_server()
        status, _, body = self.get(server, "/wp-admin")
        self.assertEqual(status, 404)
        self.assertIn("parlance chat", body)

    def test_other_methods_are_refused(self):
        self.assertEqual(self.get(self.chat_server(), "/health", "DELETE")[0], 405)

    def test_health_in_full_for_those_who_may(self):
        server = self.chat_server()
        self.assertIn('"status":"ok"', self.get(server, "/health")[2])
        self.assertIn('"store":"memory"', self.get(server, "/health")[2])
        closed = self.chat_server("--set", "metrics.allow=192.0.2.0/24")
        self.assertEqual(self.get(closed, "/health")[2], "ok\n")
        self.assertEqual(self.get(closed, "/metrics")[0], 403)

    def test_a_page_whose_name_resolves_to_this_machine_reads_no_figures(self):
        server = self.chat_server()
        for host, status in (("localhost:8000", 200), ("127.0.0.1", 200), ("nas", 200), ("evil.example", 403)):
            self.assertEqual(self.get(server, "/metrics", host=host)[0], status, host)
            self.assertEqual("people" in self.get(server, "/health", host=host)[2], status == 200, host)

    def test_metrics_that_are_off_are_not_found(self):
        self.assertEqual(self.get(self.chat_server("--set", "metrics.enabled=false"), "/metrics")[0], 404)

    def test_metrics_count_people_messages_and_connections(self):
        server = self.chat_server()
        alice, bob = self.client(server, "alice"), self.client(server, "bob")
        for client in alice, bob:
            client.ask("JOIN #a")
        for _ in range(3):
            alice.ask("PRIVMSG #a :hi")
        bob.sync()
        self.assertEqual(self.metric(server, "parlance_members"), 3)
        self.assertEqual(self.metric(server, "parlance_messages_received_total"), 3)
        self.assertEqual(self.metric(server, "parlance_deliveries_total"), 3)
        self.assertEqual(self.metric(server, 'parlance_connections{protocol="irc"}'), 2)
        self.assertGreaterEqual(self.metric(server, 'parlance_connections{protocol="http"}'), 1)
        self.assertGreater(self.metric(server, "parlance_received_bytes_total"), 100)
        self.assertGreater(self.metric(server, "parlance_store_commit_seconds_count"), 2)

    def test_a_broken_request_is_answered(self):
        caller = self.caller(self.chat_server(), b"GET / HTTP/1.1\r\nBad Header: x\r\n\r\n")
        self.assertTrue(caller.rest().startswith(b"HTTP/1.1 400 "))

    def test_a_request_that_does_not_come_in_time_is_given_up(self):
        server = self.chat_server("--set", "limits.registration_time=1s")
        caller = self.caller(server, b"GET / HTTP/1.1\r\nHost:")
        self.assertTrue(caller.rest().startswith(b"HTTP/1.1 408 "))


class Limits(ServingCase):
    def test_one_connection_more_than_an_address_may_have_is_refused_in_its_language(self):
        server = self.chat_server("--set", "limits.connections_per_address=1", "--set", "limits.exempt=192.0.2.1")
        self.client(server, "alice")
        self.assertRegex(self.caller(server, b"NICK bob\r\n").rest(),
                         rb"^ERROR :Closing link: \(127\.0\.0\.1\) \[too many connections from your address\]\r\n$")
        self.assertEqual(self.caller(server).rest(), b"-- too many connections from your address\n")
        self.assertTrue(self.caller(server, b"GET / HTTP/1.1\r\n\r\n").rest().startswith(b"HTTP/1.1 503 "))

    def test_an_address_that_is_exempt_is_not_counted(self):
        server = self.chat_server("--set", "limits.connections_per_address=1")
        self.client(server, "alice")
        self.client(server, "bob")
        self.assertEqual(self.metric(server, "parlance_connections_refused_total"), 0)

    def test_one_connection_more_than_there_may_be_is_refused_until_one_has_gone(self):
        server = self.chat_server("--set", "limits.connections=1")
        alice = self.client(server, "alice")
        self.assertIn(b"too many connections", self.caller(server, b"NICK bob\r\n").rest())
        alice.send("QUIT")
        alice.rest()
        alice.close()
        while b"too many" in (caller := self.caller(server, b"NICK c\r\nUSER c 0 * :c\r\n")).until(b"\r\n"):
            caller.close()

    def test_messages_faster_than_the_rate_wait_and_pings_do_not_count(self):
        server = self.chat_server("--rate", "20", "--burst", "12")
        alice = self.client(server, "alice")
        for _ in range(30):
            alice.ask("PONG x")
        self.assertLess(self.metric(server, "parlance_messages_delayed_total"), 1)
        for n in range(20):
            alice.send(f"PRIVMSG alice :{n}")
        got = [m.params[-1] for m in alice.sync() if m.command == "PRIVMSG"]
        self.assertEqual(got, [str(n) for n in range(20)])
        self.assertGreater(self.metric(server, "parlance_messages_delayed_total"), 0)


class Logs(ServingCase):
    def test_tell_of_callers_as_json_and_never_what_they_say(self):
        server = self.chat_server("--set", "log.format=json")
        alice = self.client(server, "alice")
        alice.ask("PRIVMSG alice :secret")
        alice.send("QUIT")
        alice.rest()
        line = server.until(r'\{"time":.*"event":"caller_gone".*\}').group(0)
        self.assertIn('"protocol":"irc"', line)
        self.assertNotIn("secret", server.stderr)

    def test_a_flood_of_callers_is_summed_up(self):
        server = self.chat_server()
        began = time.monotonic()
        for _ in range(1000):
            socket.create_connection(("127.0.0.1", server.port)).close()
        untold = int(server.until(r" callers_untold address=127\.0\.0\.1 lines=(\d+)$").group(1))
        most = 202 + time.monotonic() - began  # some at once, and one a second
        self.assertLessEqual(server.stderr.count(" caller_"), most)
        self.assertGreater(untold, 1)

    def test_quiet_tells_of_nobody(self):
        path = os.path.join(self.folder, "socket")
        server = self.start(PARLANCE, "serve", "-q", f"unix:{path}", stdin=subprocess.DEVNULL)
        end = time.monotonic() + LIMIT
        while not os.path.exists(path) and time.monotonic() < end:
            time.sleep(0.01)
        with socket.socket(socket.AF_UNIX) as caller:
            caller.connect(path)
            caller.sendall(b"NICK a\r\nUSER a 0 * :a\r\nQUIT\r\n")
            while caller.recv(4096):
                pass
        server.process.send_signal(signal.SIGTERM)
        server.finish()
        self.assertEqual(server.stderr, "")


class Ending(ServingCase):
    def test_irc_clients_get_an_error_line(self):
        server = self.chat_server()
        alice = self.client(server, "alice")
        server.process.send_signal(signal.SIGTERM)
        self.assertRegex(alice.rest(), rb"ERROR :Closing link: \(127\.0\.0\.1\) \[The server is closing")


if __name__ == "__main__":
    unittest.main()
