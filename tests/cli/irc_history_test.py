"""What IRC clients read again: CHATHISTORY and what it shows."""

import re
import unittest

from irc_case import IrcCase

FULL = ("batch", "message-tags", "server-time", "echo-message", "draft/chathistory")
EARLIEST, LATEST = "timestamp=2020-01-01T00:00:00.000Z", "timestamp=2262-01-01T00:00:00.000Z"


class HistoryCase(IrcCase):
    def said(self, client, target, count):
        """Says so many things and gives the echoes."""
        return [self.only(client.ask(f"PRIVMSG {target} :message {n}"), "PRIVMSG") for n in range(count)]

    def history(self, client, request):
        """What the batch has that answers `CHATHISTORY request`."""
        client.sync()
        first, *inside, last = client.ask(f"CHATHISTORY {request}")
        self.assertEqual((first.command, first.params[1]), ("BATCH", "chathistory"))
        self.assertEqual((last.command, last.params), ("BATCH", ["-" + first.params[0][1:]]))
        self.assertTrue(all(m.tags["batch"] == first.params[0][1:] for m in inside), inside)
        return [(m.tags.get("time"), m.tags.get("msgid"), m.params[-1]) for m in inside]

    def refusal(self, client, request):
        answer = self.only(client.ask(f"CHATHISTORY {request}".rstrip()), "FAIL")
        return answer.params[1:-1]


class Reading(HistoryCase):
    def setUp(self):
        self.server = self.chat_server("--rate", "0")
        self.alice = self.client(self.server, "alice", *FULL, "draft/message-redaction")
        self.alice.ask("JOIN #a")
        self.echoes = self.said(self.alice, "#a", 10)
        self.all = [(m.tags["time"], m.tags["msgid"], m.params[-1]) for m in self.echoes]

    def references(self, at):
        tags = self.echoes[at].tags
        return (f"msgid={tags['msgid']}", f"timestamp={tags['time']}")

    def test_latest_gives_the_newest_oldest_first(self):
        self.assertEqual(self.history(self.alice, "LATEST #a * 50"), self.all)
        self.assertEqual(self.history(self.alice, "LATEST #A * 3"), self.all[-3:])
        for reference in self.references(4):
            self.assertEqual(self.history(self.alice, f"LATEST #a {reference} 50"), self.all[5:])

    def test_before_and_after_leave_the_reference_out(self):
        for reference in self.references(6):
            self.assertEqual(self.history(self.alice, f"BEFORE #a {reference} 50"), self.all[:6])
            self.assertEqual(self.history(self.alice, f"BEFORE #a {reference} 2"), self.all[4:6])
            self.assertEqual(self.history(self.alice, f"AFTER #a {reference} 2"), self.all[7:9])

    def test_what_comes_at_once_is_read_whole_in_pages_by_the_time(self):
        bob = self.client(self.server, "bob", *FULL, "draft/event-playback")
        said = [f"line {n}" for n in range(120)]
        for target, reader in ("#a", bob), ("bob", bob):
            bob.ask("JOIN #a")
            self.alice.say("".join(f"PRIVMSG {target} :{text}\r\n" for text in said).encode())
            self.alice.say(b"PART #a\r\nJOIN #a\r\n" * 5)
            self.alice.sync()
            target = "alice" if target == "bob" else target
            read = pages = self.history(reader, f"LATEST {target} * 50")
            while pages:
                pages = self.history(reader, f"BEFORE {target} timestamp={read[0][0]} 50")
                read = pages + read
            self.assertEqual([text for _, _, text in read if text.startswith("line ")], said)
            self.assertEqual(len({time for time, _, _ in read}), len(read))
            if target == "#a":
                self.assertEqual(len([1 for _, _, what in read if what == "#a"]), 12, read)

    def test_between_goes_both_ways(self):
        for first, last in zip(self.references(0), self.references(9)):
            self.assertEqual(self.history(self.alice, f"BETWEEN #a {first} {last} 50"), self.all[1:9])
            self.assertEqual(self.history(self.alice, f"BETWEEN #a {first} {last} 3"), self.all[1:4])
            self.assertEqual(self.history(self.alice, f"BETWEEN #a {last} {first} 3"), self.all[6:9])

    def test_around_has_the_reference_in_its_middle(self):
        for reference in self.references(7):
            self.assertEqual(self.history(self.alice, f"AROUND #a {reference} 1"), self.all[7:8])
            self.assertEqual(self.history(self.alice, f"AROUND #a {reference} 3"), self.all[6:9])
            self.assertEqual(self.history(self.alice, f"AROUND #a {reference} 5"), self.all[5:])
        self.assertEqual(self.history(self.alice, f"AROUND #a {self.references(0)[0]} 4"), self.all[:4])

    def test_what_cannot_be_understood_is_refused_as_the_specification_says(self):
        for request, about in {
            "": ["INVALID_PARAMS", "*"],
            "WHATEVER #a * 5": ["INVALID_PARAMS", "WHATEVER"],
            "LATEST #a *": ["INVALID_PARAMS", "LATEST"],
            "latest #a * 5 6": ["INVALID_PARAMS", "LATEST"],
            "LATEST #a * many": ["INVALID_PARAMS", "LATEST", "many"],
            "BEFORE #a * 5": ["INVALID_PARAMS", "BEFORE", "*"],
            "BEFORE #a timestamp=yesterday 5": ["INVALID_PARAMS", "BEFORE", "timestamp=yesterday"],
            "AFTER #a color=red 5": ["INVALID_MSGREFTYPE", "AFTER", "#a"],
            "LATEST #nowhere * 5": ["INVALID_TARGET", "LATEST", "#nowhere"],
            "LATEST nobody * 5": ["INVALID_TARGET", "LATEST", "nobody"],
            f"TARGETS msgid={self.echoes[0].tags['msgid']} {LATEST} 5": [
                "INVALID_PARAMS", "TARGETS", f"msgid={self.echoes[0].tags['msgid']}"],
        }.items():
            self.assertEqual(self.refusal(self.alice, request), about, request)

    def test_who_is_not_in_the_room_reads_nothing(self):
        bob = self.client(self.server, "bob", *FULL)
        self.assertEqual(self.refusal(bob, "LATEST #a * 5")[0], "INVALID_TARGET")
        bob.ask("JOIN #a")
        self.assertEqual(self.history(bob, "LATEST #a * 50"), self.all)
        bob.ask("PART #a")
        self.assertEqual(self.refusal(bob, "LATEST #a * 5")[0], "INVALID_TARGET")

    def test_clients_without_batches_and_tags_get_the_bare_lines(self):
        bob = self.client(self.server, "bob")
        bob.ask("JOIN #a")
        self.assertEqual([m.line for m in bob.ask("CHATHISTORY LATEST #a * 2")],
                         [f":{self.echoes[0].source} PRIVMSG #a :message {n}" for n in (8, 9)])

    def test_a_label_is_on_the_batch_alone(self):
        alice = self.client(self.server, "carol", *FULL, "labeled-response")
        alice.ask("JOIN #a")
        answer = alice.ask("@label=7 CHATHISTORY LATEST #a * 2")
        self.assertEqual(self.commands(answer), ["BATCH", "PRIVMSG", "PRIVMSG", "BATCH"])
        self.assertEqual([m.tags.get("label") for m in answer], ["7", None, None, None])

    def test_what_was_taken_back_is_gone(self):
        self.alice.ask(f"REDACT #a {self.echoes[9].tags['msgid']} :oops")
        self.assertEqual(self.history(self.alice, "LATEST #a * 2"), self.all[7:9])

    def test_the_server_says_how_much_it_gives(self):
        dave = self.stranger(self.server)
        dave.send("NICK dave")
        dave.send("USER dave 0 * :dave")
        tokens = []
        while (message := dave.next()).command not in ("376", "422"):
            tokens += message.params
        self.assertIn("CHATHISTORY=1000", tokens)
        self.assertIn("MSGREFTYPES=msgid,timestamp", tokens)


