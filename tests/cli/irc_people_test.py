"""People as IRC asks for them: modes, AWAY, SETNAME, WHO, WHOIS, WHOWAS, MONITOR, and what is shown of a host."""

import unittest

from irc_case import IrcCase


class PeopleCase(IrcCase):
    def chat_server(self, *options, **more):
        return super().chat_server("--set", "server.name=irc.test.example", *options, **more)

    def three(self, *capabilities, options=()):
        server = self.chat_server(*options)
        return server, *(self.client(server, nick, *capabilities) for nick in ("alice", "bob", "carol"))

    def one(self, messages):
        self.assertEqual(len(messages), 1, messages)
        return messages[0]


class UserModes(PeopleCase):
    def test_own_modes_are_told_changed_and_echoed_only_when_they_change(self):
        alice = self.client(self.chat_server(), "alice")
        self.assertEqual(self.one(alice.ask("MODE alice")).params, ["alice", "+"])
        changed = self.one(alice.ask("MODE alice +iw-R"))
        self.assertEqual((changed.command, changed.nick, changed.params), ("MODE", "alice", ["alice", "+iw"]))
        self.assertEqual(alice.ask("MODE alice +i"), [])
        self.assertEqual(self.one(alice.ask("MODE alice")).params[1], "+iw")
        self.assertEqual(self.one(alice.ask("MODE alice -i")).params[1], "-i")

    def test_others_modes_and_unknown_ones_are_refused(self):
        _, alice, *_ = self.three()
        self.assertEqual(self.commands(alice.ask("MODE bob +i")), ["502"])
        self.assertEqual(self.commands(alice.ask("MODE nobody +i")), ["401"])
        self.assertEqual(self.commands(alice.ask("MODE alice +Z")), ["501"])
        self.assertEqual(alice.ask("MODE alice +o"), [])

    def test_who_is_invisible_is_shown_only_to_those_who_name_it_or_share_a_room(self):
        _, alice, bob, _ = self.three()
        alice.ask("MODE alice +i")
        alice.ask("JOIN #a")
        self.assertEqual(self.commands(bob.ask("WHO ali*")), ["315"])
        self.assertEqual(self.commands(bob.ask("WHO alice")), ["352", "315"])
        self.assertEqual(self.commands(bob.ask("NAMES #a")), ["366"])
        self.assertNotIn("319", self.commands(bob.ask("WHOIS alice")))
        bob.ask("JOIN #a")
        self.assertEqual(self.commands(bob.ask("WHO ali*")), ["352", "315"])
        self.assertIn("319", self.commands(bob.ask("WHOIS alice")))

    def test_a_bot_is_marked_wherever_it_is_seen(self):
        server = self.chat_server()
        bot, user = self.client(server, "bot"), self.client(server, "user", "message-tags")
        bot.ask("MODE bot +B")
        self.assertEqual(self.only(user.ask("WHOIS bot"), "335").params[1], "bot")
        self.assertIn("B", user.ask("WHO bot")[0].params[6])
        bot.ask("PRIVMSG user :beep")
        self.assertIn("bot", user.next().tags)

    def test_who_takes_no_requests_is_written_to_but_not_asked(self):
        _, alice, bob, _ = self.three()
        alice.ask("MODE alice +T")
        self.assertEqual(self.commands(bob.ask("PRIVMSG alice :\x01VERSION\x01")), ["531"])
        self.assertEqual(bob.ask("PRIVMSG alice :\x01ACTION waves\x01"), [])
        self.assertEqual(len(alice.sync()), 1)

    def test_only_people_who_are_logged_in_can_write_to_who_wants_that(self):
        _, alice, bob, _ = self.three()
        alice.ask("MODE alice +R")
        self.assertEqual(self.one(bob.ask("PRIVMSG alice :hi")).command, "477")
        self.assertEqual(alice.sync(), [])

    def test_who_is_accepted_or_was_written_to_may_write_all_the_same(self):
        _, alice, bob, carol = self.three()
        alice.ask("MODE alice +R")
        self.assertEqual(alice.ask("ACCEPT bob"), [])
        self.assertEqual(self.commands(alice.ask("ACCEPT bob,nobody")), ["457", "401"])
        self.assertEqual([m.params[1] for m in alice.ask("ACCEPT *")][0], "bob")
        self.assertEqual(bob.ask("PRIVMSG alice :hi"), [])
        self.assertEqual(alice.ask("ACCEPT -bob")[0].command, "PRIVMSG")
        self.assertEqual(self.commands(bob.ask("PRIVMSG alice :hi")), ["477"])
        self.assertEqual(self.commands(alice.ask("ACCEPT -bob")), ["458"])
        alice.ask("PRIVMSG carol :hi")
        self.assertEqual(self.commands(carol.ask("PRIVMSG alice :hi")), ["PRIVMSG"])
        self.assertEqual(self.commands(alice.sync()), ["PRIVMSG"])


