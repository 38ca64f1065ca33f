"""All that is kept of one person: exported for who asks for it, and then forgotten."""

import json
import os
import stat
import unittest

from backup_test import BackupCase
from irc_accounts_test import PASSWORD


class AccountExport(BackupCase):
    def setUp(self):
        super().setUp()
        self.server = self.serve_chat(self.data)
        self.account(self.server, "alice")
        self.alice = self.member(self.server, "alice")
        self.bob = self.client(self.server, "bob")
        for line in ("JOIN #dev", "CS REGISTER #dev", "PRIVMSG #dev :hers", "PRIVMSG bob :psst", "TOPIC #dev :ships", "MODE #dev +b *!*@evil.example",
                     "CS PIN #dev ADD hers", "METADATA * SET url :x",
                     "NS DEVICES ADD desk"):
            told = self.alice.ask(line)
        self.token = [m.params[-1] for m in told if "token" in m.params[-1]][0].split()[-1]
        self.bob.ask("JOIN #dev")
        self.bob.ask("PRIVMSG #dev :his")
        self.bob.ask("PRIVMSG alice :secret answer")

    def order(self, line, answer):
        self.server.write(line.encode() + b"\n")
        return self.hear_on_stdout(self.server, answer.encode()).decode()

    def check(self, lines):
        records = {}
        for one in lines:
            if "record" in one:
                records.setdefault(one["record"], []).append(one)
        self.assertEqual(records["account"][0]["name"], "alice")
        self.assertEqual(records["device"][0]["name"], "desk")
        self.assertEqual((records["room"][0]["name"], records["room"][0]["is_founder"]), ("#dev", True))
        self.assertEqual((records["room"][0]["topic"]["text"], records["room"][0]["bans"][0]["mask"]), ("ships", "*!*@evil.example"))
        self.assertEqual(len(records["pins"][0]["value"]), 1)
        self.assertTrue({"audit", "joined", "metadata", "talk"} <= set(records), records)
        self.assertEqual([e["text"] for e in lines if e.get("kind") == "message"], ["hers", "psst", "secret answer"])
        whole = json.dumps(lines)
        for secret in self.token, self.token.split(".")[1], "$argon2", "scram", "SCRAM", PASSWORD:
            self.assertNotIn(secret, whole)

    def test_all_that_is_kept_of_an_account_while_the_server_runs(self):
        self.check(self.exported("--data", self.data, "--account", "ALICE"))
        code, out, error = self.run_verb("export", "--data", self.data, "--account", "nobody")
        self.assertEqual((code, out, error), (1, "", "parlance export: there is no account nobody\n"))
        self.done_well("backup", "--data", self.data, self.file)
        self.check(self.exported("--backup", self.file, "--account", "alice"))

    def test_the_console_writes_it_into_a_file_of_its_own(self):
        line = self.order("/account alice export", "-- all that is kept of alice is in ")
        path = line.split(" is in ", 1)[1].strip()
        self.assertEqual(os.path.dirname(path), self.data)
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        with open(path) as file:
            self.check([json.loads(one) for one in file])
        self.order("/account nobody export", "-- there is no account nobody")

    def test_what_somebody_has_said_is_forgotten_wherever_it_is_kept(self):
        self.alice.ask("PRIVMSG #dev :a word that nobody else says")
        found = self.bob.ask("CAP REQ :soju.im/search batch message-tags")
        self.assertIn("ACK", self.only(found, "CAP").params)

        def texts(client, asked):
            return [m.params[-1] for m in client.ask(asked) if m.command == "PRIVMSG"]

        self.assertEqual(texts(self.bob, "SEARCH text=nobody;in=#dev"), ["a word that nobody else says"])
        self.order("/account alice forget", "-- what was said is forgotten: ")
        self.assertEqual(texts(self.bob, "SEARCH text=nobody;in=#dev"), [])
        said = [e for e in self.exported("--data", self.data, "--private") if e["kind"] == "message"]
        self.assertEqual([e["text"] for e in said], ["his", "secret answer"])
        self.order("/audit what:account", "operator from console: account forget alice")
        again = self.alice.ask("PRIVMSG #dev :she is still there")
        self.assertEqual(again, [])

    def test_one_forgets_oneself_by_a_code_from_irc_and_from_plain_callers(self):
        told = [m.params[-1] for m in self.alice.ask("HS FORGET")]
        line = told[-1].split("say: ", 1)[1]
        self.assertRegex(line, "^FORGET alice [0-9a-f]{8}$")
        self.alice.send("HISTSERV " + line)
        while "forgotten: " not in self.alice.wait_for("NOTICE").params[-1]:
            pass
        plain = self.person(self.server, b"pat")
        plain.say(b"/join dev\n")
        plain.until(b"you are in #dev")
        plain.say(b"what pat says\n/forget\n")
        code = plain.until(b"say: /forget ") and plain.until(b"\n").strip()
        plain.say(b"/forget " + code + b"\n")
        plain.until(b"is forgotten: ")
        said = [e["text"] for e in self.exported("--data", self.data) if e["kind"] == "message"]
        self.assertEqual(said, ["his"])


if __name__ == "__main__":
    unittest.main()
