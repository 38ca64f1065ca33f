"""Operators of the server, those whom they keep out, and what the server tells of itself."""

import os
import subprocess
import unittest

from irc_case import IrcCase
from talk_case import PARLANCE


class OperatorCase(IrcCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.hash = subprocess.run([PARLANCE, "serve", "--hash-password"], input=b"secret pass\n",
                                  capture_output=True, check=True).stdout.decode().strip()

    def operated(self, *options):
        return self.chat_server("--set", f"operators.root.password={self.hash}",
                                "--set", f"operators.helper.password={self.hash}",
                                "--set", "operators.helper.permissions=kill",
                                "--set", f"operators.far.password={self.hash}",
                                "--set", "operators.far.hosts=192.0.2.*", *options)

    def operator(self, server, nick="boss", name="root"):
        boss = self.client(server, nick)
        boss.send(f"OPER {name} :secret pass")
        self.assertEqual(boss.wait_for("381").command, "381")
        self.assertEqual(boss.next().params, [nick, "+o"])
        return boss

    @staticmethod
    def rehash(boss):
        """What the operator is told in the end; that may come before the answer to a PING sent after REHASH, or after it."""
        boss.send("REHASH")
        boss.wait_for("382")
        return boss.wait_for("NOTICE").params[-1]


class Operators(OperatorCase):
    def test_somebodys_host_is_changed_for_others_and_those_who_asked_are_told(self):
        server = self.operated()
        boss, alice = self.operator(server), self.client(server, "alice", "chghost")
        plain = self.client(server, "plain")
        for client in (alice, plain):
            client.send("JOIN #r")
            client.sync()
        alice.sync()
        self.assertEqual(boss.ask("CHGHOST plain staff.example"), [])
        told = alice.next()
        self.assertEqual((told.command, told.nick, told.params), ("CHGHOST", "plain", ["~plain", "staff.example"]))
        self.assertEqual(plain.sync(), [])
        plain.send("PRIVMSG #r :hello")
        self.assertEqual(alice.next().source, "plain!~plain@staff.example")
        self.assertEqual(boss.ask("CHGHOST plain a@b")[0].params[:2], ["CHGHOST", "INVALID_HOST"])
        self.assertEqual(self.commands(boss.ask("CHGHOST nobody h")), ["401"])
        self.assertEqual(self.commands(alice.ask("CHGHOST plain h")), ["481"])

    def test_name_password_and_host_must_be_right(self):
        server = self.operated()
        alice = self.client(server, "alice")
        self.assertEqual(self.commands(alice.ask("OPER nobody x")), ["491"])
        self.assertEqual(self.commands(alice.ask("OPER far :secret pass")), ["491"])
        self.assertEqual(self.commands(alice.ask("OPER root wrong")), ["464"])
        self.assertEqual(self.commands(alice.ask("OPER root")), ["461"])
        self.assertEqual(self.commands(alice.ask("OPER root :secret pass")), ["381", "MODE"])
        self.assertIn("*", alice.ask("WHO alice")[0].params[6])
        self.assertEqual(self.only(alice.ask("LUSERS"), "252").params[1], "1")
        self.assertEqual(alice.ask("MODE alice -o")[0].params[1], "-o")
        self.assertEqual(self.commands(alice.ask("KILL alice")), ["481"])

    def test_guessing_the_password_ends_the_connection(self):
        alice = self.client(self.operated(), "alice")
        alice.say(b"OPER root wrong\r\n" * 10)
        lines = alice.rest().splitlines()
        self.assertEqual(sum(b" 464 " in line for line in lines), 5)
        self.assertTrue(lines[-1].startswith(b"ERROR :"), lines)

    def test_an_operator_makes_accounts_where_others_cannot(self):
        server = self.operated("--set", "accounts.registration=false")
        boss, alice = self.operator(server), self.client(server, "alice")
        self.assertIn("for operators", str(alice.ask("NS SAREGISTER bob correct-horse")))
        self.assertIn("Account created", str(boss.ask("NS SAREGISTER bob correct-horse")))
        self.assertIn("cannot be made here", str(alice.ask("NS REGISTER correct-horse")))

    def test_kill_disconnects_somebody_and_says_by_whom(self):
        server = self.operated()
        boss, alice, bob = self.operator(server), self.client(server, "alice"), self.client(server, "bob")
        alice.ask("JOIN #a"), bob.ask("JOIN #a"), alice.sync()
        self.assertEqual(self.commands(alice.ask("KILL bob :x")), ["481"])
        boss.ask("KILL bob :be nice")
        self.assertIn(b"KILL bob :be nice\r\nERROR :Closing link: (127.0.0.1) [Killed (boss (be nice))]\r\n", bob.rest())
        left = self.only(alice.sync(), "QUIT")
        self.assertEqual((left.nick, left.params), ("bob", ["Killed (boss (be nice))"]))
        self.assertEqual(self.commands(boss.ask("KILL nobody")), ["401"])

    def test_an_operator_may_do_what_its_permissions_say(self):
        server = self.operated()
        helper = self.operator(server, "helper", "helper")
        self.assertEqual(self.commands(helper.ask("KLINE *@x")), ["723"])
        self.assertEqual(self.commands(helper.ask("REHASH")), ["723"])
        self.assertEqual(self.commands(helper.ask("DIE")), ["723"])
        self.assertEqual(self.commands(helper.ask("WALLOPS :x")), ["723"])
        alice = self.client(server, "alice")
        for line in ("NS REGISTER correct-horse", "JOIN #a", "CS REGISTER #a", "MODE #a +s"):
            alice.ask(line)
        said = alice.ask("PRIVMSG #a :mine")
        for line in ("CS UNREGISTER #a", "CS OP #a helper", "CS AMODE #a +o helper"):
            self.assertIn("no registered channel", str(helper.ask(line)), line)
        self.assertIn("not your account", str(helper.ask("NS UNREGISTER alice")))
        self.assertIn("for operators", str(helper.ask("NS SAREGISTER bob correct-horse")))
        seen = helper.ask("WHOIS alice") + helper.ask("WHO alice %i") + helper.ask("LIST")
        self.assertNotIn("127.0.0.1", str(seen))
        self.assertNotIn("#a", str(seen))

    def test_what_operators_do_is_logged(self):
        server = self.operated()
        boss, _ = self.operator(server), self.client(server, "alice")
        for line in ("DLINE 192.0.2.1 :spam", "NS SAREGISTER bob correct-horse", "KILL alice :bye"):
            boss.ask(line)
        for does, to in (("oper", ""), ("ban", "DLINE 192.0.2.1 spam"), ("accounts", "make bob"), ("kill", "alice")):
            server.until(f'operator.*root.*127\\.0\\.0\\.1.*{does}.*{to}')

    def test_an_entry_that_is_taken_away_makes_no_operator_any_more(self):
        folder = self.folder()
        file = os.path.join(folder, "chat.toml")

        def configure(**permissions):
            with open(file, "w") as config:
                for name, given in permissions.items():
                    config.write(f'[operators.{name}]\npassword = "{self.hash}"\npermissions = ["{given}"]\n')

        configure(helper="rehash", boss="all")
        server = self.chat_server("--config", file)
        helper, boss = self.operator(server, "helper", "helper"), self.operator(server, "boss", "boss")
        configure(helper="kill")
        helper.ask("REHASH")
        self.assertEqual(boss.wait_for("MODE").params, ["boss", "-o"])
        self.assertEqual(self.commands(boss.ask("KILL helper")), ["481"])
        self.assertNotIn("313", self.commands(helper.ask("WHOIS boss")))
        self.assertEqual(self.commands(helper.ask("REHASH")), ["723"])
        helper.ask("KILL boss :bye")
        self.assertIn(b"KILL boss bye", boss.rest())

    def test_wallops_reach_those_who_want_them(self):
        server = self.operated()
        boss, alice, bob = self.operator(server), self.client(server, "alice"), self.client(server, "bob")
        alice.ask("MODE alice +w")
        boss.ask("WALLOPS :tea is ready")
        told = alice.sync()[0]
        self.assertEqual((told.nick, told.command, told.params), ("boss", "WALLOPS", ["tea is ready"]))
        self.assertEqual(bob.sync(), [])
        self.assertEqual(self.commands(bob.ask("WALLOPS :x")), ["481"])

    def test_operators_see_addresses(self):
        server = self.operated()
        boss, _ = self.operator(server), self.client(server, "alice")
        self.assertIn("127.0.0.1", self.only(boss.ask("WHOIS alice"), "378").params[-1])
        self.assertEqual(boss.ask("WHO alice %i")[0].params[1], "127.0.0.1")

    def test_who_asks_for_settings_that_are_wrong_is_told_so(self):
        file = os.path.join(self.folder(), "chat.toml")
        entry = f'[operators.root]\npassword = "{self.hash}"\n'
        with open(file, "w") as config:
            config.write(entry)
        server = self.chat_server("--config", file)
        boss = self.operator(server)
        with open(file, "w") as config:
            config.write(entry + "[limits]\ntopic = -1\n")
        self.assertRegex(self.rehash(boss), r"^\*\*\* the configuration stays as it was: .*limits\.topic: must be ")

    def test_who_may_can_have_the_configuration_read_again_and_stop_the_server(self):
        server = self.operated()
        boss = self.operator(server)
        self.assertEqual(self.rehash(boss), "*** the configuration has been read again")
        boss.send("DIE")
        boss.rest()
        self.assertEqual(server.finish()[0], 0)


class Bans(OperatorCase):
    def refused(self, server, nick):
        client = self.stranger(server)
        client.send(f"NICK {nick}")
        client.send(f"USER {nick} 0 * :x")
        told = client.wait_for("465", "001")
        if told.command == "001":
            client.close()
            return None
        self.assertIn(b"ERROR :", client.rest())
        return told.params[-1]

    def test_a_mask_keeps_people_out_and_puts_out_who_is_there(self):
        server = self.operated()
        boss, eve = self.operator(server), self.client(server, "eve")
        boss.ask("KLINE eve@* :go away")
        self.assertIn(b"[Banned: go away]", eve.rest())
        self.assertIn("go away", self.refused(server, "eve"))
        self.assertIsNone(self.refused(server, "alice"))
        self.assertEqual(self.only(boss.ask("KLINE LIST"), "216").params[1:5], ["K", "*", "*", "eve"])
        self.assertEqual(self.commands(boss.ask("STATS k")), ["216", "219"])
        boss.ask("UNKLINE eve@*")
        self.assertIsNone(self.refused(server, "eve"))
        self.assertEqual(self.commands(boss.ask("UNKLINE eve@*")), ["400"])

    def test_an_address_is_kept_out_whatever_it_speaks(self):
        server = self.operated()
        boss = self.operator(server)
        boss.ask("DLINE 1d 127.0.0.0/8 :no locals")
        boss.ask("DLINE 0 192.0.2.1")
        self.assertEqual(self.commands(boss.ask("STATS d")), ["225", "225", "219"])
        self.assertIn("no locals", self.refused(server, "alice"))
        plain = self.caller(server, b"hello\n")
        self.assertIn(b"banned", plain.rest())

    def test_what_is_no_mask_is_no_ban(self):
        server = self.operated()
        boss = self.operator(server)
        for line in ("DLINE 300.1.2.3", "DLINE 10m", "KLINE a!b@c", "DLINE 1.2.3.4/33",
                     "KLINE *@* :everybody", "KLINE *", "KLINE 1d ?*@*.*", "DLINE 0.0.0.0/0", "DLINE ::/0"):
            self.assertEqual(self.commands(boss.ask(line)), ["400"], line)
        self.assertEqual(self.commands(boss.ask("STATS k") + boss.ask("STATS d")), ["219", "219"])

    def test_who_is_there_is_banned_by_nick(self):
        server = self.operated()
        boss, eve, alice = self.operator(server), self.client(server, "eve", user="evil"), self.client(server, "alice")
        boss.ask("CHGHOST eve a.b")
        self.assertIn("KLINE for ~evil@localhost", boss.ask("KLINE eve :spam")[0].params[-1])
        self.assertIn(b"[Banned: spam]", eve.rest())
        self.assertEqual(alice.ask("PING x")[0].command, "PONG")
        self.assertEqual(self.commands(boss.ask("UNKLINE ~evil@localhost")), ["NOTICE"])


class Queries(IrcCase):
    def test_the_server_tells_of_itself(self):
        server = self.chat_server("--set", "server.admin.email=a@b.example", "--set", "server.description=A test",
                                  "--set", "server.name=irc.test.example")
        alice = self.client(server, "alice")
        for line, expected in (("VERSION", ["351", "005"]), ("ADMIN", ["256", "259"]), ("LINKS", ["364", "365"]),
                               ("TIME", ["391"]), ("STATS u", ["242", "219"]), ("STATS z", ["219"]),
                               ("USERS", ["446"]), ("SUMMON bob", ["445"]), ("INFO nowhere", ["402"]),
                               ("VERSION nowhere", ["402"]), ("INFO irc*", ["371", "374"])):
            self.assertEqual(sorted(set(self.commands(alice.ask(line)))), sorted(expected), line)
        self.assertEqual(alice.ask("LINKS")[0].params, ["alice", "irc.test.example", "irc.test.example", "0 A test"])
        self.assertTrue(alice.ask("VERSION")[0].params[1].startswith("parlance-"))

    def test_the_message_of_the_day_can_be_a_file(self):
        path = f"{self.folder()}/motd"
        with open(path, "wb") as file:
            file.write("Hello\n\nWörld \x1b[1m\n".encode())
        alice = self.client(self.chat_server("--set", f"server.motd_file={path}"), "alice")
        told = alice.ask("MOTD")
        self.assertEqual([m.params[1] for m in told if m.command == "372"], ["- Hello", "- ", "- Wörld \ufffd[1m"])
        self.assertEqual(self.commands(alice.ask("MOTD nowhere")), ["402"])

    def test_help_is_there_for_commands(self):
        alice = self.client(self.chat_server(), "alice")
        for line in ("HELP", "HELPOP", "HELP privmsg"):
            answer = self.commands(alice.ask(line))
            self.assertEqual((answer[0], answer[-1]), ("704", "706"))
        self.assertEqual(self.commands(alice.ask("HELP nonsense")), ["524"])

    def test_lusers_counts_truly(self):
        server = self.chat_server()
        alice, bob = self.client(server, "alice"), self.client(server, "bob")
        bob.ask("MODE bob +i")
        stranger = self.stranger(server)
        stranger.send("PING x")
        stranger.wait_for("PONG")
        answer = {m.command: m.params for m in alice.ask("LUSERS")}
        # The operator at the console is one of them.
        self.assertEqual(answer["251"][1], "There are 2 users and 1 invisible on 1 servers")
        self.assertEqual(answer["253"][1], "1")
        self.assertEqual(answer["265"][1:3], ["3", "3"])
        stranger.close()
        bob.send("QUIT")
        bob.rest()
        while (answer := {m.command: m.params for m in alice.ask("LUSERS")})["253"][1] != "0":
            pass
        self.assertEqual(answer["265"][1:3], ["2", "3"])

    def test_isupport_names_what_there_is(self):
        alice = self.client(self.chat_server(), "alice")
        tokens = {t for m in alice.ask("VERSION") if m.command == "005" for t in m.params}
        for token in ("WHOX", "BOT=B", "MONITOR=100", "AWAYLEN=390", "NAMELEN=150", "WHOWAS=100"):
            self.assertIn(token, tokens)


if __name__ == "__main__":
    unittest.main()
