"""irc-framework, the library of The Lounge and Kiwi IRC, in the chat: as in a browser, and over TLS."""

import json
import os
import unittest

import npm
from irc_case import IrcCase
from talk_case import LIMIT

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "irc_framework")
# Beside the builds, so that each of them finds it there, also where nothing can be installed later.
MODULES = os.path.join(HERE, "..", "..", "..", "build", "irc_framework")


class FrameworkClient:
    """It, in a process of its own."""

    def __init__(self, case, server, nick, **options):
        options = {"host": "127.0.0.1", "port": server.port, "nick": nick, "username": nick, "caps": [], **options}
        self.program = case.start("node", os.path.join(HERE, "join.js"), json.dumps(options),
                                  env={**os.environ, "NODE_PATH": os.path.join(MODULES, "node_modules"),
                                       "NODE_NO_WARNINGS": "1", "NODE_TLS_REJECT_UNAUTHORIZED": "0"})

    def do(self, method, *arguments):
        self.program.write(json.dumps([method, *arguments]).encode() + b"\n")

    def wait_for(self, *names, **like):
        """The next event of one of these names that has these values; what came before is dropped."""
        seen = []
        for line in self.program.process.stdout:
            name, event = json.loads(line)
            if name in names and all((event or {}).get(key) == value for key, value in like.items()):
                return event
            seen.append(line)
        raise AssertionError(f"ended without {names} {like}: {seen} {self.program.rest_of_stderr()}")