class Searching(PeopleCase):
    def test_one_who_searches_without_end_has_to_wait_and_nobody_else(self):
        server, alice, bob, _ = self.three(options=("--rate", "0"))
        search = b"WHO " + b"*x" * 240 + b"\r\n"
        waits, asked = [], 0
        while not waits:
            asked += 1
            self.assertLess(asked, 100)
            alice.say(search * 100)
            waits = [answer for answer in alice.sync() if answer.command == "263"]
        self.assertEqual(waits[0].params[:2], ["alice", "WHO"])
        self.assertEqual(self.commands(alice.ask("WHO bob")), ["352", "315"])
        self.assertEqual(self.commands(bob.ask("WHO *x")), ["315"])

    def test_many_of_one_address_have_to_wait_and_not_those_of_another(self):
        server = self.chat_server("--rate", "0", "--set", "limits.exempt=[]")
        guests = [self.client(server, f"guest-{n}") for n in range(20)]

        def waits(client):
            client.say((b"WHO " + b"*x" * 240 + b"\r\n") * 100)
            return "263" in self.commands(client.sync())

        asked = 0
        while not waits(guests[asked % len(guests)]):
            asked += 1
            self.assertLess(asked, 100)
        # The network's share is used up, so it is for those who have asked nothing.
        self.assertTrue(waits(self.client(server, "late")))
        self.assertFalse(waits(self.client(server, "elsewhere", source="127.0.0.2")))

    def test_so_has_one_who_asks_for_a_room_without_end(self):
        server, alice, bob, _ = self.three(options=("--rate", "0"))
        for n in range(10):
            self.client(server, f"guest-{n}").ask("JOIN #crowd")
        for client in alice, bob:
            client.ask("JOIN #crowd")
        alice.sync()
        refused, asked = [], 0
        while not refused:
            asked += 1
            self.assertLess(asked, 200)
            alice.say(b"WHO #crowd\r\n" * 200)
            answers = self.commands(alice.sync())
            refused = [n for n, what in enumerate(answers) if what == "263"]
        # One that is refused is answered by that alone; the next may be refused, or one may be asked again meanwhile.
        before, after = answers[refused[0] - 1], (answers + ["263"])[refused[0] + 1]
        self.assertEqual((before, after in ("263", "352")), ("315", True), answers[refused[0] - 1:])
        self.assertEqual(self.commands(bob.ask("WHO #crowd")), ["352"] * 12 + ["315"])
        self.assertEqual(self.commands(bob.ask("WHO #nowhere")), ["315"])


class Away(PeopleCase):
    def test_who_writes_to_somebody_away_is_told_why(self):
        _, alice, bob, _ = self.three()
        self.assertEqual(self.commands(alice.ask("AWAY :at lunch")), ["306"])
        self.assertEqual(self.one(bob.ask("PRIVMSG alice :hi")).params, ["bob", "alice", "at lunch"])
        self.assertEqual(self.only(bob.ask("WHOIS alice"), "301").params[-1], "at lunch")
        self.assertIn("alice=-~alice@", self.one(bob.ask("USERHOST alice")).params[1])
        self.assertEqual(self.commands(alice.ask("AWAY :"))[-1], "305")
        self.assertEqual(bob.ask("PRIVMSG alice :hi"), [])

    def test_rooms_are_told_who_comes_and_goes_if_they_ask(self):
        server = self.chat_server()
        alice, bob, carol = (self.client(server, "alice"), self.client(server, "bob", "away-notify"),
                             self.client(server, "carol"))
        for client in (alice, bob, carol):
            client.ask("JOIN #a")
        bob.sync(), carol.sync()
        alice.ask("AWAY :gone")
        alice.ask("AWAY :gone")
        alice.ask("AWAY")
        heard = bob.sync()
        self.assertEqual([(m.command, m.nick, m.params) for m in heard],
                         [("AWAY", "alice", ["gone"]), ("AWAY", "alice", [])])
        self.assertEqual(carol.sync(), [])

    def test_one_can_be_away_before_one_is_there(self):
        server = self.chat_server()
        alice = self.stranger(server)
        self.assertEqual(self.client(server, "bob").ask("AWAY :x")[0].command, "306")
        alice.send("CAP LS 302")
        alice.send("AWAY :no")
        self.assertEqual(alice.wait_for("451", "306").command, "451")
        alice.send("CAP REQ :draft/pre-away")
        alice.send("AWAY :asleep")
        self.assertEqual(alice.wait_for("306").params[0], "*")
        alice.send("CAP END")
        alice.connect("alice")
        bob = self.client(server, "rob")
        self.assertEqual(self.one(bob.ask("PRIVMSG alice :hi")).params[-1], "asleep")


