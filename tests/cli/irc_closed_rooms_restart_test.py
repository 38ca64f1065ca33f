"""A closed room stays closed over a restart: who may come back, with which rank, and what is read there."""

import os
import signal
import sqlite3
import time
import unittest

from irc_accounts_test import PASSWORD, AccountCase
from irc_case import IrcClient
from irc_closed_rooms_test import HISTORY, SECRET


class AfterRestart(AccountCase):
    def setUp(self):
        self.data = self.folder() + "/data"
        self.begin_server()
        self.account(self.server, "alice")

    def begin_server(self):
        self.server = self.chat_server("--rate", "0", "--data", self.data, "--set", "accounts.always_on=opt-in")

    def restart_with(self, change):
        self.server.process.terminate()
        self.server.finish()
        self.server = self.chat_server("--set", "accounts.always_on=opt-in", "--set", change, "--rate", "0", "--data", self.data)

    def restart(self, how):
        os.kill(self.server.process.pid, how)
        self.server.finish()
        self.begin_server()

    def stranger_comes(self, *key):
        """How a stranger fares who wants in."""
        mallory = self.client(self.server, "mallory", *HISTORY)
        came = self.commands(mallory.ask(" ".join(("JOIN #board",) + key)))
        told = [m.params[-1] for m in mallory.ask("CHATHISTORY LATEST #board * 50") if m.command == "PRIVMSG"]
        mallory.send("QUIT")
        mallory.rest()
        return came, told

    def test_a_closed_room_ends_where_nobody_can_come_back(self):
        fred = self.client(self.server, "fred")
        fred.ask("JOIN #board")
        fred.ask("PRIVMSG #board :" + SECRET)
        fred.ask("MODE #board +R")
        self.restart(signal.SIGKILL)
        self.account(self.server, "eve")
        eve = self.member(self.server, "eve", *HISTORY)
        eve.ask("JOIN #board")
        self.assertNotIn(SECRET, str(eve.ask("CHATHISTORY LATEST #board * 50")))
        self.assertEqual(self.only(eve.ask("MODE #board"), "324").params[2], "+nt")

    def test_nobody_gets_a_rank_for_coming_before_those_who_had_none(self):
        self.account(self.server, "bob")
        alice, bob = self.member(self.server, "alice"), self.member(self.server, "bob")
        alice.ask("JOIN #board")
        bob.ask("JOIN #board")
        alice.ask("MODE #board +s")
        alice.ask("PART #board")
        self.restart(signal.SIGKILL)
        carol = self.client(self.server, "carol")
        self.assertEqual(self.only(carol.ask("JOIN #board"), "353").params[-1], "carol")

    def test_a_room_of_one_who_is_always_on_goes_on(self):
        alice = self.member(self.server, "alice", *HISTORY)
        alice.ask("NS SET ALWAYS-ON on")
        alice.ask("JOIN #plans")
        alice.ask("PRIVMSG #plans :" + SECRET)
        alice.close()
        for how in signal.SIGKILL, signal.SIGTERM:
            self.restart(how)
        alice = self.member(self.server, "alice", *HISTORY)
        self.assertNotIn("FAIL", self.commands(alice.ask("RENAME #plans #designs")))
        alice.ask("MODE #designs +i")
        alice.ask("PART #designs")
        bob = self.client(self.server, "bob", *HISTORY)
        bob.ask("JOIN #designs")
        self.assertNotIn(SECRET, str(bob.ask("CHATHISTORY LATEST #designs * 50")))

    def test_who_was_in_an_earlier_room_reads_a_closed_one_from_their_coming_on(self):
        self.restart_with("history.before_join=joined")
        self.account(self.server, "mallory")
        mallory = self.member(self.server, "mallory", *HISTORY)
        mallory.ask("JOIN #board")
        mallory.ask("PART #board")
        alice = self.member(self.server, "alice")
        alice.ask("JOIN #board")
        alice.ask("MODE #board +i")
        alice.ask("PRIVMSG #board :" + SECRET)
        alice.ask("INVITE mallory #board")
        mallory.sync()
        mallory.ask("JOIN #board")
        alice.ask("PRIVMSG #board :for all of us")
        told = str(mallory.sync()) + str(mallory.ask("CHATHISTORY LATEST #board * 50"))
        self.assertIn("for all of us", told)
        self.assertNotIn(SECRET, told)
        # Who goes and comes reads on from where they came in first.
        mallory.ask("PART #board")
        alice.ask("INVITE mallory #board")
        mallory.sync()
        mallory.ask("JOIN #board")
        self.assertIn("for all of us", str(mallory.ask("CHATHISTORY LATEST #board * 50")))

    def test_a_room_stays_closed_while_its_people_are_in_it(self):
        for how in (signal.SIGKILL, signal.SIGTERM):
            for mode, answer in (("+k key", "475"), ("+i", "473"), ("+b mallory!*@*", "474"), ("+R", "477")):
                with self.subTest(mode=mode, how=how):
                    alice = self.member(self.server, "alice")
                    alice.ask("NS SET ALWAYS-ON on")
                    alice.ask("JOIN #board")
                    alice.ask("MODE #board " + mode)
                    alice.ask("MODE #board +s")
                    alice.ask("PRIVMSG #board :" + SECRET)
                    alice.close()
                    self.restart(how)
                    self.assertEqual(self.stranger_comes(), ([answer], []))
                    alice = self.member(self.server, "alice")
                    shown = self.only(alice.ask("MODE #board"), "324").params[2]
                    self.assertIn("s", shown)
                    alice.ask("NS SET ALWAYS-ON off")
                    alice.ask("PART #board")
                    alice.send("QUIT")
                    alice.rest()

    def test_a_room_of_people_without_accounts_waits_for_all_of_them(self):
        for how in (signal.SIGKILL, signal.SIGTERM):
            with self.subTest(how=how):
                carol, bob = self.client(self.server, "carol"), self.client(self.server, "bob")
                carol.ask("JOIN #board")
                carol.ask("MODE #board +k key")
                bob.ask("JOIN #board key")
                carol.ask("PRIVMSG #board :" + SECRET)
                self.restart(how)
                # One comes back first, and is cut off.
                carol = self.client(self.server, "carol")
                self.assertIn("JOIN", self.commands(carol.ask("JOIN #board key")))
                carol.close()
                self.assertEqual(self.stranger_comes(), (["475"], []))
                bob = self.client(self.server, "bob", *HISTORY)
                self.assertEqual(self.commands(bob.ask("JOIN #board")), ["475"])
                bob.ask("JOIN #board key")
                self.assertEqual(self.only(bob.ask("MODE #board"), "324").params[2], "+ntk")
                told = [m.params[-1] for m in bob.ask("CHATHISTORY LATEST #board * 50") if m.command == "PRIVMSG"]
                self.assertEqual(told, [SECRET])
                # Who leaves is not waited for: then it ends.
                carol = self.client(self.server, "carol")
                carol.ask("JOIN #board key")
                carol.ask("PART #board")
                bob.ask("PART #board")
                came, told = self.stranger_comes()
                self.assertIn("JOIN", came)
                self.assertEqual(told, [])
                for client in carol, bob:
                    client.send("QUIT")
                    client.rest()

    def test_nobody_gets_a_rank_for_coming_before_a_guest_who_had_one(self):
        for how in (signal.SIGKILL, signal.SIGTERM):
            with self.subTest(how=how):
                boss, troll = self.client(self.server, "boss"), self.client(self.server, "troll")
                boss.ask("JOIN #board")
                boss.ask("MODE #board +k key")
                troll.ask("JOIN #board key")
                self.restart(how)
                troll = self.client(self.server, "troll")
                troll.ask("JOIN #board key")
                self.assertEqual(self.commands(troll.ask("MODE #board +i")), ["482"])
                troll.ask("PART #board")
                troll.ask("JOIN #board key")
                self.assertEqual(self.commands(troll.ask("MODE #board +i")), ["482"])
                boss = self.client(self.server, "boss")
                self.assertIn("JOIN", self.commands(boss.ask("JOIN #board key")))
                # Once both have left it is made anew.
                for client in boss, troll:
                    client.ask("PART #board")
                boss.ask("JOIN #board")
                self.assertEqual(self.commands(boss.ask("MODE #board +i")), ["MODE"])
                for client in boss, troll:
                    client.send("QUIT")
                    client.rest()

    def test_a_stranger_who_comes_and_goes_does_not_end_a_room_of_guests(self):
        for mode in "+s", "+b *!*@evil.example", "+b m:*!*@evil.example":
            with self.subTest(mode=mode):
                guests = [self.client(self.server, f"guest-{n}") for n in range(3)]
                for guest in guests:
                    guest.ask("JOIN #club")
                guests[0].ask("MODE #club " + mode)
                guests[1].ask("PRIVMSG #club :" + SECRET)
                self.restart(signal.SIGKILL)
                mallory = self.client(self.server, "mallory", *HISTORY)
                for _ in range(5):
                    names = self.only(mallory.ask("JOIN #club"), "353").params[-1]
                    self.assertEqual(names, "mallory")
                    mallory.ask("PART #club")
                back = self.client(self.server, "guest-0", *HISTORY)
                back.ask("JOIN #club")
                self.assertIn(SECRET, str(back.ask("CHATHISTORY LATEST #club * 50")))
                for client in mallory, back:
                    client.send("QUIT")
                    client.rest()
                self.server.process.kill()
                self.server.finish()
                self.data = self.folder() + "/another"
                self.begin_server()

    def test_one_stranger_is_not_all_guests_however_often_it_comes(self):
        guests = [self.client(self.server, f"guest-{n}") for n in range(3)]
        for guest in guests:
            guest.ask("JOIN #club")
        guests[0].ask("MODE #club +s")
        guests[1].ask("PRIVMSG #club :" + SECRET)
        self.restart_with("proxies.protocol=127.0.0.2")

        def strangers():
            for n in range(4):
                one = IrcClient(self.server.port, "127.0.0.2")
                self.addCleanup(one.close)
                one.say(b"PROXY TCP4 203.0.113.9 192.0.2.1 %d 8000\r\n" % (5000 + n))
                yield one.connect(f"mallory-{n}")

        for leave in ("QUIT", "PART #club", "QUIT"):
            together = list(strangers())
            for one in together:
                one.ask("JOIN #club")
            for one in together:
                one.send(leave)
                one.send("QUIT")
                one.rest()
        back = self.client(self.server, "guest-0", *HISTORY)
        back.ask("JOIN #club")
        self.assertIn(SECRET, str(back.ask("CHATHISTORY LATEST #club * 50")))

    def test_what_waits_after_restarts_counts_for_who_made_it(self):
        options = ("--rate", "0", "--data", self.data, "--set", "limits.rooms=40", "--set", "limits.exempt=[]")
        for start in range(3):
            self.server.process.kill()
            self.server.finish()
            self.server = self.chat_server(*options)
            mallory = self.client(self.server, "mallory")
            made = [f"#{start}-{n}" for n in range(12)]
            told = mallory.ask("\r\n".join(f"JOIN {name}\r\nMODE {name} +s" for name in made))
            self.assertEqual(self.commands(told).count("JOIN"), 10 if start == 0 else 0, start)
        victim = self.client(self.server, "victim", source="127.0.0.2")
        self.assertIn("JOIN", self.commands(victim.ask("JOIN #mine")))

    def test_who_was_not_brought_back_does_not_come_back_later_with_old_rights(self):
        def change(on):
            other = self.member(self.server, "mallory", nick="other")
            other.ask("NS SET ALWAYS-ON " + on)
            other.send("QUIT")
            other.rest()

        self.account(self.server, "mallory")
        for how in (signal.SIGKILL, signal.SIGTERM):
            with self.subTest(how=how):
                mallory = self.member(self.server, "mallory")
                mallory.ask("NS SET ALWAYS-ON on")
                mallory.ask("JOIN #den")
                change("off")
                self.restart(how)
                change("on")
                alice = self.member(self.server, "alice")
                alice.ask("JOIN #den")
                alice.ask("MODE #den +isk key")
                alice.ask("PRIVMSG #den :" + SECRET)
                self.restart(how)
                mallory = self.member(self.server, "mallory", *HISTORY)
                self.assertEqual([m.params[-1] for m in mallory.ask("CHATHISTORY LATEST #den * 9") if m.command == "PRIVMSG"], [])
                self.assertNotIn("key", str(mallory.ask("MODE #den")))
                change("off")
                alice = self.member(self.server, "alice")
                alice.ask("JOIN #den")
                alice.ask("PART #den")
                for client in (alice, mallory):
                    client.send("QUIT")
                    client.rest()

    def test_nothing_is_left_of_who_came_first_when_the_account_is_dropped(self):
        self.server.process.terminate()
        self.server.finish()
        self.server = self.chat_server("--rate", "0", "--data", self.data, "--set", "history.before_join=joined")
        self.account(self.server, "bob", "correct-horse")
        bob = self.member(self.server, "bob", password="correct-horse")
        bob.ask("JOIN #den")
        bob.ask("PRIVMSG #den :so that there is a history")
        bob.ask("PART #den")  # and nobody is in it
        alice = self.member(self.server, "alice")
        alice.ask("JOIN #den")
        alice.ask("PRIVMSG #den :" + SECRET)
        bob.send("NS DROP correct-horse")
        bob.rest()
        self.account(self.server, "bob")
        bob = self.member(self.server, "bob", *HISTORY)
        bob.ask("JOIN #den")
        self.assertEqual([m.params[-1] for m in bob.ask("CHATHISTORY LATEST #den * 9") if m.command == "PRIVMSG"], [])

    def test_nobody_is_brought_back_who_was_not_while_nobody_could_stay(self):
        self.account(self.server, "mallory")
        mallory = self.member(self.server, "mallory")
        mallory.ask("NS SET ALWAYS-ON on")
        mallory.ask("JOIN #den")
        for always_on in ("off", "opt-in"):
            self.server.process.terminate()
            self.server.finish()
            self.server = self.chat_server("--rate", "0", "--data", self.data, "--set", "accounts.always_on=" + always_on)
            alice = self.member(self.server, "alice", *HISTORY)
            alice.ask("JOIN #den")
            self.assertNotIn("mallory", str(alice.ask("NAMES #den")))

    def test_who_is_not_back_in_all_rooms_does_not_come_back_later_with_old_rights(self):
        alice = self.member(self.server, "alice")
        alice.ask("NS SET ALWAYS-ON on")
        for room in ("#a", "#den"):
            alice.ask("JOIN " + room)
        alice.close()
        self.restart_with("limits.rooms_per_member=1")
        bob = self.client(self.server, "bob")
        bob.ask("JOIN #den")
        bob.ask("MODE #den +ik key")
        bob.ask("PRIVMSG #den :" + SECRET)
        self.restart_with("limits.rooms_per_member=100")
        alice = self.member(self.server, "alice", *HISTORY)
        self.assertNotIn("OTTER", str(alice.ask("CHATHISTORY LATEST #den * 9")))
        self.assertNotIn("key", str(alice.ask("MODE #den")))

    def test_an_operator_with_two_nicks_stays_one(self):
        for how in (signal.SIGKILL, signal.SIGTERM):
            with self.subTest(how=how):
                alice = self.member(self.server, "alice")
                telephone = self.member(self.server, "alice", nick="telephone")
                bob = self.client(self.server, "bob")
                for client in (alice, telephone, bob):
                    client.ask("JOIN #board")
                alice.ask("MODE #board +k key")
                self.restart(how)
                bob = self.client(self.server, "bob")
                bob.ask("JOIN #board key")
                alice = self.member(self.server, "alice")
                alice.ask("JOIN #board key")
                self.assertIn("@alice", str(alice.ask("NAMES #board")))
                self.assertNotIn("@bob", str(alice.ask("NAMES #board")))
                for client in (alice, bob):
                    client.ask("PART #board")
                    client.send("QUIT")
                    client.rest()

    def test_tags_that_were_sent_to_a_dropped_account_are_not_told_to_the_next(self):
        self.account(self.server, "carol", "correct-horse")
        carol = self.member(self.server, "carol", "message-tags", password="correct-horse")
        bob = self.client(self.server, "bob", "message-tags")
        bob.ask("@+draft/react=otter TAGMSG carol")
        carol.send("NS DROP correct-horse")
        carol.rest()
        self.account(self.server, "carol")
        carol = self.member(self.server, "carol", "draft/event-playback", *HISTORY)
        self.assertNotIn("otter", str(carol.ask("CHATHISTORY LATEST bob * 9")))

    def test_who_is_always_on_no_more_and_has_no_client_is_gone(self):
        alice = self.member(self.server, "alice")
        alice.ask("NS SET ALWAYS-ON on")
        alice.ask("JOIN #board")
        alice.close()
        other = self.member(self.server, "alice", nick="other")
        other.ask("JOIN #board")
        other.ask("NS SET ALWAYS-ON off")
        self.assertNotIn(" alice", str(other.ask("NAMES #board")).replace("other", ""))
        self.assertIn("401", self.commands(other.ask("WHOIS alice")))

    def test_a_closed_room_waits_for_those_who_were_in_it(self):
        for how in (signal.SIGKILL, signal.SIGTERM):
            with self.subTest(how=how):
                alice, bob = self.member(self.server, "alice"), self.client(self.server, "bob")
                alice.ask("JOIN #board")
                alice.ask("MODE #board +i")
                alice.ask("INVITE bob #board")
                bob.ask("JOIN #board")
                alice.ask("PRIVMSG #board :" + SECRET)
                self.restart(how)
                self.assertEqual(self.stranger_comes(), (["473"], []))
                alice = self.member(self.server, "alice", *HISTORY)
                alice.ask("JOIN #board")
                self.assertIn("@alice", str(alice.ask("NAMES #board")))
                self.assertEqual(self.stranger_comes(), (["473"], []))
                alice.ask("PART #board")
                # Who left is expected no more, and the room has ended.
                self.assertEqual(self.stranger_comes()[1], [])
                alice.send("QUIT")
                alice.rest()

    def board_of_two_after_a_restart(self, password=PASSWORD):
        """In #board, which is +i, alice has told bob something; both have accounts, bob's with this password."""
        alice = self.member(self.server, "alice")
        self.account(self.server, "bob", password=password)
        bob = self.member(self.server, "bob", password=password)
        alice.ask("JOIN #board")
        alice.ask("MODE #board +i")
        alice.ask("INVITE bob #board")
        bob.ask("JOIN #board")
        alice.ask("PRIVMSG #board :" + SECRET)
        self.restart(signal.SIGKILL)

    def test_it_waits_for_all_of_them(self):
        self.board_of_two_after_a_restart()
        bob = self.member(self.server, "bob")
        bob.ask("JOIN #board")
        bob.send("QUIT")
        bob.rest()
        self.assertEqual(self.stranger_comes(), (["473"], []))
        alice = self.member(self.server, "alice", *HISTORY)
        alice.ask("JOIN #board")
        self.assertIn("@alice", str(alice.ask("NAMES #board")))
        told = [m.params[-1] for m in alice.ask("CHATHISTORY LATEST #board * 50") if m.command == "PRIVMSG"]
        self.assertEqual(told, [SECRET])

    def test_it_waits_for_who_was_cut_off_again(self):
        self.board_of_two_after_a_restart()
        for _ in range(2):
            alice = self.member(self.server, "alice")
            alice.ask("JOIN #board")
            self.assertIn("@alice", str(alice.ask("NAMES #board")))
            alice.send("QUIT")
            alice.rest()
        bob = self.member(self.server, "bob")
        bob.ask("JOIN #board")
        self.assertNotIn("@bob", str(bob.ask("NAMES #board")))
        alice = self.member(self.server, "alice")
        alice.ask("JOIN #board")
        self.assertIn("@alice", str(alice.ask("NAMES #board")))

    def test_it_waits_until_the_next_start_whatever_happens_meanwhile(self):
        def told_a_topic():
            self.server.write(b"/topic #board come back\n")
            self.hear_on_stdout(self.server, b"-- the topic of #board is: come back")

        def taken_from_a_founder():
            alice = self.member(self.server, "alice")
            for line in ("JOIN #board", "CS REGISTER #board", "PART #board", "CS UNREGISTER #board", "QUIT"):
                alice.send(line)
            alice.rest()

        def left_by_an_account_that_ends():
            carol = self.member(self.server, "carol", password="correct-horse")
            carol.send("NS DROP correct-horse")
            carol.rest()

        for happens in (told_a_topic, taken_from_a_founder, left_by_an_account_that_ends):
            with self.subTest(happens=happens.__name__):
                self.data = self.folder() + "/data"
                self.begin_server()
                passwords = {"alice": PASSWORD, "bob": PASSWORD, "carol": "correct-horse"}
                for name, password in passwords.items():
                    self.account(self.server, name, password)
                people = [self.member(self.server, name, password=passwords[name]) for name in passwords]
                for client in people:
                    client.ask("JOIN #board")
                people[0].ask("MODE #board +i")
                people[0].ask("PRIVMSG #board :" + SECRET)
                self.restart(signal.SIGKILL)
                happens()
                self.restart(signal.SIGKILL)
                self.assertEqual(self.stranger_comes(), (["473"], []))
                bob = self.member(self.server, "bob", *HISTORY)
                self.assertIn("JOIN", self.commands(bob.ask("JOIN #board")))

    def two_at_the_board(self):
        """Alice and bob, by their accounts, in #board, of which alice is the operator."""
        self.account(self.server, "bob")
        alice, bob = self.member(self.server, "alice"), self.member(self.server, "bob")
        alice.ask("JOIN #board")
        bob.ask("JOIN #board")
        return alice, bob

    def test_who_was_banned_since_gets_no_rank_back_by_logging_in_inside(self):
        for mask in "a:bob", "bob!*@*":
            with self.subTest(mask):
                self.data = self.folder() + "/data"
                self.begin_server()
                self.account(self.server, "alice")
                alice, bob = self.two_at_the_board()
                alice.ask("MODE #board +so bob")
                self.restart(signal.SIGTERM)
                alice = self.member(self.server, "alice")
                alice.ask("JOIN #board")
                alice.ask(f"MODE #board +b {mask}")
                guest = self.client(self.server, "other", "sasl")
                guest.ask("JOIN #board")
                self.assertIn("900", self.commands(self.authenticate(guest, "bob")))
                self.assertNotIn("@other", str(alice.ask("NAMES #board")))
                self.assertIn("482", self.commands(guest.ask("KICK #board alice")))

    def test_who_is_back_by_itself_reads_no_more_in_another_name(self):
        self.restart_with("history.before_join=joined")
        for name in "bob", "carol":
            self.account(self.server, name)
        alice, bob = self.member(self.server, "alice"), self.member(self.server, "bob")
        bob.ask("NS SET ALWAYS-ON on")
        alice.ask("JOIN #board")
        alice.ask("PRIVMSG #board :" + SECRET)
        bob.ask("JOIN #board")
        self.restart_with("history.before_join=joined")
        bob = self.member(self.server, "bob", *HISTORY)
        self.assertIn("900", self.commands(self.authenticate(bob, "carol")))
        told = bob.ask("CHATHISTORY LATEST #board * 50")
        self.assertEqual([m.params[-1] for m in told if m.command == "PRIVMSG"], [])

    def test_who_is_banned_while_expected_stays_out(self):
        self.board_of_two_after_a_restart()
        alice = self.member(self.server, "alice")
        alice.ask("JOIN #board")
        alice.ask("MODE #board +b bob!*@*")
        self.restart(signal.SIGKILL)
        bob = self.member(self.server, "bob")
        self.assertIn("474", self.commands(bob.ask("JOIN #board")))
        # Once it is lifted, he may come back as before.
        alice = self.member(self.server, "alice")
        alice.ask("JOIN #board")
        alice.ask("MODE #board -b bob!*@*")
        self.assertIn("JOIN", self.commands(bob.ask("JOIN #board")))

    def test_who_closes_it_anew_closes_it_for_who_is_not_back(self):
        for mode, answer in (("+k new", "475"), ("+i", "473")):
            with self.subTest(mode=mode):
                self.account(self.server, "bob")
                alice, bob = self.member(self.server, "alice"), self.member(self.server, "bob")
                for client in (alice, bob):
                    client.ask("JOIN #board")
                alice.ask("MODE #board +k old")
                self.restart(signal.SIGKILL)
                alice = self.member(self.server, "alice")
                alice.ask("JOIN #board")
                alice.ask("MODE #board " + mode)
                bob = self.member(self.server, "bob")
                self.assertIn(answer, self.commands(bob.ask("JOIN #board")))
                self.restart(signal.SIGKILL)
                bob = self.member(self.server, "bob")
                self.assertIn(answer, self.commands(bob.ask("JOIN #board")))
                alice = self.member(self.server, "alice")
                self.assertIn("JOIN", self.commands(alice.ask("JOIN #board")))
                for client in (alice, bob):
                    client.send("QUIT")
                    client.rest()
                self.data = self.folder() + "/data"
                self.begin_server()
                self.account(self.server, "alice")

    def test_who_is_kicked_by_the_last_one_there_stays_out(self):
        for name in ("bob", "carol"):
            self.account(self.server, name)
        people = [self.member(self.server, name) for name in ("alice", "bob", "carol")]
        for client in people:
            client.ask("JOIN #board")
        people[0].ask("MODE #board +i")
        self.restart(signal.SIGKILL)
        alice, bob = self.member(self.server, "alice"), self.member(self.server, "bob")
        for client in (alice, bob):
            client.ask("JOIN #board")
        # In one turn, while carol is still expected.
        alice.send("KICK #board bob :out\r\nQUIT")
        alice.rest()
        self.restart(signal.SIGKILL)
        bob = self.member(self.server, "bob")
        self.assertIn("473", self.commands(bob.ask("JOIN #board")))

    def locked(self):
        other = sqlite3.connect(self.data + "/chat.db", isolation_level=None)
        self.addCleanup(other.close)
        other.execute("BEGIN IMMEDIATE")
        return other

    def test_who_was_in_one_that_ended_was_not_in_the_next(self):
        self.restart_with("history.before_join=joined")
        self.account(self.server, "bob")
        alice, bob = self.member(self.server, "alice", *HISTORY), self.member(self.server, "bob")
        alice.ask("JOIN #board")
        alice.ask("MODE #board +k old")
        other = self.locked()
        alice.ask("PART #board")
        other.execute("ROLLBACK")
        bob.ask("JOIN #board")
        bob.ask("MODE #board +k new")
        bob.ask("PRIVMSG #board :" + SECRET)
        alice.ask("JOIN #board new")
        told = alice.ask("CHATHISTORY LATEST #board * 50")
        self.assertEqual([m.params[-1] for m in told if m.command == "PRIVMSG"], [])

    def test_who_is_kicked_from_it_stays_out_or_is_not_kicked(self):
        for always_on in ("off", "on"):
            with self.subTest(always_on):
                name = "bob" + always_on
                self.account(self.server, name)
                alice, bob = self.member(self.server, "alice"), self.member(self.server, name)
                bob.ask("NS SET ALWAYS-ON " + always_on)
                for client in (alice, bob):
                    client.ask("JOIN #board" + always_on)
                alice.ask(f"MODE #board{always_on} +i")
                bob.sync()
                other = self.locked()
                told = alice.ask(f"KICK #board{always_on} {name} :out")
                self.assertEqual([m.params[1] for m in told], ["TEMPORARILY_UNAVAILABLE"])
                self.assertEqual(bob.sync(), [])
                other.execute("ROLLBACK")
                self.only(alice.ask(f"KICK #board{always_on} {name} :out"), "KICK")
                self.restart(signal.SIGKILL)
                bob = self.member(self.server, name)
                self.assertIn("473", self.commands(bob.ask("JOIN #board" + always_on)))

    def test_who_logs_out_before_it_is_kicked_stays_out_too(self):
        self.account(self.server, "bob")
        alice, bob = self.member(self.server, "alice"), self.member(self.server, "bob")
        for client in (alice, bob):
            client.ask("JOIN #board")
        alice.ask("MODE #board +ik key")
        bob.sync()
        other = self.locked()
        bob.ask("NS LOGOUT")
        nick = self.only(alice.ask("NAMES #board"), "353").params[-1].replace("@alice", "").strip()
        told = alice.ask(f"KICK #board {nick} :out")
        self.assertEqual([m.params[1] for m in told if m.command == "FAIL"], ["TEMPORARILY_UNAVAILABLE"], told)
        other.execute("ROLLBACK")
        self.only(alice.ask(f"KICK #board {nick} :out"), "KICK")
        self.restart(signal.SIGKILL)
        bob = self.member(self.server, "bob")
        self.assertIn("473", self.commands(bob.ask("JOIN #board")))

    def test_a_rank_that_cannot_be_kept_is_none(self):
        for name in ("bob", "eve"):
            self.account(self.server, name)
        people = alice, bob, eve = [self.member(self.server, name) for name in ("alice", "bob", "eve")]
        for client in people:
            client.ask("JOIN #board")
        alice.ask("MODE #board +k key")
        alice.ask("CS REGISTER #board")
        alice.ask("MODE #board +o bob")
        for client in people:
            client.sync()
        other = self.locked()
        for by, line in ((alice, "MODE #board +o eve"), (alice, "MODE #board +v-o+v eve bob bob"), (bob, "MODE #board -o bob"),
                         (alice, "CS OP #board eve"), (alice, "CS UNREGISTER #board")):
            self.assertEqual([m.params[1] for m in by.ask(line)], ["TEMPORARILY_UNAVAILABLE"], line)
        self.assertEqual(eve.sync(), [])
        other.execute("ROLLBACK")
        names = self.only(alice.ask("NAMES #board"), "353").params[-1].split()
        self.assertEqual(sorted(names), ["@bob", "eve", "~alice"])
        self.assertIn("482", self.commands(eve.ask("KICK #board bob")))
        self.assertIn("belongs to alice", str(alice.ask("CS INFO #board")))
        self.restart(signal.SIGKILL)
        eve = self.member(self.server, "eve")
        eve.ask("JOIN #board key")
        self.assertIn("482", self.commands(eve.ask("MODE #board -n")))

    def test_a_mode_that_cannot_be_kept_keeps_nobody_out_who_may_come_back(self):
        self.account(self.server, "bob")
        alice, bob = self.member(self.server, "alice"), self.member(self.server, "bob")
        for client in (alice, bob):
            client.ask("JOIN #board")
        alice.ask("MODE #board +k key")
        self.restart(signal.SIGKILL)
        alice = self.member(self.server, "alice")
        alice.ask("JOIN #board")
        other = self.locked()
        for line in ("MODE #board +i", "MODE #board +k another", "MODE #board +R"):
            self.assertEqual([m.params[1] for m in alice.ask(line)], ["TEMPORARILY_UNAVAILABLE"], line)
        other.execute("ROLLBACK")
        bob = self.member(self.server, "bob")
        self.assertIn("JOIN", self.commands(bob.ask("JOIN #board")))

    def test_it_stays_closed_when_the_disk_works_again_only_at_the_end(self):
        alice = self.member(self.server, "alice")
        alice.ask("JOIN #board")
        alice.ask("MODE #board +i")
        alice.ask("PRIVMSG #board :" + SECRET)
        self.account(self.server, "guest")
        guest = self.member(self.server, "guest")
        alice.ask("INVITE guest #board")
        guest.ask("JOIN #board")
        other = self.locked()
        self.only(guest.ask("PART #board :not kept yet"), "PART")
        os.kill(self.server.process.pid, signal.SIGTERM)
        time.sleep(0.3)
        other.execute("ROLLBACK")
        self.server.finish()
        self.begin_server()
        self.assertEqual(self.stranger_comes(), (["473"], []))
        alice = self.member(self.server, "alice", *HISTORY)
        alice.ask("JOIN #board")
        self.assertIn("@alice", str(alice.ask("NAMES #board")))

    def test_what_cannot_be_kept_is_told_to_have_failed_and_is_not(self):
        alice = self.member(self.server, "alice")
        bob = self.client(self.server, "bob")
        for client in alice, bob:
            client.ask("JOIN #board")
        alice.ask("TOPIC #board :before")
        alice.sync(), bob.sync()
        other = self.locked()
        for line in ("TOPIC #board :lost", "MODE #board +k key", "MODE #board +b eve", "MODE #board -n", "CS REGISTER #board",
                     "NS SET ALWAYS-ON on", "NS CERT ADD " + "ab" * 32):
            told = alice.ask(line)
            self.assertEqual([m.params[1] for m in told], ["TEMPORARILY_UNAVAILABLE"], line)
        self.assertEqual(bob.sync(), [])
        other.execute("ROLLBACK")
        self.assertEqual(self.only(alice.ask("TOPIC #board"), "332").params[-1], "before")
        self.assertEqual(self.only(alice.ask("MODE #board"), "324").params[2:], ["+nt"])
        self.assertEqual(self.commands(alice.ask("MODE #board b")), ["368"])
        self.assertIn("no registered", str(alice.ask("CS INFO #board")))
        self.assertIn("no certificates", str(alice.ask("NS CERT LIST")))
        alice.ask("MODE #board +k key")
        self.assertEqual([m.params for m in bob.sync()], [["#board", "+k", "key"]])

    def test_it_waits_for_no_account_that_has_ended(self):
        self.board_of_two_after_a_restart(password="correct-horse")
        alice = self.member(self.server, "alice")
        bob = self.member(self.server, "bob", password="correct-horse")
        for client in (alice, bob):
            client.ask("JOIN #board")
        bob.send("NS DROP correct-horse")
        bob.rest()
        self.account(self.server, "bob")
        bob = self.member(self.server, "bob")
        self.assertIn("473", self.commands(bob.ask("JOIN #board")))

    def test_it_waits_for_who_logged_in_when_in_it(self):
        self.account(self.server, "carol")
        carol = self.client(self.server, "carla", "sasl")
        carol.ask("JOIN #board")
        carol.ask("MODE #board +i")
        self.authenticate(carol, "carol")
        self.restart(signal.SIGKILL)
        carol = self.member(self.server, "carol")
        carol.ask("JOIN #board")
        self.assertIn("@carol", str(carol.ask("NAMES #board")))

    def test_what_an_account_had_is_given_back_once(self):
        """Also when it comes without its account first: what is taken from it then stays taken."""
        alice, bob = self.two_at_the_board()
        alice.ask("MODE #board +so bob")
        self.restart(signal.SIGKILL)
        bob = self.member(self.server, "bob")
        bob.ask("JOIN #board")
        early = self.client(self.server, "early", "sasl")
        early.ask("JOIN #board")
        self.authenticate(early, "alice")
        self.assertIn("@early", str(bob.ask("NAMES #board")))
        bob.ask("MODE #board -o early")
        early.send("QUIT")
        early.rest()
        bob.sync()
        alice = self.member(self.server, "alice")
        alice.ask("JOIN #board")
        self.assertNotIn("@alice", str(bob.ask("NAMES #board")))
        self.restart(signal.SIGKILL)
        alice = self.member(self.server, "alice")
        alice.ask("JOIN #board")
        self.assertNotIn("@alice", str(alice.ask("NAMES #board")))

    def test_who_comes_first_takes_no_room_from_those_who_were_in_it(self):
        self.account(self.server, "bob", password=PASSWORD)
        self.account(self.server, "mallory", password=PASSWORD)
        for mode in ("+s", "+k key", "+R", "+b bad!*@*", "+ib *!*@*"):
            with self.subTest(mode=mode):
                alice, bob = self.member(self.server, "alice"), self.member(self.server, "bob")
                for client in (alice, bob):
                    client.ask("JOIN #board")
                alice.ask("MODE #board " + mode)
                alice.ask("PRIVMSG #board :" + SECRET)
                self.restart(signal.SIGKILL)

                mallory = self.member(self.server, "mallory")
                mallory.ask("JOIN #board key")
                self.assertNotIn("@mallory", str(mallory.ask("NAMES #board")))
                mallory.ask("PART #board")
                mallory.send("QUIT")
                mallory.rest()
                # One of two comes and is cut off; the room, and what was said in it, is the other's still.
                bob = self.member(self.server, "bob")
                self.assertIn("JOIN", self.commands(bob.ask("JOIN #board")))
                self.assertNotIn("@bob", str(bob.ask("NAMES #board")))
                bob.send("QUIT")
                bob.rest()
                alice = self.member(self.server, "alice", *HISTORY)
                self.assertIn("JOIN", self.commands(alice.ask("JOIN #board")))
                self.assertIn("@alice", str(alice.ask("NAMES #board")))
                told = [m.params[-1] for m in alice.ask("CHATHISTORY LATEST #board * 50") if m.command == "PRIVMSG"]
                self.assertEqual(told, [SECRET])
                # Who is expected still is kept out by a ban of now, which is later than the start.
                alice.ask("MODE #board +b bob!*@*")
                bob = self.member(self.server, "bob")
                self.assertIn("474", self.commands(bob.ask("JOIN #board")))
                alice.ask("MODE #board -b bob!*@*")
                bob.ask("JOIN #board")
                for client in (alice, bob):
                    client.ask("PART #board")
                    client.send("QUIT")
                    client.rest()

    def test_a_key_still_opens_what_it_opened(self):
        alice = self.client(self.server, "anna")
        alice.ask("JOIN #board")
        alice.ask("MODE #board +k key")
        alice.ask("PRIVMSG #board :" + SECRET)
        self.restart(signal.SIGKILL)
        self.assertEqual(self.stranger_comes(), (["475"], []))
        self.assertEqual(self.stranger_comes("key")[1], [SECRET])

    def test_an_open_room_that_nobody_is_in_leaves_no_record(self):
        anna = self.client(self.server, "anna")
        anna.ask("JOIN #open")
        anna.ask("TOPIC #open :a topic")
        self.restart(signal.SIGKILL)
        anna = self.client(self.server, "anna")
        anna.ask("JOIN #open")
        self.assertEqual(self.commands(anna.ask("TOPIC #open")), ["331"])
        os.kill(self.server.process.pid, signal.SIGTERM)
        self.server.finish()
        with sqlite3.connect(self.data + "/chat.db") as db:
            self.assertEqual(db.execute("SELECT key FROM documents WHERE kind = 'room'").fetchall(), [])


if __name__ == "__main__":
    unittest.main()
