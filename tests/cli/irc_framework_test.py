"""irc-framework, the library of The Lounge and Kiwi IRC, in the chat: as in a browser, and over TLS."""

import fcntl
import filecmp
import json
import os
import re
import shutil
import signal
import subprocess
import unittest

from irc_case import IrcCase
from talk_case import LIMIT

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "irc_framework")
# Beside the builds, so that each of them finds it there, also where nothing can be installed later.
MODULES = os.path.join(HERE, "..", "..", "..", "build", "irc_framework")
# What npm calls it ("npm error code ...") when the registry, or what stands before it, cannot be asked or does not answer as a
# registry does. What is wrong with the lock file, or with what came, has other names (EUSAGE, EINTEGRITY, E404), and is a failure.
OUT_OF_REACH = re.compile(r"""
    E4(01|03|07|08|25|29) | E5\d\d
    | EAI_\w+ | ECONN\w+ | ENET\w+ | EHOST\w+ | ENOTFOUND | EADDRNOTAVAIL | EPIPE | EPROTO | \w*TIMED?OUT
    | ENOTCACHED | FETCH_ERROR | EINVALIDRESPONSE | ERR_STREAM_PREMATURE_CLOSE | ERR_SSL_\w+ | ERR_TLS_\w+ | \w*CERT\w* | \w+_SIGNATURE
    """, re.VERBOSE)
PATIENCE = 100  # seconds for all of it


def npm_ci():
    """Its exit code and what it said; or None, and what it said, if it took too long."""
    # npm wants a home folder, and keeps what it fetched there; not everybody has one.
    home = os.path.expanduser("~")
    if not os.path.isdir(home):
        home = MODULES
    kept = os.path.join(home, ".npm")
    own = [] if os.access(kept if os.path.exists(kept) else home, os.W_OK) else ["--cache", os.path.join(MODULES, "npm")]
    npm = subprocess.Popen(
        ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error",
         "--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=20000", *own],
        cwd=MODULES, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        errors="replace", start_new_session=True, env={**os.environ, "HOME": home})
    try:
        said = npm.communicate(timeout=PATIENCE)[0]
        return npm.returncode, said
    except subprocess.TimeoutExpired:
        os.killpg(npm.pid, signal.SIGKILL)
        return None, npm.communicate()[0]


def out_of_reach(code, said):
    """Why npm could not ask its registry; None if something else is wrong."""
    if code is None:
        return f"npm took more than {PATIENCE} s"
    named = re.search(r"^npm (?:ERR!|error) code (\S+)", said, re.MULTILINE)
    if named:
        return named[1] if OUT_OF_REACH.fullmatch(named[1]) else None
    # A fault of npm's own, in which connections that fail under it may end, without a code.
    return "npm gave up" if "Exit handler never called" in said else None


def install():
    """Has npm put what package-lock.json names into build/, unless that is there."""
    os.makedirs(MODULES, exist_ok=True)
    with open(os.path.join(MODULES, ".lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted, stamp = os.path.join(HERE, "package-lock.json"), os.path.join(MODULES, "installed")
        if os.path.exists(stamp) and filecmp.cmp(wanted, stamp, shallow=False):
            return
        for name in ("package.json", "package-lock.json"):
            shutil.copy(os.path.join(HERE, name), MODULES)
        code, said = npm_ci()
        if code != 0:
            if why := out_of_reach(code, said):
                raise unittest.SkipTest(f"irc-framework is not installed, and npm's registry is out of reach: {why}")
            raise AssertionError(f"npm ci failed:\n{said}")
        shutil.copy(wanted, stamp)


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
        if not shutil.which("node") or not shutil.which("npm"):
            raise AssertionError("node and npm are missing: ./test installs them, by scripts/packages/test.txt")
        install()

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

    def test_a_wrong_password_is_told(self):
        server = self.with_account()
        alice = FrameworkClient(self, server, "alice", websocket=True, account={"account": "alice", "password": "x"})
        self.assertEqual(alice.wait_for("sasl failed")["reason"], "fail")
