"""Names in any script: of people, accounts and rooms, for IRC, plain callers and clients that we did not write."""

import base64
import os
import shutil
import tempfile
import unittest

from irc_case import IrcCase

PASSWORD = "correct horse battery"
DRAWN_BOB = "\u0412\u041e\u0412"  # in Cyrillic


class Names(IrcCase):
    def test_people_are_found_whichever_case_their_name_is_in(self):
        server = self.chat_server()
        ivan = self.client(server, "Иван", user="ivan")
        zoe = self.person(server, "Zoë".encode())
        ivan.ask("JOIN #lobby")
        zoe.until("-- Иван has joined #lobby\n".encode())
        zoe.say("/to ИВАН привет\n".encode())
        self.assertEqual(ivan.wait_for("PRIVMSG").params, ["Иван", "привет"])
        self.assertEqual(self.only(ivan.ask("WHOIS ZOË"), "311").params[1], "Zoë")
        self.assertEqual(self.only(ivan.ask("MONITOR + ZOË"), "730").params[1].split("!")[0], "Zoë")
        self.assertEqual(self.only(ivan.ask("NICK ИВАН"), "NICK").params, ["ИВАН"])
        other = self.stranger(server)
        other.send("NICK иван")
        self.assertEqual(other.next().command, "433")

    def test_what_looks_like_another_is_refused(self):
        server = self.chat_server()
        bob, eve = self.person(server, b"bob"), self.client(server, "eve")
        self.assertEqual(self.commands(eve.ask(f"NICK {DRAWN_BOB}")), ["433"])
        self.assertEqual(self.commands(eve.ask("NICK p\u0430ypal")), ["432"])
        mallory = self.person(server, b"mallory")
        mallory.say(f"/nick {DRAWN_BOB}\n".encode())
        mallory.until(b" looks like the name of another\n")
        bob.say(b"/quit\n")
        bob.rest()
        self.assertEqual(self.commands(eve.ask(f"NICK {DRAWN_BOB}")), ["NICK"])
        self.assertEqual(self.commands(self.client(server, "carol").ask("NICK bob")), ["433"])
        eve.ask("JOIN #dev")
        self.assertEqual(self.commands(eve.ask("JOIN #d\u0435v")), ["403"])
        for unseen in "\u200b\u200d\u2060\u00ad\u3164\u2800\ufe0f":
            self.assertEqual(self.commands(eve.ask(f"JOIN #de{unseen}v")), ["403"], ascii(unseen))

    def test_an_account_has_its_name_and_no_other_that_looks_like_it(self):
        server = self.chat_server()
        self.account(server, "李", PASSWORD)
        self.account(server, "bob", PASSWORD)
        eve = self.client(server, "eve")
        self.assertEqual(self.commands(eve.ask(f"NICK {DRAWN_BOB}")), ["433"])
        self.assertEqual(self.only(eve.ask(f"REGISTER {DRAWN_BOB} * :{PASSWORD}"), "FAIL").params[1], "BAD_ACCOUNT_NAME")
        server.write(f"/account {DRAWN_BOB} create {PASSWORD}\n".encode())
        self.hear_on_stdout(server, f"-- {DRAWN_BOB} looks like bob, which is an account".encode())
        li = self.stranger(server)
        for line in ("CAP REQ sasl", "NICK 李", "USER li 0 * :li", "AUTHENTICATE PLAIN",
                     "AUTHENTICATE " + base64.b64encode(f"\0李\0{PASSWORD}".encode()).decode()):
            li.send(line)
        self.assertEqual(li.wait_for("900", "904").params[2], "李")
        li.send("CAP END")
        li.wait_for("376", "422")
        self.assertEqual(self.only(eve.ask("WHOIS 李"), "330").params[2], "李")
        self.assertEqual(self.commands(eve.ask("NICK 李")), ["433"])

    def test_who_has_an_account_looks_like_no_other_in_other_cases_of_its_letters(self):
        server = self.chat_server()
        self.account(server, "bob", PASSWORD)
        eve = self.client(server, DRAWN_BOB.lower(), user="eve")  # which does not look like it
        self.only(eve.ask(f"REGISTER * * :{PASSWORD}"), "REGISTER")
        self.assertEqual(self.commands(eve.ask(f"NICK {DRAWN_BOB}")), ["433"])
        self.assertEqual(self.commands(eve.ask(f"NICK {DRAWN_BOB[0]}{DRAWN_BOB[1:].lower()}")), ["NICK"])

    def test_where_names_are_ascii_that_is_what_one_is_told(self):
        server = self.chat_server("--set", "server.international_names=false")
        caller = self.person(server, b"bob")
        caller.say("/nick Zoë\n".encode())
        caller.until(b"-- a name is up to 32 bytes of A-Z a-z, 0-9 _ - [ ] { } | ^ ` \\, and starts with no digit and no -\n")

    def test_a_room_and_its_bans_are_found_whichever_case(self):
        server = self.chat_server()
        anna, boris = self.client(server, "Анна", user="anna"), self.client(server, "Борис", user="boris")
        anna.ask("JOIN #Жаба")
        self.assertEqual(self.only(boris.ask("JOIN #жАБА"), "JOIN").params, ["#Жаба"])
        boris.ask("PRIVMSG #ЖАБА :ква")
        self.assertEqual(anna.wait_for("PRIVMSG").params, ["#Жаба", "ква"])
        anna.ask("MODE #жаба +b БОРИС!*@*")
        self.assertIn("404", self.commands(boris.ask("PRIVMSG #Жаба :ква")))
        anna.ask("MODE #жаба -b борис!*@*")
        anna.ask("MODE #жаба +b ??????!*@*")
        boris.sync()
        self.assertEqual(self.commands(boris.ask("PRIVMSG #Жаба :ква")), [])

    def test_it_is_told_how_names_are_folded(self):
        server = self.chat_server()
        client = self.stranger(server)
        client.send("NICK a")
        client.send("USER a 0 * :a")
        tokens = client.tokens()
        self.assertIn("CASEMAPPING=ascii", tokens)
        self.assertIn("UTF8MAPPING=rfc8265", tokens)

    def test_a_key_turns_it_off(self):
        server = self.chat_server("--set", "server.international_names=false")
        eve = self.client(server, "eve")
        self.assertEqual(self.commands(eve.ask("NICK Zoë")), ["432"])
        self.assertEqual(self.only(eve.ask(f"REGISTER Zoë * :{PASSWORD}"), "FAIL").params[1], "BAD_ACCOUNT_NAME")
        self.assertEqual(self.commands(eve.ask("JOIN #Жаба"))[0], "JOIN")


class Clients(IrcCase):
    def setUp(self):
        self.home = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.home, ignore_errors=True)
        self.server = self.chat_server()
        self.bob = self.person(self.server, b"bob")

    @unittest.skipUnless(shutil.which("weechat-headless"), "weechat is not installed")
    def test_weechat(self):
        commands = [f"/server add here 127.0.0.1/{self.server.port} -notls", "/set irc.server.here.tls off",
                    "/set irc.server.here.ssl off", "/set irc.server.here.nicks Zoë",
                    "/set irc.server.here.autojoin #café", "/connect here"]
        commands += [f"/wait {seconds}s /msg -server here #CAFÉ bonjour" for seconds in (2, 5, 10, 20, 40)]
        arguments = [part for command in commands for part in ("-r", command)]
        self.bob.say("/join #Café\n".encode())
        self.start("weechat-headless", "--dir", self.home, *arguments, env={**os.environ, "LANG": "C.UTF-8"})
        self.bob.until("Zoë has joined #Café\n".encode())
        self.bob.until("Zoë: bonjour\n".encode())


if __name__ == "__main__":
    unittest.main()
