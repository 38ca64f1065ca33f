"""A chat that is backed up while it is used, restored elsewhere and served again, and exported."""

import base64
import contextlib
import json
import os
import re
import signal
import sqlite3
import subprocess
import threading
import time
import unittest
import urllib.request
from pathlib import Path

from irc_accounts_test import AccountCase
from irc_history_test import FULL, HistoryCase
from talk_case import LIMIT, PARLANCE

PASSWORD = "correct-horse"
TEXT_LINE = re.compile(r"\[\d{4}-\d\d-\d\d \d\d:\d\d\] (.*)")


class BackupCase(AccountCase, HistoryCase):
    def setUp(self):
        self.place = self.folder()
        self.data = self.at("chat")
        self.file = self.at("chat.backup")

    def at(self, name):
        return os.path.join(self.place, name)

    def serve_chat(self, data):
        server = self.chat_server("--data", data, "--rate", "0")
        server.fingerprint = server.until(r"certificate's SHA-256 is (\S+)").group(1)
        return server

    def end(self, server, how=signal.SIGTERM):
        server.process.send_signal(how)
        server.process.wait(LIMIT)

    def run_verb(self, *arguments, **more):
        done = subprocess.run([PARLANCE, *arguments], capture_output=True, timeout=LIMIT, **more)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def done_well(self, *arguments):
        code, out, error = self.run_verb(*arguments)
        self.assertEqual((code, error), (0, ""))
        return out

    def exported(self, *arguments):
        return [json.loads(line) for line in self.done_well("export", *arguments).splitlines()]