class Names(PeopleCase):
    def test_a_real_name_can_be_changed(self):
        server = self.chat_server()
        alice, bob, carol = (self.client(server, "alice", "setname"), self.client(server, "bob", "setname"),
                             self.client(server, "carol"))
        for client in (alice, bob, carol):
            client.ask("JOIN #a")
        alice.sync(), bob.sync(), carol.sync()
        self.assertEqual(self.one(alice.ask("SETNAME :Alice B.")).params, ["Alice B."])
        self.assertEqual(self.one(bob.sync()).params, ["Alice B."])
        self.assertEqual(carol.sync(), [])
        self.assertEqual(self.only(bob.ask("WHOIS alice"), "311").params[-1], "Alice B.")
        refused = self.one(alice.ask("SETNAME :" + "x" * 151))
        self.assertEqual(refused.params[:2], ["SETNAME", "INVALID_REALNAME"])

    def test_ison_and_userhost_tell_who_is_here(self):
        _, alice, *_ = self.three()
        self.assertEqual(self.one(alice.ask("ISON bob nobody Carol")).params, ["alice", "bob carol"])
        self.assertEqual(self.one(alice.ask("ISON nobody")).params, ["alice", ""])
        self.assertEqual(self.one(alice.ask("USERHOST Bob nobody")).params, ["alice", "bob=+~bob@localhost"])


class Who(PeopleCase):
    def test_a_room_is_listed_with_away_operators_and_ranks(self):
        _, alice, bob, _ = self.three()
        alice.ask("JOIN #Chan")
        alice.ask("AWAY :x")
        bob.ask("JOIN #chan")
        answer = bob.ask("WHO #CHAN")
        self.assertEqual(self.commands(answer), ["352", "352", "315"])
        first = answer[0]
        self.assertEqual(first.params, ["bob", "#Chan", "~alice", "localhost", "irc.test.example", "alice", "G@",
                                        "0 alice the tester"])
        self.assertEqual(answer[-1].params[1], "#CHAN")

    def test_a_mask_finds_people_by_nick_host_and_real_name(self):
        _, alice, *_ = self.three()
        for mask, expected in (("ca*", ["carol"]), ("*", ["alice", "bob", "carol", "operator"]), ("BOB", ["bob"]),
                               ("*ob?the*", ["bob"]), ("nobody", [])):
            found = [m.params[5] for m in alice.ask(f"WHO {mask}") if m.command == "352"]
            self.assertEqual(sorted(found), expected, mask)
        self.assertEqual(self.commands(alice.ask("WHO * o")), ["315"])

    def test_whox_gives_the_fields_in_its_own_order(self):
        _, alice, bob, _ = self.three()
        alice.ask("JOIN #c")
        answer = bob.ask("WHO alice %rolnadfhsiuct,123")[0]
        self.assertEqual(answer.command, "354")
        self.assertEqual(answer.params, ["bob", "123", "*", "~alice", "255.255.255.255", "localhost",
                                         "irc.test.example", "alice", "H", "0", answer.params[10], "0", "n/a",
                                         "alice the tester"])
        self.assertTrue(answer.params[10].isdigit())
        bob.ask("JOIN #c")
        self.assertEqual(bob.ask("WHO #c %cnf")[0].params, ["bob", "#c", "alice", "H@"])
        self.assertEqual(bob.ask("WHO alice %tn")[0].params, ["bob", "0", "alice"])