class Events(HistoryCase):
    def test_events_are_for_those_who_ask_for_them(self):
        server = self.chat_server("--rate", "0")
        alice = self.client(server, "alice", *FULL, "draft/event-playback", "extended-join")
        bob = self.client(server, "bob", *FULL)
        for client in (alice, bob):
            client.ask("JOIN #a")
        alice.ask("TOPIC #a :tea")
        alice.ask("PRIVMSG #a :hello")
        alice.ask("@+draft/react=x TAGMSG #a")
        alice.ask("@+typing=active TAGMSG #a")
        bob.ask("NICK rob")
        bob.ask("PART #a :bye")
        alice.sync()
        first, *events, _ = alice.ask("CHATHISTORY LATEST #a * 50")
        self.assertEqual(self.commands(events),
                         ["JOIN", "JOIN", "TOPIC", "PRIVMSG", "TAGMSG", "NICK", "PART"])
        self.assertEqual(events[1].params, ["#a", "*", "bob the tester"])
        self.assertEqual(events[4].tags["+draft/react"], "x")
        self.assertEqual(events[5].params, ["rob"])
        bob.ask("JOIN #a")
        self.assertEqual(self.commands(bob.ask("CHATHISTORY LATEST #a * 50")[1:-1]), ["PRIVMSG"])

    def test_modes_and_another_name_for_the_room_are_events(self):
        server = self.chat_server("--rate", "0")
        alice = self.client(server, "alice", *FULL, "draft/event-playback", "draft/channel-rename")
        alice.ask("JOIN #a")
        alice.ask("MODE #a +m")
        alice.ask("RENAME #a #b :new")
        *_, mode, rename, _ = alice.ask("CHATHISTORY LATEST #b * 50")
        self.assertEqual((mode.command, mode.params), ("MODE", ["#b", "+m"]))
        self.assertEqual((rename.command, rename.params), ("RENAME", ["#a", "#b", "new"]))