class Backups(BackupCase):
    def talk_on(self, server):
        """Says numbered messages in #dev until it is told to end; gives how many were heard back."""
        self.heard = 0
        talker = self.client(server, "talker", "echo-message")
        talker.ask("JOIN #dev")
        ends = threading.Event()

        def talk():
            while not ends.is_set():
                talker.say(b"".join(b"PRIVMSG #dev :number %d\r\n" % (self.heard + n) for n in range(20)))
                talker.until(b":number %d\r\n" % (self.heard + 19))
                self.heard += 20
                time.sleep(0.05)  # so that the history does not grow for as long as it is checked

        thread = threading.Thread(target=talk)
        thread.start()

        def end():
            ends.set()
            thread.join(LIMIT)
            self.assertFalse(thread.is_alive(), "the server says nothing")

        self.addCleanup(end)
        return end

    def numbers(self, *arguments):
        return [e["text"] for e in self.exported(*arguments, "--room", "#dev") if e["text"].startswith("number")]

    def test_a_chat_goes_on_elsewhere_from_a_backup_that_was_made_under_load(self):
        server = self.serve_chat(self.data)
        for name in ("alice", "bob"):
            self.account(server, name)
        alice = self.member(server, "alice", *FULL)
        bob = self.member(server, "bob", *FULL)
        for line in ("JOIN #dev", "CS REGISTER #dev", "MODE #dev +mnt", "TOPIC #dev :be kind", "MODE #dev -m"):
            alice.ask(line)
        bob.ask("JOIN #dev")
        self.said(alice, "#dev", 5)
        alice.ask("PRIVMSG bob :psst")
        private = self.history(bob, "LATEST alice * 50")
        first = self.history(bob, "LATEST #dev * 50")
        end_talk = self.talk_on(server)
        while self.heard < 100:
            time.sleep(0.01)
        for n in range(5):
            before = self.heard
            self.done_well("backup", "--data", self.data, self.file, *["--force"][:n])
            numbers = self.numbers("--backup", self.file)
            self.assertGreaterEqual(len(numbers), before)
            self.assertEqual(numbers, [f"number {n}" for n in range(len(numbers))])
        end_talk()
        self.assertEqual(self.numbers("--data", self.data), [f"number {n}" for n in range(self.heard)])
        self.assertEqual(sorted(os.listdir(self.place)), ["chat", "chat.backup"])
        self.assertEqual(os.stat(self.file).st_mode & 0o777, 0o600)
        self.end(server, signal.SIGKILL)
        self.assertEqual(self.numbers("--data", self.data), [f"number {n}" for n in range(self.heard)])

        self.done_well("restore", "--data", self.at("next"), self.file)
        again = self.serve_chat(self.at("next"))
        self.assertEqual(again.fingerprint, server.fingerprint)
        bob = self.member(again, "bob", *FULL)
        bob.ask("JOIN #dev")
        self.assertEqual(self.history(bob, "LATEST alice * 50"), private)
        since = self.history(bob, f"AFTER #dev timestamp=2020-01-01T00:00:00.000Z {len(first)}")
        self.assertEqual(since, first)
        self.assertIn("n", self.only(bob.ask("MODE #dev"), "324").params[2])
        self.assertEqual(self.only(bob.ask("TOPIC #dev"), "332").params[-1], "be kind")
        alice = self.member(again, "alice", *FULL)
        self.assertIn("~alice", self.only(alice.ask("JOIN #dev"), "353").params[-1].split())
        self.only(alice.ask("PRIVMSG #dev :on it goes"), "PRIVMSG")
        self.assertEqual(self.history(bob, "LATEST #dev * 1")[0][2], "on it goes")

    def test_files_that_people_have_put_up_go_along(self):
        server = self.serve_chat(self.data)
        self.account(server, "alice", PASSWORD)
        paths = {}
        for name, size in (("small.txt", 10), ("empty-ish.bin", 1), ("big.bin", 700_001)):
            content = os.urandom(size)
            request = urllib.request.Request(f"http://127.0.0.1:{server.port}/uploads", content, {
                "Authorization": "Basic " + base64.b64encode(f"alice:{PASSWORD}".encode()).decode(),
                "Content-Disposition": f'attachment; filename="{name}"'})
            with urllib.request.urlopen(request, timeout=LIMIT) as answer:
                paths["/" + answer.headers["Location"].split("/", 3)[3]] = content
        with open(os.path.join(self.data, "uploads", "A" * 24 + ".part"), "wb") as file:
            file.write(b"has not come yet")
        self.done_well("backup", "--data", self.data, self.file)
        self.end(server)
        other = self.at("other")
        self.done_well("restore", "--data", other, self.file)
        self.assertEqual(sorted(os.listdir(other + "/uploads")),
                         sorted(one for one in os.listdir(self.data + "/uploads") if not one.endswith(".part")))
        self.assertEqual(os.stat(other + "/uploads").st_mode & 0o777, 0o700)
        # They are not in the database, too.
        self.assertLess(os.path.getsize(other + "/chat.db"), 500_000)
        with contextlib.closing(sqlite3.connect(other + "/chat.db")) as db:
            self.assertEqual(db.execute("SELECT count(*) FROM sqlite_schema WHERE name IN ('files', 'beside')").fetchone(), (0,))
        server = self.serve_chat(other)
        for path, content in paths.items():
            with urllib.request.urlopen(f"http://127.0.0.1:{server.port}{path}", timeout=LIMIT) as answer:
                self.assertEqual(answer.read(), content)

    def test_a_backup_puts_no_file_elsewhere(self):
        self.end(self.serve_chat(self.data))
        self.done_well("backup", "--data", self.data, self.file)
        for name in ("../up", ".hidden", "a/b", ""):
            with contextlib.closing(sqlite3.connect(self.file)) as db:
                db.execute("DELETE FROM files")
                db.execute("INSERT INTO files VALUES('uploads', ?, x'00')", (name,))
                db.commit()
            other = self.at("other")
            code, _, error = self.run_verb("restore", "--data", other, self.file)
            self.assertEqual(code, 1)
            self.assertIn("has a file of a name that no file has", error)
            self.assertFalse(os.path.exists(self.at("up")))
            self.assertFalse(os.path.exists(other + "/chat.db"))

    def test_a_folder_that_is_not_served_is_left_as_it_is(self):
        server = self.serve_chat(self.data)
        self.person(server, b"alice").say(b"hello\n")
        self.hear_on_stdout(server, b"hello")
        self.end(server)
        before = {name: os.stat(os.path.join(self.data, name)).st_mtime_ns for name in os.listdir(self.data)}
        self.done_well("backup", "--data", self.data, self.file)
        self.assertEqual(self.exported("--data", self.data), self.exported("--backup", self.file))
        after = {name: os.stat(os.path.join(self.data, name)).st_mtime_ns for name in os.listdir(self.data)}
        self.assertEqual(after, before)

    def test_one_that_is_interrupted_leaves_nothing(self):
        server = self.serve_chat(self.data)
        self.end(server)
        with contextlib.closing(sqlite3.connect(os.path.join(self.data, "chat.db"))) as database:
            rows = ((n, "x" * 3000) for n in range(1, 60_000))
            database.execute("INSERT INTO conversations VALUES(1000, '#big')")
            database.executemany("INSERT INTO entries VALUES(1000, ?1, ?1, 1, 'a!a@h', '', ?2, '', '')", rows)
            database.commit()
        for sign in (signal.SIGINT, signal.SIGTERM):
            backup = self.start(PARLANCE, "backup", "--data", self.data, self.file)
            while len(os.listdir(self.place)) == 1:
                time.sleep(0.001)
            backup.process.send_signal(sign)
            code, _ = backup.finish()
            if code != 0:  # it may have been quicker
                self.assertEqual((code, backup.stderr), (130, "parlance backup: interrupted\n"))
            self.assertEqual(sorted(os.listdir(self.place)), ["chat", "chat.backup"] if code == 0 else ["chat"])
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.file)

    def test_refusals_say_what_to_do(self):
        def refused(code, words, *arguments):
            got, out, error = self.run_verb(*arguments)
            self.assertEqual((got, out), (code, ""), error)
            self.assertRegex(error, words)
            self.assertEqual(error.count("\n"), 1, error)

        refused(1, "there is no chat; name the folder", "backup", "--data", self.data, self.file)
        refused(1, "there is no chat; name the folder", "export", "--data", self.data)
        self.assertFalse(os.path.exists(self.data))
        server = self.serve_chat(self.data)
        self.done_well("backup", "--data", self.data, self.file)
        refused(1, "is there already", "backup", "--data", self.data, self.file)
        refused(1, "there is a chat already; choose another", "restore", "--data", self.data, self.file)
        refused(1, "nothing is kept of #none", "export", "--data", self.data, "--room", "none")
        refused(2, "is no time; write it as", "export", "--data", self.data, "--since", "yesterday")
        refused(1, "no such file", "restore", "--data", self.at("next"), self.at("none"))
        self.assertFalse(os.path.exists(self.at("next")))
        nowhere = {"env": {"PATH": os.environ["PATH"]}}
        self.assertEqual(self.run_verb("backup", self.file, **nowhere)[0], 2)
        for arguments in (("backup",), ("restore",), ("export", "--all", "--room", "#a"), ("export", "--format", "xml"),
                          ("export", "--data", self.data, "--backup", self.file)):
            self.assertEqual(self.run_verb(*arguments)[0], 2, arguments)
        self.person(server, b"alice").say(b"hello\n")
        self.hear_on_stdout(server, b"hello")
        with open("/dev/full", "wb") as full:
            done = subprocess.run([PARLANCE, "export", "--data", self.data], stdout=full, stderr=subprocess.PIPE, timeout=LIMIT)
        self.assertEqual((done.returncode, done.stderr), (1, b"parlance export: cannot write to stdout\n"))
        self.end(server)