class Whois(PeopleCase):
    def test_it_tells_what_others_may_know(self):
        _, alice, bob, _ = self.three()
        alice.ask("JOIN #a")
        answer = bob.ask("WHOIS alice")
        self.assertEqual(self.commands(answer), ["311", "319", "312", "317", "318"])
        self.assertEqual(answer[0].params, ["bob", "alice", "~alice", "localhost", "*", "alice the tester"])
        self.assertEqual(answer[1].params, ["bob", "alice", "@#a"])
        self.assertEqual(self.commands(bob.ask("WHOIS irc.test.example alice"))[0], "311")
        self.assertEqual(self.commands(bob.ask("WHOIS alice ALICE"))[0], "311")
        self.assertEqual(self.commands(bob.ask("WHOIS other.server alice")), ["402"])
        self.assertEqual(self.commands(bob.ask("WHOIS nobody")), ["401", "318"])
        self.assertEqual(self.commands(bob.ask("WHOIS")), ["431"])

    def test_ones_own_address_is_told_to_oneself_alone(self):
        alice = self.client(self.chat_server(), "alice")
        own = alice.ask("WHOIS alice")
        self.assertIn("127.0.0.1", self.only(own, "378").params[-1])
        self.assertEqual(self.only(own, "338").params[2], "127.0.0.1")

    def test_whowas_remembers_the_newest_first(self):
        server, alice, bob, carol = self.three()
        bob.send("QUIT")
        carol.ask("NICK bob")
        carol.send("QUIT")
        carol.rest()
        answer = alice.ask("WHOWAS bob")
        self.assertEqual([m.params[2] for m in answer if m.command == "314"], ["~carol", "~bob"])
        self.assertEqual(self.commands(answer)[-1], "369")
        self.assertEqual(self.commands(alice.ask("WHOWAS bob 1")), ["314", "312", "369"])
        self.assertEqual(self.commands(alice.ask("WHOWAS carol")), ["314", "312", "369"])
        self.assertEqual(self.commands(alice.ask("WHOWAS nobody")), ["406", "369"])


class Monitor(PeopleCase):
    def test_one_is_told_who_comes_leaves_and_changes_its_name(self):
        server = self.chat_server()
        alice = self.client(server, "alice", "extended-monitor")
        self.assertEqual([(m.command, m.params[1]) for m in alice.ask("MONITOR + bob,Alice")][1], ("731", "bob"))
        bob = self.client(server, "bob")
        self.assertTrue(self.one(alice.sync()).params[1].startswith("bob!~bob@"))
        bob.ask("NICK BOB")
        self.assertEqual(alice.sync(), [])
        bob.ask("NICK rob")
        self.assertEqual(self.one(alice.sync()).params, ["alice", "BOB"])
        bob.ask("NICK bob")
        self.assertEqual(self.one(alice.sync()).command, "730")
        bob.send("QUIT")
        bob.rest()
        self.assertEqual(self.one(alice.sync()).params, ["alice", "bob"])

    def test_the_list_can_be_shown_shortened_and_cleared(self):
        alice = self.client(self.chat_server("--set", "limits.monitor=2"), "alice")
        full = alice.ask("MONITOR + a,b,A,c,d")
        self.assertEqual(self.only(full, "734").params[1:3], ["2", "c,d"])
        self.assertEqual(self.only(alice.ask("MONITOR L"), "732").params[1], "a,b")
        self.assertEqual(alice.ask("MONITOR - a,zzz"), [])
        self.assertEqual(self.commands(alice.ask("MONITOR S")), ["731"])
        self.assertEqual(alice.ask("MONITOR C"), [])
        self.assertEqual(self.commands(alice.ask("MONITOR L")), ["733"])
        self.assertEqual(self.commands(alice.ask("MONITOR + *!a@b")), ["432"])

    def test_extended_monitor_tells_what_becomes_of_them_once(self):
        server = self.chat_server()
        alice = self.client(server, "alice", "extended-monitor", "away-notify", "setname")
        carol = self.client(server, "carol", "away-notify")
        bob = self.client(server, "bob")
        alice.ask("MONITOR + bob"), carol.ask("MONITOR + bob")
        bob.ask("AWAY :x")
        bob.ask("SETNAME :Bob")
        self.assertEqual([(m.command, m.params) for m in alice.sync()], [("AWAY", ["x"]), ("SETNAME", ["Bob"])])
        self.assertEqual(carol.sync(), [])
        alice.ask("JOIN #a"), bob.ask("JOIN #a")
        alice.sync()
        bob.ask("AWAY")
        self.assertEqual(self.commands(alice.sync()), ["AWAY"])


if __name__ == "__main__":
    unittest.main()
