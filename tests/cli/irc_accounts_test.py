"""Accounts over IRC: how one gets one, logs in, keeps a nick, is there with several clients, and stays."""

import base64
import hashlib
import hmac
import os
import signal
import subprocess
import unittest

from irc_case import IrcCase
from talk_case import PARLANCE

PASSWORD = "correct horse"


def encoded(*parts):
    return base64.b64encode(b"\0".join(p.encode() for p in parts)).decode()


class Scram:
    """The client's side of SCRAM-SHA-256 (RFC 7677)."""

    def __init__(self, name, password):
        self.password = password.encode()
        self.bare = f"n={name},r=" + base64.b64encode(os.urandom(18)).decode()

    def first(self):
        return base64.b64encode(b"n,," + self.bare.encode()).decode()

    def final(self, challenge):
        challenge = base64.b64decode(challenge).decode()
        fields = dict(part.split("=", 1) for part in challenge.split(","))
        salted = hashlib.pbkdf2_hmac("sha256", self.password, base64.b64decode(fields["s"]), int(fields["i"]))
        key = hmac.digest(salted, b"Client Key", "sha256")
        without = "c=biws,r=" + fields["r"]
        everything = f"{self.bare},{challenge},{without}".encode()
        signature = hmac.digest(hashlib.sha256(key).digest(), everything, "sha256")
        proof = bytes(a ^ b for a, b in zip(key, signature))
        self.expected = hmac.digest(hmac.digest(salted, b"Server Key", "sha256"), everything, "sha256")
        return base64.b64encode(f"{without},p={base64.b64encode(proof).decode()}".encode()).decode()


class AccountCase(IrcCase):
    def configured(self, change):
        # The option takes words until another one comes.
        return self.chat_server("--set", change, "--rate", "0")

    def account(self, server, name, password=PASSWORD):
        super().account(server, name, password)

    def begin(self, server, *capabilities):
        client = self.stranger(server)
        client.send("CAP LS 302")
        client.wait_for("CAP")
        client.ask("CAP REQ :" + " ".join(("sasl",) + capabilities))
        return client

    def authenticate(self, client, name, password=PASSWORD):
        client.send("AUTHENTICATE PLAIN")
        client.wait_for("AUTHENTICATE")
        return client.ask("AUTHENTICATE " + encoded("", name, password))

    def member(self, server, name, *capabilities, nick=None, **more):
        """A client that is logged in."""
        client = self.begin(server, *capabilities)
        self.assertEqual(self.commands(self.authenticate(client, name, **more))[:1], ["900"])
        client.send(f"NICK {nick or name}")
        client.send(f"USER {name} 0 * :{name}")
        client.send("CAP END")
        client.welcome = []
        while not client.welcome or client.welcome[-1].command not in ("376", "422", "433"):
            client.welcome.append(client.next())
        client.welcome += client.sync()
        return client


