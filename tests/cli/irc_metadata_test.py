"""What people tell of themselves and their rooms, by key: METADATA."""

import sqlite3
import unittest

from irc_accounts_test import AccountCase

CAPABILITIES = ("batch", "draft/metadata-2")


class Metadata(AccountCase):
    def in_batch(self, messages, kind="metadata"):
        """What one batch has in it."""
        self.assertEqual((messages[0].command, messages[-1].command), ("BATCH", "BATCH"), messages)
        self.assertEqual(messages[0].params[1], kind)
        reference = messages[0].params[0][1:]
        self.assertEqual(messages[-1].params, ["-" + reference])
        self.assertTrue(all(m.tags["batch"] == reference for m in messages[1:-1]))
        return [[m.command] + m.params for m in messages[1:-1]]

    def test_what_is_set_can_be_read_until_it_is_taken_away(self):
        server = self.chat_server()
        alice = self.client(server, "alice", *CAPABILITIES)
        bob = self.client(server, "bob", *CAPABILITIES)
        self.assertEqual(alice.ask("METADATA * SET url :http://a b")[0].line.split(" ", 1)[1],
                         "761 alice alice url * :http://a b")
        alice.ask("METADATA alice SET color red")
        self.assertEqual(self.in_batch(bob.ask("METADATA alice GET url none $x")),
                         [["761", "bob", "alice", "url", "*", "http://a b"],
                          ["766", "bob", "alice", "none", "key not set"],
                          ["FAIL", "METADATA", "KEY_INVALID", "$x", "Invalid key"]])
        self.assertEqual([m[3:] for m in self.in_batch(bob.ask("METADATA alice LIST"))],
                         [["color", "*", "red"], ["url", "*", "http://a b"]])
        self.assertEqual(alice.ask("METADATA * SET url")[0].command, "766")
        self.assertEqual(alice.ask("METADATA * SET url")[0].params[:4],
                         ["METADATA", "KEY_NOT_SET", "alice", "url"])
        self.assertEqual(len(self.in_batch(alice.ask("METADATA * CLEAR"))), 1)
        self.assertEqual(self.in_batch(alice.ask("METADATA * LIST")), [])

    def test_who_has_not_come_in_can_set_and_subscribe(self):
        server = self.chat_server()
        client = self.stranger(server)
        words = client.offered()
        self.assertEqual(client.ask("METADATA * LIST")[0].command, "451")
        self.assertTrue(any(w.startswith("draft/metadata-2=before-connect,") for w in words), words)
        client.ask("CAP REQ :" + " ".join(CAPABILITIES))
        self.assertEqual(client.ask("METADATA * SUB color")[0].params, ["*", "color"])
        self.assertEqual(client.ask("METADATA * SET color :deep red")[0].params, ["*", "*", "color", "*", "deep red"])
        client.ask("METADATA * SET url x")
        client.ask("METADATA * SET url")
        client.send("NICK alice")
        self.assertEqual(self.only(client.ask("METADATA alice SET url x"), "FAIL").params[1], "INVALID_TARGET")
        client.send("USER alice 0 * :Alice")
        client.send("CAP END")
        told = client.wait_for("METADATA", "422")
        self.assertEqual(told.params, ["alice", "color", "*", "deep red"])
        bob = self.client(server, "bob", *CAPABILITIES)
        self.assertEqual(self.in_batch(bob.ask("METADATA alice LIST")),
                         [["761", "bob", "alice", "color", "*", "deep red"]])

    def test_what_was_set_before_coming_in_is_kept_before_it_is_told(self):
        data = self.folder() + "/data"
        server = self.chat_server("--data", data)
        self.account(server, "alice")
        client = self.begin(server, *CAPABILITIES)
        self.authenticate(client, "alice")
        client.ask("METADATA * SUB color")
        client.ask("METADATA * SET color red")
        other = sqlite3.connect(data + "/chat.db", isolation_level=None)
        self.addCleanup(other.close)
        other.execute("BEGIN IMMEDIATE")
        client.send("NICK alice\r\nUSER alice 0 * :Alice\r\nCAP END")
        told = [client.next()]
        while told[-1].command != "422":
            told.append(client.next())
        other.execute("ROLLBACK")
        self.assertEqual([m.params[:2] for m in told if m.command == "FAIL"], [["METADATA", "TEMPORARILY_UNAVAILABLE"]])
        self.assertNotIn("METADATA", self.commands(told))
        self.assertEqual(self.in_batch(client.ask("METADATA * LIST")), [])

    def test_who_is_invisible_is_not_told_to_those_outside(self):
        server = self.chat_server()
        alice = self.client(server, "alice", *CAPABILITIES)
        bob = self.client(server, "bob", *CAPABILITIES)
        alice.ask("JOIN #open")
        alice.ask("METADATA * SET mood happy")
        alice.ask("MODE alice +i")
        bob.ask("METADATA * SUB mood")
        self.assertFalse([m for m in bob.ask("METADATA #open SYNC") if "alice" in m.params])
        told = bob.ask("JOIN #open") + bob.ask("METADATA #open SYNC")
        self.assertTrue([m for m in told if "happy" in m.params])

    def test_what_may_not_be_is_refused_with_its_code(self):
        server = self.chat_server("--set", "limits.metadata_keys=1", "--rate", "0")
        alice = self.client(server, "alice", *CAPABILITIES)
        self.client(server, "bob").ask("JOIN #b")

        def code(line):
            return self.only(alice.ask("METADATA " + line), "FAIL").params[1:-1]

        self.assertEqual(code("bob SET url x"), ["KEY_NO_PERMISSION", "bob", "url"])
        self.assertEqual(code("bob CLEAR"), ["KEY_NO_PERMISSION", "bob", "*"])
        self.assertEqual(code("#b SET url x"), ["KEY_NO_PERMISSION", "#b", "url"])
        self.assertEqual(code("nobody LIST"), ["INVALID_TARGET", "nobody"])
        self.assertEqual(code("* SET $url$ x"), ["KEY_INVALID", "$url$"])
        self.assertEqual(code("* destr0y"), ["SUBCOMMAND_INVALID", "destr0y"])
        self.assertEqual(code("* SET url :" + "x" * 400), ["VALUE_INVALID"])
        alice.ask("METADATA * SET a 1")
        self.assertEqual(code("* SET b 1"), ["LIMIT_REACHED", "alice"])

    def test_what_a_room_has_is_told_as_far_as_there_is_space(self):
        server = self.chat_server("--rate", "0", "--set", "limits.sendq=65536")
        alice = self.client(server, "alice", *CAPABILITIES)
        alice.ask("JOIN #a")
        for n in range(12):
            bob = self.client(server, f"bob{n}", *CAPABILITIES)
            bob.send("JOIN #a")
            for key in range(20):
                bob.send(f"METADATA * SET k{key} :{'x' * 250}")
            bob.sync()
        alice.sync()
        alice.ask("METADATA * SUB " + " ".join(f"k{n}" for n in range(10)))
        alice.ask("METADATA * SUB " + " ".join(f"k{n}" for n in range(10, 20)))
        for _ in range(3):
            answer = alice.ask("METADATA #a SYNC")
            self.assertEqual(answer[-1].command, "774")
            self.assertLess(len(answer), 12 * 20)
        self.assertGreater(len(answer), 20)
        for _ in range(3000):
            alice.send("METADATA #a SYNC")
        self.assertLess(len(alice.sync()), 3000 * 20)

    def test_looking_for_what_nobody_has_is_paid_for(self):
        server = self.chat_server("--rate", "0", "--set", "limits.exempt=")
        alice = self.client(server, "alice", *CAPABILITIES)
        alice.ask("JOIN " + ",".join(f"#r{i}" for i in range(99)))
        later = [m.params[1] for _ in range(10) for part in range(5)
                 for m in alice.ask("METADATA * SUB " + " ".join(f"key-{part}-{i}" for i in range(10))) if m.command == "774"]
        self.assertIn("#r0", later)

    def test_two_nicks_of_an_account_have_the_same(self):
        server = self.chat_server()
        alice = self.client(server, "alice", *CAPABILITIES)
        alice.ask("NS REGISTER correct-horse")
        other = self.client(server, "alice2", *CAPABILITIES)
        other.ask("NS IDENTIFY alice correct-horse")
        other.ask("METADATA * LIST")
        alice.ask("METADATA * SET url u")
        other.ask("METADATA * SET color red")
        for client in alice, other:
            self.assertEqual([line[3:] for line in self.in_batch(client.ask("METADATA * LIST"))],
                             [["color", "*", "red"], ["url", "*", "u"]])
        alice.ask("METADATA * SET color")
        self.assertEqual([line[3:] for line in self.in_batch(other.ask("METADATA * LIST"))], [["url", "*", "u"]])

    def test_who_logs_in_brings_no_more_than_there_is_room_for(self):
        server = self.chat_server("--set", "limits.metadata_keys=3")
        alice = self.client(server, "alice", *CAPABILITIES)
        alice.ask("NS REGISTER correct-horse")
        alice.ask("METADATA * SET kept :of old")
        for guest in range(3):
            bob = self.client(server, f"bob{guest}", *CAPABILITIES)
            for key in ("kept", f"a{guest}", f"b{guest}"):
                bob.ask(f"METADATA * SET {key} {guest}")
            bob.ask("NS IDENTIFY alice correct-horse")
            bob.ask("METADATA * SET kept :from here on")
            self.assertEqual([line[3:] for line in self.in_batch(bob.ask("METADATA * LIST"))],
                             [["a0", "*", "0"], ["b0", "*", "0"], ["kept", "*", "from here on"]])

    def test_subscribers_are_told_of_changes_and_what_there_is(self):
        server = self.chat_server()
        alice = self.client(server, "alice", *CAPABILITIES)
        bob = self.client(server, "bob", *CAPABILITIES)
        numbers = self.client(server, "carol", "batch", "draft/metadata-3")
        for client in (bob, numbers):
            self.assertEqual(client.ask("METADATA * SUB url topic $x")[0].params[1:], ["url", "topic"])
        self.assertEqual(self.in_batch(bob.ask("METADATA * SUBS"), "metadata-subs"),
                         [["772", "bob", "topic", "url"]])
        alice.ask("JOIN #a")
        alice.ask("METADATA #a SET topic :of a")
        alice.ask("METADATA * SET url u")
        alice.ask("METADATA * SET other o")
        joined = bob.ask("JOIN #a")
        self.assertEqual(self.in_batch(joined[3:]), [["METADATA", "#a", "topic", "*", "of a"],
                                                     ["METADATA", "alice", "url", "*", "u"]])
        self.assertEqual([m[1:] for m in self.in_batch(numbers.ask("JOIN #a")[3:])],
                         [["carol", "#a", "topic", "*", "of a"], ["carol", "alice", "url", "*", "u"]])
        bob.sync()
        alice.sync()
        self.assertEqual(self.commands(alice.ask("METADATA * SET url v")), ["761"])
        self.assertEqual([[m.nick, m.command] + m.params for m in bob.sync()],
                         [["alice", "METADATA", "alice", "url", "*", "v"]])
        self.assertEqual([[m.command] + m.params for m in numbers.sync()],
                         [["761", "carol", "alice", "url", "*", "v"]])
        alice.ask("METADATA * SET url")
        self.assertEqual(self.commands(bob.sync() + numbers.sync()), ["METADATA", "766"])
        self.assertEqual(bob.ask("METADATA * UNSUB url")[0].params, ["bob", "url"])
        alice.ask("METADATA * SET url w")
        self.assertEqual(bob.sync(), [])
        self.assertEqual(len(self.in_batch(bob.ask("METADATA #a SYNC"))), 1)

    def test_an_account_finds_its_own_again(self):
        server = self.chat_server()
        self.account(server, "alice")
        first = self.member(server, "alice", *CAPABILITIES)
        first.ask("METADATA * SET url u")
        first.send("QUIT")
        first.rest()
        again = self.member(server, "alice", *CAPABILITIES)
        begin = self.commands(again.welcome).index("BATCH")
        self.assertEqual(self.in_batch(again.welcome[begin:begin + 3]),
                         [["METADATA", "alice", "url", "*", "u"]])
        self.assertIn("422", self.commands(again.welcome[begin:]))


if __name__ == "__main__":
    unittest.main()
