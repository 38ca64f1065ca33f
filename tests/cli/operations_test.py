"""docs/operations.md: what it says to type is typed, on a server to which that has happened."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import unittest

from irc_accounts_test import AccountCase
from irc_case import IrcClient
from talk_case import LIMIT, PARLANCE

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs/operations.md"


def sections():
    """The blocks of commands under each heading."""
    found = {}
    for part in PAGE.read_text().split("\n## ")[1:]:
        heading, _, text = part.partition("\n")
        found[heading] = re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return found


@unittest.skipUnless(shutil.which("jq"), "the page's commands take jq")
class Operations(AccountCase):
    def setUp(self):
        self.here, self.there, self.tools = self.folder(), self.folder(), self.folder()
        os.symlink(PARLANCE, os.path.join(self.tools, "parlance"))
        with open(os.path.join(self.tools, "scp"), "w") as file:
            file.write(f'#!/bin/sh\ncp "$1" {self.there}/\n')
        os.chmod(os.path.join(self.tools, "scp"), 0o755)
        self.data = os.path.join(self.here, "parlance")
        self.server = self.chat_server("--grace", "0", "--rate", "0", "--data", self.data, "--set",
                                       "limits.connections=2000")

    def run_page(self, heading):
        """Its commands, and what they print."""
        printed = []
        for block in sections()[heading]:
            home = self.there if block.startswith("# on the new machine\n") else self.here
            more = {name: value for name, value in os.environ.items() if name != "STATE_DIRECTORY"}
            more |= {"XDG_DATA_HOME": home, "PATH": self.tools + ":" + os.environ["PATH"]}
            done = subprocess.run(["bash", "-euo", "pipefail", "-c", block], cwd=home, env=more, capture_output=True,
                                  timeout=5 * LIMIT)
            self.assertEqual((done.returncode, done.stderr), (0, b""), (block, done.stdout))
            printed.append(done.stdout.decode())
        return printed

    def exported(self):
        out = subprocess.run([PARLANCE, "export", "--data", self.data, "--private"], check=True, capture_output=True).stdout
        return [json.loads(line) for line in out.splitlines()]

    def test_a_wave_of_spam(self):
        alice = self.client(self.server, "alice")
        alice.ask("JOIN #lobby")
        wave = []
        for network in range(1, 51):
            for host in range(1, 11):
                spammer = self.stranger_from(f"127.1.{network}.{host}")
                spammer.send(f"NICK s{network}x{host}")
                spammer.send("USER s 0 * :s")
                wave.append(spammer)
        for spammer in wave:
            spammer.wait_for("376", "422")
        wave[0].ask("JOIN #spam")
        wave[0].ask("PRIVMSG #spam :buy this")
        locked, filtered, bans, purged = self.run_page("A wave of spam")
        self.assertEqual(filtered.count(r"filter 1 ban *r 86400s coins\s+at\s+example\.net"), 2)
        self.assertIn("nobody comes in without an account until 20", locked)
        self.assertIn("10 127.1.", locked)
        self.assertRegex(bans, r"50 bans")
        self.assertIn("the lock-down is lifted", bans)
        self.assertIn("#spam is ended", purged)
        for spammer in wave:
            self.assertIn(b"spam", spammer.rest())
        self.assertEqual(self.commands(alice.ask("PING x")), ["PONG"])
        bob = self.stranger_from("127.2.0.1")
        for line in "NICK bob", "USER b 0 * :b", "PRIVMSG alice :coins at example.net":
            bob.send(line)
        self.assertIn(b"[Filtered: spam]", bob.rest())
        self.assertNotIn("buy this", [e["text"] for e in self.exported()])

    def stranger_from(self, source):
        client = IrcClient(self.server.port, source)
        self.addCleanup(client.close)
        return client

    def test_a_leaked_password(self):
        self.account(self.server, "alice")
        alice, thief = self.member(self.server, "alice"), self.member(self.server, "alice")
        suspended, renewed = self.run_page("A leaked password")
        self.assertIn("The account is suspended until 20", suspended)
        self.assertIn("account make alice", suspended)
        for client in alice, thief:
            self.assertIn(b"the password was published", client.rest())
        password = re.search(r"alice has another password; its password is (\S+)", renewed).group(1)
        self.assertEqual(self.commands(self.authenticate(self.begin(self.server), "alice")), ["904"])
        self.member(self.server, "alice", password=password)

    def test_a_person_who_asks_for_everything_and_to_be_forgotten(self):
        self.account(self.server, "alice")
        alice, bob = self.member(self.server, "alice"), self.client(self.server, "bob")
        for client in alice, bob:
            client.ask("JOIN #dev")
        alice.ask("PRIVMSG #dev :hers")
        alice.ask("PRIVMSG bob :psst")
        bob.ask("PRIVMSG #dev :his")
        self.run_page("A person who asks for everything, and to be forgotten")
        with open(os.path.join(self.here, "alice.jsonl")) as file:
            self.assertEqual([e["text"] for e in map(json.loads, file) if e.get("kind") == "message"], ["hers", "psst"])
        self.assertEqual([e["text"] for e in self.exported() if e["kind"] == "message"], ["his"])
        self.assertNotIn("alice", {e["account"] for e in self.exported()})
        self.assertEqual(self.commands(self.authenticate(self.begin(self.server), "alice")), ["904"])

    def test_a_room_that_changes_hands(self):
        for name in "alice", "bob":
            self.account(self.server, name)
        alice = self.member(self.server, "alice")
        for line in "JOIN #dev", "CS REGISTER #dev":
            alice.ask(line)
        told, = self.run_page("A room that changes hands")
        self.assertIn("#dev belongs to bob", told)
        self.assertIn("registered to bob", told)
        bob = self.member(self.server, "bob")
        bob.ask("JOIN #dev")
        self.assertIn("~bob", " ".join(m.params[-1] for m in bob.ask("NAMES #dev")))

    def test_a_chat_that_moves_to_another_machine(self):
        self.account(self.server, "alice")
        alice = self.member(self.server, "alice")
        alice.ask("JOIN #dev")
        alice.ask("PRIVMSG #dev :the last that was said")
        told = self.run_page("A chat that moves to another machine")
        self.assertIn("the last that was said", told[-1])
        self.server.process.send_signal(signal.SIGTERM)
        self.server.process.wait(LIMIT)
        self.server = self.chat_server("--data", os.path.join(self.there, "parlance"))
        self.member(self.server, "alice")

    def test_each_section_is_one(self):
        tests = {name.removeprefix("test_") for name in dir(self) if name.startswith("test_")}
        for heading in sections():
            self.assertIn(re.sub(r"\W+", "_", heading.lower()), tests)


if __name__ == "__main__":
    unittest.main()