class Framework(IrcCase):
    @classmethod
    def setUpClass(cls):
        npm.install("irc-framework", HERE, MODULES)

    def with_account(self):
        server = self.chat_server()
        server.write(b"/account alice create correct horse\n")
        self.hear_on_stdout(server, b"alice now")
        return server

    def join(self, server, **options):
        alice = FrameworkClient(self, server, "alice", account={"account": "alice", "password": "correct horse"},
                                enable_echomessage=True, **options)
        self.assertEqual(alice.wait_for("loggedin")["account"], "alice")
        self.assertEqual(alice.wait_for("registered")["nick"], "alice")
        return alice

    def talk(self, server, alice):
        """With somebody at nc; and then reads what both have said."""
        nc = self.start("nc", "127.0.0.1", str(server.port))
        nc.write(b"/nick bob\n")
        alice.do("join", "#lobby")
        alice.wait_for("join", channel="#lobby", nick="alice")
        people = {user["nick"] for user in alice.wait_for("userlist", channel="#lobby")["users"]}
        self.assertLessEqual({"alice", "operator"}, people)
        if "bob" not in people:
            alice.wait_for("join", nick="bob")
        nc.write("does it work? \N{SNOWMAN}\n".encode())
        heard = alice.wait_for("message", nick="bob")
        self.assertEqual((heard["target"], heard["message"]), ("#lobby", "does it work? \N{SNOWMAN}"))
        alice.do("say", "#lobby", "it does")
        echo = alice.wait_for("message", nick="alice")
        self.assertEqual((echo["message"], echo["account"]), ("it does", "alice"))
        while nc.process.stdout.readline() != b"alice: it does\n":
            pass
        alice.do("say", "bob", "between us")
        while nc.process.stdout.readline() != b"alice -> bob: between us\n":
            pass
        nc.write(b"/to alice yes\n")
        self.assertEqual(alice.wait_for("message", nick="bob")["target"], "alice")

        alice.do("raw", "CHATHISTORY LATEST #lobby * 2")
        batch = alice.wait_for("batch start chathistory")
        self.assertEqual(batch["params"], ["#lobby"])
        read = [alice.wait_for("message") for _ in range(2)]
        self.assertEqual([(m["nick"], m["message"]) for m in read],
                         [("bob", "does it work? \N{SNOWMAN}"), ("alice", "it does")])
        self.assertEqual([(m["tags"]["msgid"], m["time"]) for m in read],
                         [(m["tags"]["msgid"], m["time"]) for m in (heard, echo)])
        self.assertEqual(read[0]["batch"]["type"], "chathistory")
        alice.do("raw", "CHATHISTORY LATEST bob * 5")
        self.assertEqual([alice.wait_for("message")["message"] for _ in range(2)], ["between us", "yes"])

    def test_joins_by_websocket_with_sasl_talks_with_nc_and_reads_history(self):
        server = self.with_account()
        alice = self.join(server, websocket=True, caps=["draft/chathistory"])
        self.talk(server, alice)
        alice.do("quit", "bye")
        alice.wait_for("close")

    def test_joins_by_websocket_over_tls(self):
        server = self.with_account()
        self.talk(server, self.join(server, websocket=True, tls=True, caps=["draft/chathistory"]))

    def test_joins_over_tls(self):
        server = self.with_account()
        self.talk(server, self.join(server, tls=True, rejectUnauthorized=False, caps=["draft/chathistory"]))

    def test_understands_what_it_asks_about(self):
        server = self.chat_server()
        bob = self.client(server, "bob")
        bob.ask("JOIN #dev")
        bob.ask("TOPIC #dev :be kind")
        alice = FrameworkClient(self, server, "alice", websocket=True)
        alice.wait_for("registered")
        options = alice.wait_for("server options")["options"]
        self.assertEqual(options["CHANTYPES"], ["#"])
        self.assertIn({"symbol": "@", "mode": "o"}, options["PREFIX"])
        alice.do("join", "#dev")
        self.assertEqual(alice.wait_for("topic")["topic"], "be kind")
        users = alice.wait_for("userlist")["users"]
        self.assertIn(("bob", ["o"]), [(user["nick"], user["modes"]) for user in users])
        alice.do("whois", "bob")
        self.assertEqual(alice.wait_for("whois")["channels"], "@#dev")
        bob.ask("MODE #dev +v alice")
        self.assertEqual(alice.wait_for("mode", target="#dev")["modes"], [{"mode": "+v", "param": "alice"}])
        bob.ask("MODE #dev +b *!*@eve.example")
        alice.do("banlist", "#dev")
        self.assertEqual([ban["banned"] for ban in alice.wait_for("banlist")["bans"]], ["*!*@eve.example"])
        bob.ask("NICK robert")
        self.assertEqual(alice.wait_for("nick")["new_nick"], "robert")
        bob.ask("KICK #dev alice :out")
        kicked = alice.wait_for("kick")
        self.assertEqual((kicked["kicked"], kicked["nick"], kicked["message"]), ("alice", "robert", "out"))

    def test_finds_what_was_said(self):
        server = self.chat_server("--rate", "0", "--set", f"store.folder={self.folder()}")
        bob = self.client(server, "bob")
        bob.ask("JOIN #dev")
        for text in ("we deploy tonight", "nothing of that", "deploy, says Zo\u00eb"):
            bob.ask(f"PRIVMSG #dev :{text}")
        alice = FrameworkClient(self, server, "alice", caps=["soju.im/search"])
        alice.wait_for("registered")
        alice.do("join", "#dev")
        alice.wait_for("userlist", channel="#dev")
        # The server may have only just begun with its index.
        bob.ask("CAP REQ soju.im/search")
        for _ in range(LIMIT * 10):
            if not any(m.command == "FAIL" for m in bob.ask("SEARCH limit=1")):
                break
        alice.do("raw", "SEARCH text=deploy;in=#dev")
        alice.wait_for("batch start soju.im/search")
        found = [alice.wait_for("message") for _ in range(2)]
        self.assertEqual([(m["nick"], m["target"], m["message"]) for m in found],
                         [("bob", "#dev", "we deploy tonight"), ("bob", "#dev", "deploy, says Zo\u00eb")])
        self.assertEqual(found[0]["batch"]["type"], "soju.im/search")
        self.assertTrue(all(m["time"] and m["tags"]["msgid"] for m in found))

    def test_a_wrong_password_is_told(self):
        server = self.with_account()
        alice = FrameworkClient(self, server, "alice", websocket=True, account={"account": "alice", "password": "x"})
        self.assertEqual(alice.wait_for("sasl failed")["reason"], "fail")
