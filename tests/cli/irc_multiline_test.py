"""Messages of several lines (IRCv3 draft/multiline)."""

import unittest

from irc_case import IrcCase

BASE = ("batch", "message-tags", "server-time", "echo-message", "labeled-response")
TAG, CONCAT = "draft/multiline", "draft/multiline-concat"


class Multiline(IrcCase):
    def setUp(self):
        self.server = self.chat_server("--rate", "0")
        self.alice = self.client(self.server, "alice", *BASE, TAG, "draft/chathistory")
        self.alice.ask("JOIN #a")

    def friend(self, nick, *capabilities):
        friend = self.client(self.server, nick, *capabilities)
        friend.ask("JOIN #a")
        self.alice.sync()
        return friend

    def send(self, *lines, tags="", target="#a"):
        self.alice.send(f"{tags}BATCH +1 {TAG} {target}")
        for line in lines:
            self.alice.send(line)
        return self.alice.ask("BATCH -1")

    def test_the_lines_arrive_as_they_were_sent(self):
        bob = self.friend("bob", *BASE, TAG)
        echo = self.send("@batch=1 PRIVMSG #a hello", "@batch=1 PRIVMSG #a :", "@batch=1 PRIVMSG #a :how is ",
                         f"@batch=1;{CONCAT} PRIVMSG #a :everyone?", tags="@label=x;+client-tag=y ")
        heard = bob.sync()
        self.assertEqual(self.commands(heard), ["BATCH"] + ["PRIVMSG"] * 4 + ["BATCH"])
        start, *lines, end = heard
        self.assertEqual(start.params[1:], [TAG, "#a"])
        self.assertEqual(end.params, ["-" + start.params[0][1:]])
        self.assertEqual([m.params[1] for m in lines], ["hello", "", "how is ", "everyone?"])
        self.assertEqual([CONCAT in m.tags for m in lines], [False, False, False, True])
        self.assertTrue(all(set(m.tags) <= {"batch", CONCAT} for m in lines), lines)
        self.assertEqual(start.tags["+client-tag"], "y")
        self.assertNotIn("label", start.tags)
        self.assertEqual((echo[0].tags["label"], echo[0].tags["msgid"]), ("x", start.tags["msgid"]))
        self.assertEqual(len(echo), 6)

    def test_others_get_the_lines_that_say_something_one_by_one(self):
        carol = self.friend("carol", "message-tags", "server-time")
        plain = self.person(self.server, b"dave")
        plain.say(b"/join #a\n")
        plain.until(b"speak there")
        self.alice.sync()
        self.send("@batch=1 PRIVMSG #a one", "@batch=1 PRIVMSG #a :", "@batch=1 PRIVMSG #a :two ",
                  f"@batch=1;{CONCAT} PRIVMSG #a :three", tags="@+client-tag=y ")
        heard = [m for m in carol.sync() if m.command == "PRIVMSG"]
        self.assertEqual([m.params[1] for m in heard], ["one", "two ", "three"])
        self.assertEqual(["msgid" in m.tags for m in heard], [True, False, False])
        self.assertTrue(all(m.tags["+client-tag"] == "y" for m in heard))
        plain.until(b"#a alice: one\n#a alice: two three\n")

    def test_history_gives_it_back_as_a_batch_in_the_batch(self):
        self.send("@batch=1 NOTICE #a one", "@batch=1 NOTICE #a :", f"@batch=1 NOTICE #a :two")
        outer, inner, *lines, end, last = self.alice.ask("CHATHISTORY LATEST #a * 5")
        self.assertEqual((inner.command, inner.tags["batch"]), ("BATCH", outer.params[0][1:]))
        self.assertEqual([(m.command, m.params[1]) for m in lines],
                         [("NOTICE", "one"), ("NOTICE", ""), ("NOTICE", "two")])
        self.assertEqual((end.params[0], end.tags["batch"]), ("-" + inner.params[0][1:], outer.params[0][1:]))
        carol = self.friend("carol", "batch", "message-tags", "draft/chathistory")
        _, *lines, _ = carol.ask("CHATHISTORY LATEST #a * 5")
        self.assertEqual([m.params[1] for m in lines], ["one", "two"])

    def refusal(self, *lines, **more):
        return self.only(self.send(*lines, **more), "FAIL").params[:-1]

    def test_what_is_no_such_message_is_refused_once_and_said_to_nobody(self):
        bob = self.friend("bob", *BASE, TAG)
        invalid = ["BATCH", "MULTILINE_INVALID"]
        self.assertEqual(self.refusal(), invalid)
        self.assertEqual(self.refusal("@batch=1 PRIVMSG #a :", "@batch=1 PRIVMSG #a :"), invalid)
        self.assertEqual(self.refusal("@batch=1 PRIVMSG #a hi", f"@batch=1;{CONCAT} PRIVMSG #a :"), invalid)
        self.assertEqual(self.refusal("@batch=1 PRIVMSG #a hi", "@batch=1 NOTICE #a hi"), invalid)
        self.assertEqual(self.refusal("@batch=2 PRIVMSG #a hi", "@batch=1 PRIVMSG #a hi"), invalid)
        self.assertEqual(self.refusal("@batch=1 PRIVMSG #a hi", "@batch=1 PRIVMSG #b hi"),
                         ["BATCH", "MULTILINE_INVALID_TARGET", "#a", "#b"])
        self.assertEqual(self.refusal(*["@batch=1 PRIVMSG #a hi"] * 101),
                         ["BATCH", "MULTILINE_MAX_LINES", "100"])
        self.assertEqual(self.refusal(*["@batch=1 PRIVMSG #a " + "x" * 400] * 11),
                         ["BATCH", "MULTILINE_MAX_BYTES", "4096"])
        self.assertEqual(self.only(self.alice.ask("BATCH +2 example.com/odd #a"), "FAIL").params[:-1],
                         ["BATCH", "UNKNOWN_TYPE", "2", "example.com/odd"])
        self.alice.ask("BATCH -2")
        self.assertEqual(bob.sync(), [])

    def test_the_capability_says_what_fits(self):
        self.assertIn("draft/multiline=max-bytes=4096,max-lines=100", self.stranger(self.server).offered())


if __name__ == "__main__":
    unittest.main()