class Private(HistoryCase):
    def setUp(self):
        self.server = self.chat_server("--rate", "0")
        self.alice = self.client(self.server, "alice", *FULL)
        self.bob = self.client(self.server, "bob", *FULL)

    def test_both_sides_read_the_same_conversation_and_nobody_else(self):
        self.alice.ask("PRIVMSG bob :hello")
        self.bob.ask("PRIVMSG alice :good day")
        carol = self.client(self.server, "carol", *FULL)
        carol.ask("PRIVMSG alice :me too")
        first = self.history(self.alice, "LATEST bob * 10")
        self.assertEqual([text for _, _, text in first], ["hello", "good day"])
        self.assertEqual(self.history(self.bob, "LATEST ALICE * 10"), first)
        self.assertEqual(self.history(carol, "LATEST bob * 10"), [])

    def test_who_takes_the_nick_of_somebody_who_left_reads_nothing_of_it(self):
        self.alice.ask("PRIVMSG bob :between us")
        self.bob.send("QUIT")
        self.bob.rest()
        self.assertEqual([t for _, _, t in self.history(self.alice, "LATEST bob * 10")], ["between us"])
        other = self.client(self.server, "bob", *FULL)
        self.assertEqual(self.history(other, "LATEST alice * 10"), [])
        self.assertEqual(self.history(self.alice, "LATEST bob * 10"), [])

    def test_a_conversation_survives_a_change_of_nick(self):
        self.alice.ask("PRIVMSG bob :one")
        self.bob.ask("NICK rob")
        self.alice.ask("PRIVMSG rob :two")
        self.assertEqual([t for _, _, t in self.history(self.alice, "LATEST rob * 10")], ["one", "two"])

    def test_who_talks_to_itself_hears_it_and_reads_it_once(self):
        heard = self.alice.ask("PRIVMSG alice :note")
        self.assertEqual(self.commands(heard), ["PRIVMSG", "PRIVMSG"])
        self.assertEqual([t for _, _, t in self.history(self.alice, "LATEST alice * 10")], ["note"])

    def targets(self, client, request):
        client.sync()
        first, *inside, last = client.ask(f"CHATHISTORY TARGETS {request}")
        self.assertEqual(first.params[1:], ["draft/chathistory-targets"])
        self.assertEqual(last.params, ["-" + first.params[0][1:]])
        self.assertTrue(all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", m.params[2]) for m in inside))
        return [(m.params[1], m.params[2]) for m in inside]

    def test_targets_lists_rooms_and_people_by_their_last_message(self):
        self.alice.ask("JOIN #a,#b,#silent")
        times = []
        for target in ("#a", "bob", "#b"):
            while True:
                echo = self.only(self.alice.ask(f"PRIVMSG {target} :hi"), "PRIVMSG")
                if echo.tags["time"] not in times:
                    break
            times.append(echo.tags["time"])
        expected = list(zip(("#a", "bob", "#b"), times))
        self.assertEqual(self.targets(self.alice, f"{EARLIEST} {LATEST} 50"), expected)
        self.assertEqual(self.targets(self.alice, f"{EARLIEST} {LATEST} 2"), expected[:2])
        self.assertEqual(self.targets(self.alice, f"{LATEST} {EARLIEST} 2"), expected[1:])
        self.assertEqual(self.targets(self.alice, f"timestamp={times[0]} timestamp={times[2]} 9"), expected[1:2])
        self.assertEqual(self.targets(self.bob, f"{EARLIEST} {LATEST} 50"), [("alice", times[1])])


class BeforeJoining(HistoryCase):
    def test_a_room_can_keep_its_past_from_those_who_come_later(self):
        server = self.chat_server("--set", "history.before_join=joined", "--rate", "0")
        alice, bob = (self.client(server, nick, *FULL) for nick in ("alice", "bob"))
        alice.ask("JOIN #a")
        alice.ask("PRIVMSG #a :secret")
        bob.ask("JOIN #a")
        alice.ask("PRIVMSG #a :hello bob")
        self.assertEqual([t for _, _, t in self.history(bob, "LATEST #a * 10")], ["hello bob"])
        self.assertEqual([t for _, _, t in self.history(alice, "LATEST #a * 10")], ["secret", "hello bob"])


class Bursts(IrcCase):
    """One client asks for much at once, and reads all of it."""

    def test_all_of_it_is_answered_whoever_writes_it(self):
        for threads in ("1", "3"):
            with self.subTest(threads=threads):
                server = self.chat_server("--rate", "0", "--threads", threads)
                alice = self.client(server, "alice", "batch", "draft/chathistory", "server-time")
                alice.ask("JOIN #a")
                for _ in range(100):
                    alice.send("PRIVMSG #a :" + "z" * 350)
                alice.sync()
                asked = 60  # some 40 KB each, of which 256 KB may wait for one client
                alice.say(b"CHATHISTORY LATEST #a * 100\r\n" * asked)
                answers = alice.sync()
                self.assertEqual(len([m for m in answers if m.command == "BATCH" and m.params[0].startswith("+")]), asked)


if __name__ == "__main__":
    unittest.main()