class Sasl(AccountCase):
    def test_the_capability_names_the_mechanisms(self):
        server = self.chat_server()
        client = self.stranger(server)
        words = [word for m in client.ask("CAP LS 302") for word in m.params[-1].split()]
        self.assertIn("sasl=SCRAM-SHA-256,PLAIN,OAUTHBEARER", words)
        self.assertIn("draft/account-registration=before-connect,custom-account-name", words)

    def test_plain_logs_in_before_registration(self):
        server = self.chat_server()
        self.account(server, "Alice")
        client = self.begin(server)
        client.send("NICK alice")
        told = self.authenticate(client, "alice")
        self.assertEqual(self.commands(told), ["900", "903"])
        self.assertEqual(told[0].params[2:], ["Alice", "You are now logged in as Alice"])

    def test_scram_proves_both_sides(self):
        server = self.chat_server()
        self.account(server, "alice")
        client = self.begin(server)
        scram = Scram("alice", PASSWORD)
        client.send("AUTHENTICATE SCRAM-SHA-256")
        self.assertEqual(client.wait_for("AUTHENTICATE").params, ["+"])
        client.send("AUTHENTICATE " + scram.first())
        client.send("AUTHENTICATE " + scram.final(client.wait_for("AUTHENTICATE").params[0]))
        proof = base64.b64decode(client.wait_for("AUTHENTICATE").params[0])
        self.assertEqual(proof, b"v=" + base64.b64encode(scram.expected))
        self.assertEqual(self.commands(client.ask("AUTHENTICATE +")), ["900", "903"])

    def test_scram_does_not_tell_who_has_an_account(self):
        server = self.chat_server()
        salts = set()
        for _ in range(2):
            client = self.begin(server)
            scram = Scram("nobody", PASSWORD)
            client.send("AUTHENTICATE SCRAM-SHA-256")
            client.wait_for("AUTHENTICATE")
            client.send("AUTHENTICATE " + scram.first())
            challenge = client.wait_for("AUTHENTICATE").params[0]
            salts.add(base64.b64decode(challenge).split(b",")[1])
            self.assertEqual(self.commands(client.ask("AUTHENTICATE " + scram.final(challenge))), ["904"])
        self.assertEqual(len(salts), 1)

    def test_wrong_passwords_fail_and_five_end_the_connection(self):
        server = self.chat_server()
        self.account(server, "alice")
        client = self.begin(server)
        for _ in range(4):
            self.assertEqual(self.commands(self.authenticate(client, "alice", "wrong")), ["904"])
        client.send("AUTHENTICATE PLAIN")
        client.send("AUTHENTICATE " + encoded("", "alice", "wrong"))
        self.assertIn(b"ERROR :", client.rest())

    def test_a_mechanism_that_is_not_there_is_answered_with_those_that_are(self):
        server = self.chat_server()
        told = self.begin(server).ask("AUTHENTICATE EXTERNAL")
        self.assertEqual(self.commands(told), ["908", "904"])
        self.assertEqual(told[0].params[1], "SCRAM-SHA-256,PLAIN,OAUTHBEARER")

    def test_a_star_aborts_and_so_does_coming_in(self):
        server = self.chat_server()
        client = self.begin(server)
        client.ask("AUTHENTICATE PLAIN")
        self.assertEqual(self.commands(client.ask("AUTHENTICATE *")), ["906"])
        client.ask("AUTHENTICATE PLAIN")
        client.send("NICK alice")
        client.send("USER a 0 * :a")
        told = self.commands(client.ask("CAP END"))
        self.assertEqual(told[:2], ["906", "001"])

    def test_a_password_in_pieces_is_put_together(self):
        server = self.chat_server()
        password = "bar" * 97
        self.account(server, "foo", password)
        client = self.begin(server)
        client.send("AUTHENTICATE PLAIN")
        client.wait_for("AUTHENTICATE")
        text = encoded("foo", "foo", password)
        self.assertEqual(len(text), 400)
        self.assertEqual(client.ask("AUTHENTICATE " + text), [])
        self.assertEqual(self.commands(client.ask("AUTHENTICATE +")), ["900", "903"])

    def test_a_password_is_the_same_however_it_is_written(self):
        server = self.chat_server("--rate", "0")
        self.account(server, "alice", "Stra\u00dfe \u00fcber")
        self.member(server, "alice", password="Stra\u00dfe u\u0308ber")

    def test_one_who_is_there_logs_in_again_and_neighbours_are_told(self):
        server = self.chat_server()
        self.account(server, "foo")
        self.account(server, "bar")
        alice = self.client(server, "alice", "account-notify")
        bob = self.client(server, "bob", "account-notify", "account-tag")
        alice.ask("JOIN #a")
        bob.ask("JOIN #a")
        alice.sync()
        for name in ("foo", "bar"):
            self.assertEqual(self.commands(self.authenticate(alice, name)), ["900", "ACCOUNT", "903"])
            self.assertEqual(self.only(bob.sync(), "ACCOUNT").params, [name])
        alice.ask("PRIVMSG #a hello")
        self.assertEqual(bob.sync()[0].tags["account"], "bar")

    def test_pass_logs_in_those_who_have_no_sasl(self):
        server = self.chat_server()
        self.account(server, "alice")
        client = self.stranger(server)
        client.send("PASS :alice:" + PASSWORD)
        client.send("NICK alice")
        client.send("USER a 0 * :a")
        self.assertEqual(client.next().command, "900")
        self.assertEqual(client.next().command, "001")
        other = self.stranger(server)
        other.send("PASS :alice:wrong")
        other.send("NICK bob")
        other.send("USER a 0 * :a")
        self.assertIn(b" 464 bob :", other.rest())

    def test_the_servers_password_is_asked_of_everybody(self):
        done = subprocess.run([PARLANCE, "serve", "--hash-password"], input=b"sesame\n", capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        server = self.configured(f"server.password={done.stdout.decode().strip()}")
        for password in (None, "wrong"):
            client = self.stranger(server)
            if password:
                client.send(f"PASS {password}")
            client.send("NICK alice")
            client.send("USER a 0 * :a")
            self.assertIn(b" 464 alice :Password incorrect", client.rest())
        client = self.stranger(server)
        client.send("PASS sesame")
        client.connect("alice")

    def test_where_an_account_is_required_nobody_comes_in_without(self):
        server = self.configured("accounts.require_sasl=true")
        client = self.stranger(server)
        client.send("NICK alice")
        client.send("USER a 0 * :a")
        self.assertIn(b"FAIL * ACCOUNT_REQUIRED :", client.rest())
        client = self.begin(server)
        client.send("NICK alice")
        client.ask(f"REGISTER * * :{PASSWORD}")
        client.send("USER a 0 * :a")
        client.send("CAP END")
        tokens = [word for m in client.sync() if m.command == "005" for word in m.params]
        self.assertIn("draft/ACCOUNTREQUIRED", tokens)
        self.assertIn("without an account", client.ask("NS LOGOUT")[-1].params[-1])
        self.assertIn("330", self.commands(client.ask("WHOIS alice")))
        self.assertIn(b"an account", self.caller(server, b"hello\n").rest())


class Register(AccountCase):
    def test_an_account_is_made_before_or_after_coming_in(self):
        server = self.chat_server()
        client = self.begin(server, "draft/account-registration")
        self.assertEqual(client.ask("REGISTER * * :" + PASSWORD)[0].params[:3], ["REGISTER", "NEED_NICK", "*"])
        client.send("NICK alice")
        told = client.ask("REGISTER * * :" + PASSWORD)
        self.assertEqual(told[0].params, ["SUCCESS", "alice", "Account successfully registered"])
        self.assertEqual(told[1].command, "900")
        other = self.client(server, "bob")
        self.assertEqual(other.ask("REGISTER robert * :" + PASSWORD)[0].params[:2], ["SUCCESS", "robert"])

    def test_what_cannot_be_is_refused_with_its_code(self):
        server = self.chat_server("--set", "accounts.min_password=8")
        self.account(server, "taken")
        client = self.client(server, "alice")
        self.client(server, "root")

        def code(line):
            return self.only(client.ask(line), "FAIL").params[:3]

        self.assertEqual(code("REGISTER taken * :" + PASSWORD), ["REGISTER", "ACCOUNT_EXISTS", "taken"])
        self.assertEqual(code("REGISTER root * :" + PASSWORD), ["REGISTER", "ACCOUNT_EXISTS", "root"])
        self.assertEqual(code("REGISTER 1a * :" + PASSWORD), ["REGISTER", "BAD_ACCOUNT_NAME", "1a"])
        self.assertEqual(code("REGISTER guest7 * :" + PASSWORD), ["REGISTER", "BAD_ACCOUNT_NAME", "guest7"])
        self.assertEqual(code("REGISTER * * short"), ["REGISTER", "WEAK_PASSWORD", "alice"])
        self.assertEqual(code("REGISTER * * :tab\tinside it"), ["REGISTER", "UNACCEPTABLE_PASSWORD", "alice"])
        self.assertEqual(code("VERIFY alice 123"), ["VERIFY", "INVALID_CODE", "alice"])
        client.ask("REGISTER * * :" + PASSWORD)
        self.assertEqual(code("REGISTER x * :" + PASSWORD), ["REGISTER", "ALREADY_AUTHENTICATED", "alice"])

    def test_a_nick_that_was_refused_is_still_the_name_that_was_meant(self):
        server = self.chat_server()
        self.client(server, "root")
        client = self.begin(server)
        client.ask("NICK root")
        self.assertEqual(client.ask("REGISTER * * :" + PASSWORD)[0].params[:2], ["REGISTER", "ACCOUNT_EXISTS"])

    def test_where_one_must_have_come_in_first_that_is_told(self):
        server = self.configured("accounts.register_before_connect=false")
        client = self.begin(server)
        self.assertIn("draft/account-registration=custom-account-name", client.offered())
        client.send("NICK alice")
        self.assertEqual(self.only(client.ask("REGISTER * * :correct horse"), "FAIL").params[:2],
                         ["REGISTER", "COMPLETE_CONNECTION_REQUIRED"])

    def test_an_address_is_kept_for_operators_and_may_be_required(self):
        server = self.configured("accounts.require_email=true")
        client = self.client(server, "alice")
        self.assertTrue(any("email-required" in word for word in client.offered()))
        for address in ("*", "alice", "@example.org", "alice@"):
            self.assertEqual(self.only(client.ask(f"REGISTER * {address} :correct horse"), "FAIL").params[:3],
                             ["REGISTER", "INVALID_EMAIL", "alice"])
        self.only(client.ask("REGISTER * alice@example.org :correct horse"), "REGISTER")
        self.assertIn("alice@example.org", "".join(m.line for m in client.ask("NS INFO")))
        bob = self.client(server, "bob")
        self.assertNotIn("alice@example.org", "".join(m.line for m in bob.ask("NS INFO alice")))

    def test_where_registration_is_off_it_is_not_offered(self):
        server = self.configured("accounts.registration=false")
        client = self.stranger(server)
        self.assertNotIn("account-registration", "".join(m.line for m in client.ask("CAP LS 302")))
        client.send("NICK alice")
        self.assertEqual(client.ask("REGISTER * * :" + PASSWORD)[0].params[1], "TEMPORARILY_UNAVAILABLE")


class NickServ(AccountCase):
    def test_people_register_and_identify_by_message(self):
        server = self.chat_server()
        client = self.client(server, "alice", "echo-message")
        told = client.ask("PRIVMSG NickServ :register longpassword")
        self.assertEqual(self.commands(told), ["NOTICE", "900"])
        self.assertEqual(told[0].params, ["alice", "Account created"])
        self.assertEqual(self.commands(client.ask("NS LOGOUT")), ["901", "NICK"])
        self.assertEqual(self.commands(client.ask("NS IDENTIFY alice wrong")), ["NOTICE"])
        self.assertEqual(self.commands(client.ask("NS IDENTIFY alice longpassword")), ["900", "NOTICE"])
        self.assertEqual(self.commands(client.ask("NICK alice")), ["NICK"])
        self.assertIn("made on 20", client.ask("NICKSERV info")[0].params[1])

    def test_a_changed_password_is_the_one_that_counts(self):
        server = self.chat_server()
        client = self.client(server, "alice")
        client.ask("NS REGISTER longpassword")
        client.ask("NS PASSWD wrongpassword otherpassword")
        client.ask("NS PASSWD longpassword otherpassword")
        self.assertEqual(self.commands(self.authenticate(self.begin(server), "alice", "longpassword")), ["904"])
        self.assertEqual(self.commands(self.authenticate(self.begin(server), "alice", "otherpassword")),
                         ["900", "903"])

    def test_an_account_ends_with_its_password_and_its_name_is_free(self):
        server = self.chat_server()
        alice = self.client(server, "alice")
        alice.ask("NS REGISTER correct-horse")
        alice.ask("JOIN #a")
        alice.ask("CS REGISTER #a")
        self.assertIn("That is not the password", str(alice.ask("NS DROP wrong-horse")))
        alice.send("NS DROP correct-horse")
        self.assertEqual(alice.wait_for("NOTICE").params[-1], "The account alice is no more")
        self.assertTrue(alice.rest().splitlines()[-1].startswith(b"ERROR :"))
        again = self.client(server, "alice")
        self.assertEqual(self.only(again.ask("CS INFO #a"), "NOTICE").params[-1], "There is no registered channel #a")
        self.assertIn("Account created", str(again.ask("NS REGISTER another-horse")))

    def test_a_certificate_belongs_to_one_account(self):
        server = self.chat_server()
        alice, bob = self.client(server, "alice"), self.client(server, "bob")
        alice.ask("NS REGISTER longpassword")
        bob.ask("NS REGISTER longpassword")
        fingerprint = "AB" * 32
        self.assertIn("was added", alice.ask(f"NS CERT ADD {fingerprint}")[0].params[1])
        self.assertEqual(alice.ask("NS CERT LIST")[0].params[1], fingerprint.lower())
        self.assertIn("already", bob.ask(f"NS CERT ADD {fingerprint}")[0].params[1])
        self.assertIn("was removed", alice.ask(f"NS CERT DEL {fingerprint}")[0].params[1])
        self.assertIn("was added", bob.ask(f"NS CERT ADD {fingerprint}")[0].params[1])

    def test_nobody_can_be_called_as_the_service_is(self):
        server = self.chat_server()
        self.assertEqual(self.stranger(server).ask("NICK nickserv")[0].command, "433")


class Nicks(AccountCase):
    def test_a_nick_belongs_to_its_account(self):
        server = self.chat_server()
        self.account(server, "alice")
        stranger = self.stranger(server)
        stranger.send("NICK alice")
        self.assertEqual(self.commands(stranger.ask("USER a 0 * :a")), ["433"])
        stranger.send("NICK bob")
        self.assertEqual(stranger.next().command, "001")
        stranger.sync()
        self.assertEqual(self.commands(stranger.ask("NICK Alice")), ["433"])
        person = self.person(server, b"carol")
        person.say(b"/nick alice\n")
        person.until(b"belongs to an account")
        self.caller(server, b"/nick alice\n").until(b"You are guest")
        self.assertEqual(self.member(server, "alice").welcome[0].params[0], "alice")

    def test_a_nick_can_be_reserved_by_nobody_where_that_is_off(self):
        server = self.configured("accounts.nick_reservation=false")
        self.account(server, "alice")
        self.client(server, "alice")

    def test_a_stranger_who_had_the_nick_can_be_put_out(self):
        server = self.configured("accounts.nick_reservation=false")
        self.account(server, "alice")
        stranger = self.client(server, "alice")
        alice = self.member(server, "alice", nick="alice2")
        self.assertEqual(self.commands(alice.ask("NS GHOST alice")), ["NOTICE"])
        self.assertIn(b"ERROR", stranger.rest())
        self.assertEqual(self.commands(alice.ask("NICK alice")), ["NICK"])


class Windows(AccountCase):
    def test_clients_of_one_account_are_one_person(self):
        server = self.chat_server()
        self.account(server, "alice")
        bob = self.client(server, "bob")
        bob.ask("JOIN #a")
        first = self.member(server, "alice")
        first.ask("JOIN #a")
        self.assertEqual(self.commands(bob.sync()), ["JOIN"])
        second = self.member(server, "alice", "extended-join")
        self.assertEqual(second.welcome[0].params[0], "alice")
        after = second.welcome[[m.command for m in second.welcome].index("422") + 1:]
        self.assertEqual(self.commands(after), ["JOIN", "353", "366"])
        self.assertEqual(after[0].params, ["#a", "alice", "alice"])
        self.assertEqual(bob.sync(), [])

        first.ask("PRIVMSG #a :one")
        second.send("PRIVMSG bob :two")
        self.assertEqual([m.params for m in second.sync()], [["#a", "one"]])
        self.assertEqual([m.params for m in first.sync()], [["bob", "two"]])
        self.assertEqual([m.params for m in bob.sync()], [["#a", "one"], ["bob", "two"]])
        bob.ask("PRIVMSG alice :three")
        self.assertEqual([m.params[1] for m in first.sync() + second.sync()], ["three", "three"])

        first.send("QUIT :off")
        first.rest()
        self.assertEqual(second.sync() + bob.sync(), [])
        second.send("QUIT :gone")
        second.rest()
        self.assertEqual(self.commands(bob.sync()), ["QUIT"])

    def test_one_who_has_not_logged_in_is_nobody_elses_window(self):
        server = self.chat_server()
        self.account(server, "alice")
        self.member(server, "alice")
        plain = self.stranger(server)
        self.assertEqual(plain.ask("NICK alice")[0].command, "433")
        negotiates = self.begin(server)
        self.assertEqual(negotiates.ask("NICK alice"), [])
        negotiates.send("USER a 0 * :a")
        self.assertEqual(self.commands(negotiates.ask("CAP END")), ["433"])
        negotiates.send("NICK bob")
        self.assertEqual(negotiates.next().command, "001")

    def test_the_nick_may_come_before_the_login(self):
        server = self.chat_server()
        self.account(server, "alice")
        self.member(server, "alice").ask("JOIN #a")
        second = self.stranger(server)
        for line in ("CAP LS 302", "NICK alice", "USER a 0 * :a", "CAP REQ :sasl", "AUTHENTICATE PLAIN",
                     "AUTHENTICATE " + encoded("", "alice", PASSWORD), "CAP END"):
            second.send(line)
        self.assertEqual(second.wait_for("001", "433").command, "001")
        self.assertEqual(second.wait_for("JOIN").params, ["#a"])

    def test_one_who_does_not_want_it_has_one_client_at_a_time(self):
        server = self.chat_server()
        self.account(server, "alice")
        first = self.member(server, "alice")
        first.ask("NS SET MULTICLIENT off")
        self.assertIn("433", self.commands(self.member(server, "alice").welcome))
        first.send("QUIT")
        first.rest()
        self.assertEqual(self.member(server, "alice").welcome[0].command, "001")

    def test_several_windows_do_not_become_somebody_else(self):
        server = self.chat_server()
        self.account(server, "alice")
        self.account(server, "bob")
        first, _ = self.member(server, "alice"), self.member(server, "alice")
        self.assertEqual(self.commands(self.authenticate(first, "bob")), ["904"])
        self.assertEqual(self.commands(first.ask("NS LOGOUT")), ["NOTICE"])


class AlwaysOn(AccountCase):
    def test_who_is_always_on_stays_and_finds_its_rooms(self):
        server = self.chat_server()
        self.account(server, "alice")
        alice = self.member(server, "alice")
        alice.ask("PRIVMSG NickServ :set always-on true")
        alice.ask("JOIN #a")
        bob = self.client(server, "bob", "away-notify")
        bob.ask("JOIN #a")
        alice.send("QUIT")
        alice.rest()
        self.assertEqual(self.commands(bob.sync()), ["AWAY"])
        self.assertEqual(self.only(bob.ask("NAMES #a"), "353").params[-1], "@alice bob")
        self.assertEqual(self.only(bob.ask("PRIVMSG alice :there?"), "301").params[-1], "not connected")
        alice = self.member(server, "alice")
        self.assertIn("JOIN", self.commands(alice.welcome))
        self.assertEqual([m.line.split(" ", 1)[1] for m in bob.sync()], ["AWAY"])
        alice.ask("NS SET ALWAYS-ON off")
        alice.send("QUIT")
        alice.rest()
        self.assertEqual(self.commands(bob.sync()), ["QUIT"])

    def test_where_it_is_off_nobody_stays(self):
        server = self.configured("accounts.always_on=off")
        self.account(server, "alice")
        alice = self.member(server, "alice")
        self.assertIn("Nobody", alice.ask("NS SET ALWAYS-ON on")[0].params[1])
        self.assertIn("You leave", alice.ask("NS SET ALWAYS-ON off")[0].params[1])

    def test_who_is_not_connected_leaves_when_the_configuration_turns_it_off(self):
        config = os.path.join(self.folder(), "chat.toml")

        def say(choice):
            with open(config, "w", encoding="ascii") as file:
                file.write(f"[accounts]\nalways_on = '{choice}'\n")

        say("opt-in")
        server = self.chat_server("--config", config)
        bob = self.client(server, "bob")
        bob.ask("JOIN #a")
        there = []
        for name in ("alice", "carol"):
            self.account(server, name)
            there.append(self.member(server, name))
            there[-1].ask("NS SET ALWAYS-ON on")
            there[-1].ask("JOIN #a")
        there[0].send("QUIT")
        there[0].rest()
        say("off")
        server.process.send_signal(signal.SIGHUP)
        gone = bob.wait_for("QUIT")
        self.assertEqual((gone.nick, gone.params), ("alice", ["is not always on any more"]))
        there[1].send("QUIT")
        there[1].rest()
        self.assertEqual(bob.wait_for("QUIT").nick, "carol")

    def test_who_is_called_otherwise_is_told_that_it_does_not_stay(self):
        server = self.chat_server()
        self.account(server, "alice")
        alice = self.member(server, "alice")
        alice.ask("NS SET ALWAYS-ON on")
        told = alice.ask("NICK lisa")
        self.assertEqual(self.commands(told), ["NICK", "NOTICE"])
        self.assertIn("not always on while your nick is lisa", told[1].params[-1])
        self.assertEqual(self.commands(alice.ask("NICK liz") + alice.ask("NICK alice")), ["NICK", "NICK"])

    def missing(self, server):
        """Alice, always on, has gone, and is spoken to."""
        self.account(server, "alice")
        alice = self.member(server, "alice")
        bob = self.client(server, "bob")
        for line in ("NS SET ALWAYS-ON on", "JOIN #team"):
            alice.ask(line)
        bob.ask("JOIN #team")
        bob.ask("PRIVMSG #team :before")
        alice.send("QUIT")
        alice.rest()
        bob.ask("PRIVMSG #team :the build is broken")
        bob.ask("PRIVMSG alice :call me")
        return bob

    def missed_by(self, client):
        return [m.params for m in client.welcome if m.command == "PRIVMSG"]

    def test_a_client_without_chathistory_is_shown_what_was_missed_once(self):
        server = self.chat_server()
        bob = self.missing(server)
        alice = self.member(server, "alice", "server-time")
        self.assertEqual(self.missed_by(alice), [["alice", "call me"], ["#team", "the build is broken"]])
        self.assertTrue(all("time" in m.tags for m in alice.welcome if m.command == "PRIVMSG"))
        self.assertEqual(self.missed_by(self.member(server, "alice")), [])
        for client in (alice,):
            client.send("QUIT")
            client.rest()
        bob.sync()
        self.assertEqual(self.missed_by(self.member(server, "alice")), [])

    def test_a_client_with_chathistory_asks_by_itself(self):
        server = self.chat_server()
        self.missing(server)
        alice = self.member(server, "alice", "draft/chathistory", "batch", "server-time", "message-tags")
        self.assertEqual(self.missed_by(alice), [])

    def test_what_was_missed_is_known_after_a_restart_and_bounded(self):
        folder = self.folder()
        start = lambda: self.chat_server("--rate", "0", "--set", f"store.folder={folder}")
        server = start()
        bob = self.missing(server)
        for n in range(60):
            bob.send(f"PRIVMSG #team :line {n}")
        bob.sync()
        server.process.send_signal(signal.SIGTERM)
        server.process.wait()
        missed = self.missed_by(self.member(start(), "alice"))
        self.assertEqual(missed, [["alice", "call me"]] + [["#team", f"line {n}"] for n in range(10, 60)])

    def test_a_plain_caller_is_shown_it_too(self):
        server = self.chat_server()
        self.missing(server)
        caller = self.caller(server, b"/login alice %s\n/nick alice\n" % PASSWORD.encode())
        told = caller.until(b"the build is broken\n")
        self.assertRegex(told, rb"-- missed from bob:\n\[..:..\] .*call me\n-- missed in #team:\n\[..:..\] ")
        self.assertNotIn(b"before", told.split(b"-- missed")[1])

    def test_modes_realname_and_away_last_over_a_restart(self):
        folder = self.folder()
        start = lambda: self.chat_server("--set", f"store.folder={folder}")
        server = start()
        self.account(server, "alice")
        alice = self.member(server, "alice")
        for line in ("NS SET ALWAYS-ON on", "MODE alice +RiT", "SETNAME :Alice L.", "AWAY :at the sea", "JOIN #a"):
            alice.ask(line)
        for _ in range(2):
            server.process.send_signal(signal.SIGTERM)
            server.process.wait()
            server = start()
        bob = self.client(server, "bob")
        self.assertIn("477", self.commands(bob.ask("PRIVMSG alice :hello")))
        told = {m.command: m for m in bob.ask("WHOIS alice")}
        self.assertEqual(told["311"].params[-1], "Alice L.")
        self.assertEqual(told["301"].params[-1], "at the sea")
        alice = self.member(server, "alice")
        self.assertEqual(self.only(alice.ask("MODE alice"), "221").params[-1], "+RTi")

    def test_one_address_does_not_fill_the_server_with_who_is_not_connected(self):
        folder = self.folder()
        start = lambda *more: self.chat_server("--set", f"store.folder={folder}", "--set", "limits.failed_logins=0", *more)
        server = start("--max-people", "44", "--set", "limits.exempt=")
        for i in range(12):
            self.account(server, f"a{i}")
            one = self.member(server, f"a{i}")
            one.ask("NS SET ALWAYS-ON on")
            one.send("QUIT")
            one.rest()
        watcher = self.client(server, "watcher")
        here = lambda by: self.only(by.ask("ISON " + " ".join(f"a{i}" for i in range(12))), "303").params[-1].split()
        self.assertEqual(here(watcher), [f"a{i}" for i in range(11)], "a quarter of all")
        # Who comes back and leaves takes its own place again.
        self.member(server, "a0").send("QUIT")
        watcher.sync()
        self.assertEqual(len(here(watcher)), 11)
        server.process.send_signal(signal.SIGTERM)
        server.process.wait()
        server = start("--max-people", "40", "--set", "limits.exempt=")
        self.assertEqual(len(here(self.client(server, "watcher"))), 10)


class Plain(AccountCase):
    def test_a_plain_caller_logs_in_and_takes_its_name(self):
        server = self.chat_server()
        self.account(server, "alice")
        caller = self.caller(server, b"/login alice wrong\n/login Alice %s\n/nick alice\n" % PASSWORD.encode())
        caller.until(b"-- that is no account, or not its password\n-- you are logged in as alice; ")
        caller.until(b"-- you are now alice\n")
        window = self.member(server, "alice")
        self.assertEqual(self.only(window.welcome, "JOIN").params, ["#lobby"])
        caller.say(b"hello\n")
        self.assertEqual(window.next().params, ["#lobby", "hello"])

    def test_a_plain_caller_is_one_more_client_of_who_is_there_already(self):
        server = self.chat_server()
        self.account(server, "alice")
        alice, bob = self.member(server, "alice"), self.client(server, "bob")
        for client in alice, bob:
            client.ask("JOIN #a")
        caller = self.caller(server, b"/login alice %s\n/nick alice\n" % PASSWORD.encode())
        caller.until(b"-- you are now alice, as your other clients are, and speak in #a\n")
        caller.say(b"by nc\n")
        for client in alice, bob:
            said = client.wait_for("PRIVMSG")
            self.assertEqual((said.nick, said.params), ("alice", ["#a", "by nc"]))
        bob.ask("PRIVMSG alice :to her")
        caller.until(b"to her")
        self.assertEqual(alice.wait_for("PRIVMSG").params, ["alice", "to her"])
        alice.ask("NS SET MULTICLIENT off")
        other = self.caller(server, b"/login alice %s\n/nick alice\n" % PASSWORD.encode())
        other.until(b"-- the name alice is taken")

    def test_the_password_may_come_in_a_line_of_its_own_that_nobody_hears(self):
        server = self.chat_server()
        self.account(server, "alice")
        heard = self.client(server, "bob")
        heard.ask("JOIN #lobby")
        for form in (b"/login alice\n%s\n", b" /login alice\n%s\n", b"/ login alice\n%s\n", b"/login\nalice %s\n",
                     b"/login\nalice\n%s\n", b"/login\xc2\xa0alice\n%s\n", b"/login alice\n\xe2\x80\x8b\n%s\n",
                     b"/login alice\n//wrong\n%s\n", b"/login alice\n/wrong\n/ wrong\n%s\n"):
            with self.subTest(form=form):
                caller = self.caller(server, form % PASSWORD.encode())
                caller.until(b"-- you are logged in as alice; ")
                caller.say(b"hello\n")
                self.assertEqual(heard.wait_for("PRIVMSG").params, ["#lobby", "hello"])
        # Another command instead of it, and what is said then is said.
        caller = self.caller(server, b"/login alice\n/who\nhello again\n")
        caller.until(b"-- now the password of alice")
        self.assertEqual(heard.wait_for("PRIVMSG").params, ["#lobby", "hello again"])

    def test_guessing_ends_it(self):
        server = self.chat_server()
        caller = self.caller(server, b"/login nobody x\n" * 5)
        self.assertIn(b"too many failed logins", caller.rest())


if __name__ == "__main__":
    unittest.main()
