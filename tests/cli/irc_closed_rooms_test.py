"""What was said in a closed room is for those who were let in, whatever becomes of the room, its people and the server."""

import unittest

from irc_accounts_test import AccountCase

HISTORY = ("batch", "server-time", "message-tags", "draft/chathistory")
SECRET = "the code word is OTTER"


class ClosedRooms(AccountCase):
    options = ("--rate", "0")

    def setUp(self):
        self.server = self.chat_server(*self.options)
        self.alice, self.bob = self.client(self.server, "alice"), self.client(self.server, "bob")
        self.mallory = self.client(self.server, "mallory", *HISTORY)

    def room(self, *modes):
        """A room in which alice has told bob something, and which is as `modes` say."""
        for client in (self.alice, self.bob):
            client.ask("JOIN #board")
        for mode in modes:
            self.alice.ask("MODE #board " + mode)
        self.alice.ask("PRIVMSG #board :" + SECRET)
        self.bob.sync()

    def told(self, client, room="#board"):
        return [m.params[-1] for m in client.ask(f"CHATHISTORY LATEST {room} * 50") if m.command == "PRIVMSG"]

    def empty(self):
        self.alice.send("QUIT")
        self.alice.rest()
        self.bob.ask("PART #board")

    def test_history_ends_with_a_closed_room(self):
        for modes in (["+i"], ["+k key"], ["+s"], ["+R"], ["+b eve!*@*"], ["+i", "+k key"], ["+s", "+b eve!*@*"]):
            with self.subTest(modes=modes):
                self.room(*modes)
                self.empty()
                self.assertIn("353", self.commands(self.mallory.ask("JOIN #board")))
                self.assertEqual(self.told(self.mallory), [])
                plain = self.caller(self.server, b"/join #board\n/history\n")
                self.assertNotIn(b"OTTER", plain.until(b"-- nothing is kept of #board\n"))
                plain.close()
                self.mallory.ask("PART #board")
                self.alice = self.client(self.server, "alice")

    def test_history_of_an_open_room_stays(self):
        self.room("+m", "+t")
        self.empty()
        self.mallory.ask("JOIN #board")
        self.assertEqual(self.told(self.mallory), [SECRET])

    def test_who_closes_an_emptied_open_room_and_leaves_takes_only_their_own_along(self):
        self.room()
        self.empty()
        self.mallory.ask("JOIN #board")
        self.mallory.ask("MODE #board +k mine")
        self.mallory.ask("PRIVMSG #board :said behind the key")
        self.mallory.ask("PART #board")
        self.bob.ask("JOIN #board")
        reader = self.client(self.server, "reader", *HISTORY)
        reader.ask("JOIN #board")
        self.assertEqual(self.told(reader), [SECRET])

    def test_nobody_carries_off_the_history_of_an_emptied_open_room(self):
        self.room()
        self.empty()
        self.mallory.ask("JOIN #board")
        refused = self.mallory.ask("RENAME #board #mine")[0]
        self.assertEqual(refused.params[:2], ["RENAME", "CANNOT_RENAME"])
        # In other letters it has the same name.
        self.assertNotIn("FAIL", self.commands(self.mallory.ask("RENAME #board #Board")))
        self.assertEqual(self.told(self.mallory), [SECRET])

    def test_who_goes_and_comes_in_one_packet_comes_into_a_new_room(self):
        self.room("+k key")
        self.bob.ask("JOIN #board key")
        self.alice.send("QUIT")
        self.alice.rest()
        self.bob.sync()
        told = self.bob.ask("PART #board\r\nJOIN #board\r\nCHATHISTORY LATEST #board * 50")
        self.assertNotIn(SECRET, str(told))
        self.assertEqual(self.only(self.bob.ask("MODE #board"), "324").params[2], "+nt")
        carol = self.client(self.server, "carol", *HISTORY)
        self.assertIn("353", self.commands(carol.ask("JOIN #board")))
        self.assertEqual(self.told(carol), [])

    def test_who_makes_an_open_room_anew_takes_nothing_back_there(self):
        self.room()
        self.empty()
        mallory = self.client(self.server, "mallet", *HISTORY, "draft/message-redaction")
        mallory.ask("JOIN #board")
        said = [m for m in mallory.ask("CHATHISTORY LATEST #board * 50") if m.command == "PRIVMSG"]
        refused = mallory.ask("REDACT #board " + said[0].tags["msgid"])[0]
        self.assertEqual(refused.params[:2], ["REDACT", "REDACT_FORBIDDEN"])

    def test_nobody_outside_learns_that_there_is_a_secret_room(self):
        self.room("+s")
        self.assertEqual(self.commands(self.mallory.ask("PRIVMSG #board :hello")), ["403"])

    def test_who_may_not_speak_does_not_in_parting(self):
        self.room("+m")
        self.mallory.ask("JOIN #board")
        self.bob.sync()
        self.mallory.ask("PART #board :spam")
        self.assertNotIn("spam", str(self.bob.sync()))

    def test_a_registered_room_that_is_given_up(self):
        self.account(self.server, "carol", "correct-horse")
        carol = self.member(self.server, "carol", password="correct-horse")
        carol.ask("JOIN #hers")
        carol.ask("CS REGISTER #hers")
        carol.ask("MODE #hers +i")
        carol.ask("PRIVMSG #hers :" + SECRET)
        carol.ask("PART #hers")
        carol.send("NS DROP correct-horse")
        carol.rest()
        self.mallory.sync()
        self.mallory.ask("JOIN #hers")
        self.assertEqual(self.told(self.mallory, "#hers"), [])

    def test_renaming_wipes_no_history(self):
        self.room()
        self.empty()
        self.mallory.ask("JOIN #mine")
        refused = self.mallory.ask("RENAME #mine #board")[0]
        self.assertEqual(refused.params[:2], ["RENAME", "CHANNEL_NAME_IN_USE"])
        self.bob.ask("JOIN #board")
        reader = self.client(self.server, "reader", *HISTORY)
        reader.ask("JOIN #board")
        self.assertEqual(self.told(reader), [SECRET])
        # Where nobody has ever said anything, the name is free.
        self.bob.ask("JOIN #quiet")
        self.bob.ask("PART #quiet")
        self.assertEqual(self.only(self.mallory.ask("RENAME #mine #quiet"), "PART").params[0], "#mine")


class Renaming(AccountCase):
    def test_names_that_go_round_in_one_turn_are_told_in_order(self):
        server = self.chat_server("--rate", "0")
        alice = self.client(server, "alice")
        bob = self.client(server, "bob", "draft/channel-rename")
        for name in "#a", "#b":
            for client in alice, bob:
                client.ask("JOIN " + name)
        bob.sync()
        alice.ask("RENAME #a #t\r\nRENAME #b #a\r\nPRIVMSG #a :was b\r\nRENAME #t #b\r\nPRIVMSG #b :was a")
        told = [(m.command, m.params[:2]) for m in bob.sync()]
        self.assertEqual([t for t in told if t[0] == "RENAME"],
                         [("RENAME", ["#a", "#t"]), ("RENAME", ["#b", "#a"]), ("RENAME", ["#t", "#b"])])
        for name, text in ("#a", "was b"), ("#b", "was a"):
            self.assertIn(("PRIVMSG", [name, text]), told)


if __name__ == "__main__":
    unittest.main()
