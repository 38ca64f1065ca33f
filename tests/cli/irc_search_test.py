"""Searching in what was said: SEARCH (soju.im/search), and /search for plain callers."""

import os
import random
import re
import shutil
import signal
import tempfile
import threading
import time
import unittest

from chat_case import LIMIT
from irc_case import IrcCase

SEARCH = ("batch", "message-tags", "server-time", "echo-message", "soju.im/search")


def escaped(value):
    return value.replace("\\", "\\\\").replace(";", "\\:").replace(" ", "\\s")


class SearchCase(IrcCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def begin(self, *options):
        return self.chat_server("--set", f"store.folder={self.folder}", "--rate", "0", *options)

    def answer(self, client, **asked):
        """What SEARCH is answered, whatever it is."""
        client.sync()
        client.send("SEARCH " + ";".join(f"{key}={escaped(str(value))}" for key, value in asked.items()))
        return client.sync()

    def find(self, client, **asked):
        """The texts in the batch that answers it."""
        return [m.params[-1] for m in self.messages(client, **asked)]

    def messages(self, client, **asked):
        # While the index is made, as at the start, it says so.
        for _ in range(LIMIT * 10):
            first, *rest = self.answer(client, **asked)
            if first.command != "FAIL" or first.params[1] != "INTERNAL_ERROR":
                break
            time.sleep(0.1)
        self.assertEqual((first.command, first.params[1:]), ("BATCH", ["soju.im/search"]), first)
        *inside, last = rest
        self.assertEqual((last.command, last.params), ("BATCH", ["-" + first.params[0][1:]]))
        self.assertTrue(all(m.tags["batch"] == first.params[0][1:] for m in inside), inside)
        self.assertTrue(all(m.command in ("PRIVMSG", "NOTICE") for m in inside), inside)
        return inside

    def refusal(self, client, **asked):
        return self.only(self.answer(client, **asked), "FAIL").params[:-1]

    def until_gone(self, word):
        """Until it is in no file of the index."""
        limit = time.monotonic() + LIMIT
        while self.has_word(word):
            self.assertLess(time.monotonic(), limit, f"{word} is in the index")
            time.sleep(0.1)

    def has_word(self, word):
        return any(word.encode() in open(os.path.join(self.folder, name), "rb").read()
                   for name in ("search.db", "search.db-wal") if os.path.exists(os.path.join(self.folder, name)))


class Searching(SearchCase):
    def setUp(self):
        super().setUp()
        self.server = self.begin()
        self.alice, self.bob = (self.client(self.server, nick, *SEARCH, "draft/message-redaction")
                                for nick in ("alice", "bob"))
        for client in self.alice, self.bob:
            client.ask("JOIN #a")
        self.find(self.alice, limit=1)  # the index is there

    def say(self, by, text, target="#a"):
        by.sync()
        return self.only([m for m in by.ask(f"PRIVMSG {target} :{text}") if m.tags.get("msgid")], "PRIVMSG")

    def test_words_phrases_people_and_times(self):
        first = self.say(self.alice, "We deploy the new server tonight")
        self.say(self.bob, "Tonight? The server is NEW, Zoë says")
        self.say(self.bob, "deploy the server, not the page")
        last = self.say(self.alice, "部署新的服务器")
        self.assertEqual(len(self.find(self.alice, text="server")), 3)
        self.assertEqual(self.find(self.alice, text="deploy server tonight"), [first.params[-1]])
        self.assertEqual(self.find(self.alice, text='"new server"'), [first.params[-1]])
        self.assertEqual(self.find(self.alice, text="zoe new"), ["Tonight? The server is NEW, Zoë says"])
        self.assertEqual(self.find(self.alice, text="serv*", **{"from": "alice"}), [first.params[-1]])
        self.assertEqual(self.find(self.alice, text="服务"), ["部署新的服务器"])
        self.assertEqual(self.find(self.alice, text="deploy", limit=1), ["deploy the server, not the page"])
        self.assertEqual(self.find(self.alice, **{"from": "BOB", "in": "#A"}),
                         ["Tonight? The server is NEW, Zoë says", "deploy the server, not the page"])
        self.assertEqual(self.find(self.alice, before="2010-01-01T00:00:00.000Z", **{"in": "#a"}), [])
        # Both times are included, and what is after is counted from there.
        self.assertEqual(self.find(self.alice, after=first.tags["time"], limit=1), [first.params[-1]])
        self.assertEqual(self.find(self.alice, before=last.tags["time"], limit=1), [last.params[-1]])
        self.assertEqual(len(self.find(self.alice, after=first.tags["time"], before=last.tags["time"])), 4)
        self.assertEqual(self.find(self.alice, text="nowhere"), [])

    def test_messages_are_as_they_were_and_oldest_first(self):
        said = [self.say(self.bob, f"number {n}") for n in range(5)]
        found = self.messages(self.alice, text="number")
        self.assertEqual([(m.source, m.params, m.tags["msgid"], m.tags["time"]) for m in found],
                         [(m.source, m.params, m.tags["msgid"], m.tags["time"]) for m in said])

    def test_what_was_just_said_is_found(self):
        for n in range(20):
            self.alice.send(f"PRIVMSG #a :word{n}")
            self.alice.send(f"SEARCH text=word{n}")
            answer = [m for m in self.alice.sync() if m.command == "PRIVMSG"]
            self.assertEqual([m.params[-1] for m in answer], [f"word{n}"] * 2, answer)

    def test_a_label_has_the_batch_as_its_answer(self):
        self.alice.ask("CAP REQ :labeled-response")
        self.say(self.bob, "hello there")
        self.alice.sync()
        self.alice.send("@label=x1 SEARCH text=hello")
        self.alice.send("@label=x2 SEARCH text=hello;in=#nowhere")
        told = self.alice.sync()
        self.assertEqual([(m.command, m.tags.get("label")) for m in told],
                         [("BATCH", "x1"), ("PRIVMSG", None), ("BATCH", None), ("FAIL", "x2")], told)

    def test_without_batches_the_messages_come_alone(self):
        carol = self.client(self.server, "carol", "soju.im/search", "message-tags", "server-time")
        carol.ask("JOIN #a")
        self.say(self.bob, "hello there")
        carol.sync()
        self.assertEqual([m.params[-1] for m in carol.ask("SEARCH text=hello") if "msgid" in m.tags], ["hello there"])

    def test_wrong_attributes_are_refused(self):
        self.say(self.bob, "hello there")
        self.assertEqual(self.refusal(self.alice, text="x", before="yesterday"), ["SEARCH", "INVALID_PARAMS", "before"])
        self.assertEqual(self.refusal(self.alice, after=""), ["SEARCH", "INVALID_PARAMS", "after"])
        self.assertEqual(self.refusal(self.alice, limit="-1"), ["SEARCH", "INVALID_PARAMS", "limit"])
        self.assertEqual(self.refusal(self.alice, colour="red"), ["SEARCH", "INVALID_PARAMS", "colour"])
        self.assertEqual(self.refusal(self.alice, text="x " * 9), ["SEARCH", "INVALID_PARAMS", "text"])
        self.assertEqual(self.refusal(self.alice, text="x" * 300), ["SEARCH", "INVALID_PARAMS", "text"])
        self.assertEqual(self.refusal(self.alice, text="x", **{"in": "#nowhere"}), ["SEARCH", "INVALID_PARAMS", "in"])
        self.assertEqual(self.only(self.alice.ask("SEARCH"), "FAIL").params[1], "INVALID_PARAMS")
        self.assertEqual(self.find(self.alice, text="hello", limit=0), [])
        carol = self.client(self.server, "carol")
        self.assertEqual(self.only(carol.ask("SEARCH text=x"), "421").params[1], "SEARCH")

    def test_no_syntax_of_the_index_comes_through(self):
        self.say(self.bob, "hello there")
        for typed in ("hello OR nothing", "hello NOT there", "NEAR(hello there)", "said:hello", "{who} : bob", '"', '""', '"""',
                      "'", "';DROP TABLE shards;--", "*", "-", "(", ")", "\x01", "hello AND", "\\", "%", "\x1f"):
            self.assertEqual(self.find(self.alice, text=typed), [], typed)
            self.assertEqual(self.find(self.alice, **{"from": typed}), [], typed)
        for typed in ("hello", "hello +", "(hello", '"hello', "hell*", "hello-there", "hello;there", "hello \x02there", "^hello",
                      "'hello'", "hello)", "+hello"):
            self.assertEqual(self.find(self.alice, text=typed), ["hello there"], typed)

    def test_nobody_finds_what_others_said_elsewhere(self):
        self.say(self.bob, "sesame in private", "alice")
        self.bob.ask("JOIN #secret")
        self.bob.ask("MODE #secret +s")
        self.say(self.bob, "sesame in secret", "#secret")
        self.assertEqual(self.find(self.alice, text="sesame"), ["sesame in private"])
        self.assertEqual(self.find(self.alice, text="sesame", **{"in": "bob"}), ["sesame in private"])
        self.assertEqual(self.find(self.bob, text="sesame"), ["sesame in private", "sesame in secret"])
        carol = self.client(self.server, "carol", *SEARCH)
        self.assertEqual(self.find(carol, text="sesame"), [])
        # A room that one is not in, one that there is not, and one that one may not know of are answered alike.
        answers = {self.only(self.answer(carol, text="sesame", **{"in": name}), "FAIL").line.replace(name, "ROOM")
                   for name in ("#secret", "#nowhere", "#a")}
        self.assertEqual(len(answers), 1, answers)
        # Who has left finds nothing any more, nor who comes by the same nick.
        self.bob.ask("PART #secret")
        self.assertEqual(self.find(self.bob, text="sesame"), ["sesame in private"])
        self.bob.ask("NICK rob")
        false_bob = self.client(self.server, "bob", *SEARCH)
        self.assertEqual(self.find(false_bob, text="sesame"), [])

    def test_what_is_taken_back_is_found_no_more_and_leaves_the_index(self):
        oops = self.say(self.alice, "my password is sesamestreet")
        self.say(self.alice, "my cat is on the street")
        self.assertEqual(len(self.find(self.bob, text="my")), 2)
        self.assertTrue(self.has_word("sesamestreet"))
        self.alice.ask(f"REDACT #a {oops.tags['msgid']}")
        self.assertEqual(self.find(self.bob, text="sesamestreet"), [])
        self.assertEqual(self.find(self.bob, text="my"), ["my cat is on the street"])
        self.until_gone("sesamestreet")
        self.assertEqual(self.find(self.bob, text="my"), ["my cat is on the street"])

    def test_a_room_that_has_another_name(self):
        self.say(self.alice, "hello there")
        self.bob.sync()
        self.alice.ask("RENAME #a #z")
        self.assertEqual([m.params for m in self.messages(self.alice, text="hello")], [["#z", "hello there"]])
        self.assertEqual(self.find(self.alice, text="hello", **{"in": "#z"}), ["hello there"])

    def test_plain_callers_search_the_room_that_they_speak_in(self):
        self.say(self.alice, "hello there")
        carol = self.person(self.server, b"carol")
        self.find(self.alice, text="hello")
        carol.say(b"/search HELLO\n")
        carol.until(b"-- nothing was found\n")
        carol.say(b"/join a\n/search HELLO\n")
        carol.until(b"you are in #a")
        carol.until(b"] #a alice: hello there\n")
        carol.until(b"] #a alice: hello there\n")
        carol.say(b"hello from here\n/search hello from:carol\n/search \"hello there\" after:2020-01-01\n")
        self.assertRegex(carol.until(b"hello from here\n").decode(), r"^\[\d\d:\d\d\] #a carol: hello from here\n$")
        self.assertRegex(carol.until(b"hello there\n").decode(), r"^\[\d\d:\d\d\] #a alice: hello there\n$")
        for line, answer in ((b"/search", b"-- /search needs more: /search WORDS"),
                             (b"/search x before:yesterday", b"-- yesterday is no day, as 2026-11-01 is"),
                             (b"/search hello before:2020-01-01", b"-- nothing was found"),
                             (b"/search hello in:#nowhere", b"-- there is no such conversation that you can read"),
                             (b"/search hello in:bob", b"-- nothing was found"),
                             (b"/search a b c d e f g h i", b"-- that is too much to look for at once")):
            carol.say(line + b"\n")
            carol.until(answer)
        carol.say(b"/search there in:*\n")
        carol.until(b"] #a alice: hello there\n")

    def test_who_asks_too_much_waits(self):
        for _ in range(300):
            self.alice.say(b"PRIVMSG #a :%s\r\n" % b" ".join(b"w%d" % random.randrange(50) for _ in range(60)))
        self.alice.sync()
        self.find(self.alice, text="w1")
        refused = None
        for _ in range(200):
            self.alice.say(b"".join(b"SEARCH text=w*\r\n" for _ in range(50)))
            refused = next((m for m in self.alice.sync() if m.command == "FAIL"), None)
            if refused:
                break
        self.assertEqual(refused.params, ["SEARCH", "INTERNAL_ERROR", "Please wait a while and try again"])
        # Who has the same address has another share of it.
        self.assertEqual(self.say(self.bob, "still here").params[-1], "still here")


class Keeping(SearchCase):
    def test_an_index_that_was_deleted_or_broken_is_made_anew(self):
        server = self.begin()
        alice = self.client(server, "alice", *SEARCH)
        alice.ask("JOIN #a")
        alice.ask("PRIVMSG #a :hello there")
        self.assertEqual(self.find(alice, text="hello"), ["hello there"])
        path = os.path.join(self.folder, "search.db")
        for damage in (lambda: os.remove(path), lambda: open(path, "wb").write(b"x" * 9000),
                       lambda: os.truncate(path, 5000)):
            server.process.send_signal(signal.SIGTERM)
            server.process.wait(LIMIT)
            damage()
            server = self.begin()
            alice = self.client(server, "alice", *SEARCH)
            alice.ask("JOIN #a")
            self.assertEqual(self.find(alice, text="hello"), ["hello there"])

    def test_killed_while_it_indexes_it_finds_everything_all_the_same(self):
        kills = 8
        for turn in range(kills + 1):
            server = self.begin()
            alice = self.client(server, "alice", *SEARCH, "draft/chathistory")
            alice.ask("JOIN #a")
            for before in range(turn):
                said = [m.params[-1] for m in alice.ask("CHATHISTORY LATEST #a * 1000") if m.command == "PRIVMSG"]
                said = [text for text in said if text.startswith(f"turn{before} ")][-100:]
                found = self.find(alice, text=f"turn{before}")
                self.assertEqual(found[-len(said):] if said else [], said)
                self.assertEqual(len(found), len(set(found)))
            if turn == kills:
                break
            threading.Timer(random.uniform(0.1, 1.5), server.process.kill).start()
            try:
                for n in range(1_000_000):
                    alice.say(b"".join(b"PRIVMSG #a :turn%d number %d\r\n" % (turn, 10 * n + i) for i in range(10)))
                    if n % 5 == 0:
                        alice.say(b"SEARCH text=number;limit=1\r\n")
                    alice.sync()
            except (OSError, AssertionError):
                server.process.wait(LIMIT)  # it was killed

    def test_without_it_there_is_no_index(self):
        server = self.begin()
        alice = self.client(server, "alice", *SEARCH)
        alice.ask("JOIN #a")
        alice.ask("PRIVMSG #a :hello there")
        self.assertEqual(self.find(alice, text="hello"), ["hello there"])
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(LIMIT)
        server = self.begin("--set", "history.search=false")
        alice = self.client(server, "alice")
        self.assertNotIn("soju.im/search", alice.offered())
        limit = time.monotonic() + LIMIT
        while os.path.exists(os.path.join(self.folder, "search.db")) and time.monotonic() < limit:
            time.sleep(0.1)
        self.assertFalse(os.path.exists(os.path.join(self.folder, "search.db")))
        carol = self.person(server, b"carol")
        carol.say(b"/search hello\n")
        carol.until(b"-- nothing is searched here")

    def test_the_console_searches_every_room_and_nobodys_private_talks(self):
        server = self.begin()
        alice, bob = self.client(server, "alice", *SEARCH), self.client(server, "bob")
        for client in alice, bob:
            client.ask("JOIN #inner")
        alice.ask("MODE #inner +is")
        alice.ask("PRIVMSG #inner :the treasure is here")
        alice.ask("PRIVMSG bob :the treasure is yours")

        self.assertEqual(self.find(alice, text="treasure", **{"in": "#inner"}), ["the treasure is here"])

        def order(line, answer):
            server.write(line.encode() + b"\n")
            return self.hear_on_stdout(server, answer.encode())

        order("/search treasure", "#inner alice: the treasure is here")
        order("/search treasure in:#inner from:bob", "-- nothing was found")
        order("/search treasure in:bob", "-- nothing was found")
        order("/search", "-- /search needs more")
        order("/search x before:yesterday", "-- yesterday is no day")

    def test_a_history_in_memory_is_not_searched(self):
        server = self.chat_server()
        self.assertNotIn("soju.im/search", self.client(server, "alice").offered())

    def test_who_came_later_finds_what_was_said_since_where_history_shows_no_more(self):
        server = self.begin("--set", "history.before_join=joined")
        alice = self.client(server, "alice", *SEARCH)
        alice.ask("JOIN #a")
        alice.ask("PRIVMSG #a :sesame before")
        bob = self.client(server, "bob", *SEARCH)
        bob.ask("JOIN #a")
        alice.ask("PRIVMSG #a :sesame after")
        self.assertEqual(self.find(alice, text="sesame"), ["sesame before", "sesame after"])
        self.assertEqual(self.find(bob, text="sesame"), ["sesame after"])
        self.assertEqual(self.find(bob, **{"from": "alice"}), ["sesame after"])
        self.assertEqual(self.find(bob, after="2020-01-01T00:00:00.000Z"), ["sesame after"])

    def test_metrics(self):
        server = self.begin()
        alice = self.client(server, "alice", *SEARCH)
        alice.ask("JOIN #a")
        alice.ask("PRIVMSG #a :hello there")
        self.find(alice, text="hello")
        caller = self.caller(server, b"GET /metrics HTTP/1.0\r\n\r\n")
        page = caller.rest().decode()
        self.assertGreaterEqual(int(re.search(r"^parlance_searches_total (\d+)$", page, re.M)[1]), 1)
        self.assertRegex(page, r"(?m)^parlance_search_messages 1$")
        self.assertRegex(page, r"(?m)^parlance_search_seconds_count [1-9]")


if __name__ == "__main__":
    unittest.main()