class Exports(BackupCase):
    def setUp(self):
        super().setUp()
        self.server = self.serve_chat(self.data)
        self.account(self.server, "alice")
        self.alice = self.member(self.server, "alice", *FULL, "draft/multiline")
        self.bob = self.client(self.server, "bob", *FULL)
        for client in (self.alice, self.bob):
            client.ask("JOIN #Dev")

    def test_it_is_what_irc_clients_read(self):
        said = self.said(self.alice, "#Dev", 3)
        self.bob.sync()
        said.append(self.only(self.bob.ask("@+emoji=x PRIVMSG #dev :caf\N{LATIN SMALL LETTER E WITH ACUTE} \x02b"), "PRIVMSG"))
        entries = [e for e in self.exported("--data", self.data, "--room", "DEV") if e["kind"] == "message"]
        self.assertEqual([(e["msgid"], e["time"], e["text"], e["source"], e["nick"]) for e in entries],
                         [(m.tags["msgid"], m.tags["time"], m.params[-1], m.source, m.nick) for m in said])
        self.assertEqual({e["conversation"] for e in entries}, {"#dev"})
        self.assertEqual([e["account"] for e in entries], ["alice"] * 3 + [""])
        self.assertTrue(entries[-1]["author"].isdigit())
        self.assertNotIn("author", entries[0])
        self.assertEqual(entries[-1]["tags"], "+emoji=x")

    def test_coming_and_going_is_in_it(self):
        self.bob.ask("NICK robert")
        self.alice.ask("TOPIC #dev :news")
        self.alice.ask("KICK #dev robert :bye")
        all_of_it = self.exported("--data", self.data, "--all")
        found = {e["kind"]: e for e in all_of_it if e["conversation"] == "#dev"}
        self.assertEqual(found["nick"]["object"], "robert")
        self.assertEqual(found["topic"]["text"], "news")
        self.assertEqual((found["kick"]["object"], found["kick"]["text"]), ("robert", "bye"))
        self.assertEqual(found["join"]["realname"], "bob the tester")

    def test_private_talks_are_printed_only_when_asked_for(self):
        self.alice.ask("PRIVMSG bob :psst")
        self.assertNotIn("psst", self.done_well("export", "--data", self.data))
        talk, = (e for e in self.exported("--data", self.data, "--private") if not e["conversation"].startswith("#"))
        self.assertEqual((talk["nick"], talk["target"], talk["text"]), ("alice", "bob", "psst"))
        self.assertIn("@alice", [who.split("#")[0] for who in talk["conversation"].split()])
        self.assertIn("] alice -> bob: psst\n", self.done_well("export", "--data", self.data, "--private", "--format", "text"))

    def test_a_room_of_a_former_format_is_found_by_its_name(self):
        former = self.at("former")
        os.mkdir(former)
        with contextlib.closing(sqlite3.connect(former + "/chat.db")) as db:
            db.execute("PRAGMA journal_mode = WAL")
            db.executescript((Path(__file__).parent / "former/format_3.sql").read_text())
            # Whose names were small letters of ASCII alone.
            db.execute("UPDATE conversations SET name = '#Ёлка' WHERE name = '#open'")
            db.commit()
        for name in ("#Ёлка", "#ёЛКА"):
            texts = [line["text"] for line in self.exported("--data", former, "--room", name)]
            self.assertIn("said in the open", texts)

    def test_since_leaves_out_what_is_older(self):
        times = [m.tags["time"] for m in self.said(self.alice, "#dev", 3)]

        def texts(since):
            return [e["text"] for e in self.exported("--data", self.data, "--room", "#dev", "--since", since)
                    if e["kind"] == "message"]

        self.assertEqual(texts(times[1]), ["message 1", "message 2"])
        self.assertEqual(texts(times[0][:10]), ["message 0", "message 1", "message 2"])
        self.assertEqual(texts("2262-01-01T00:00Z"), [])

    def test_lines_of_one_message_are_lines_of_its_text(self):
        self.alice.ask("BATCH +1 draft/multiline #dev")
        for line in ("@batch=1 PRIVMSG #dev :one", "@batch=1 PRIVMSG #dev :two",
                     "@batch=1;draft/multiline-concat PRIVMSG #dev :, still"):
            self.alice.send(line)
        self.alice.ask("BATCH -1")
        self.assertEqual(self.exported("--data", self.data, "--room", "#dev")[-1]["text"], "one\ntwo, still")
        lines = self.done_well("export", "--data", self.data, "--room", "#dev", "--format", "text").splitlines()
        self.assertEqual([TEXT_LINE.fullmatch(line)[1] for line in lines[-2:]],
                         ["#dev alice: one", "#dev alice: two, still"])

    def test_text_steers_no_terminal(self):
        self.bob.ask("PRIVMSG #dev :\x1b[2Jred")
        out = self.done_well("export", "--data", self.data, "--format", "text")
        self.assertNotIn("\x1b", out)
        self.assertIn("] #dev bob: \N{REPLACEMENT CHARACTER}[2Jred\n", out)
        self.assertEqual(self.exported("--data", self.data, "--room", "#dev")[-1]["text"], "\x1b[2Jred")


if __name__ == "__main__":
    unittest.main()
