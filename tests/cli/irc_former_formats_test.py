"""A history that an older version of the program has kept goes on: former/format_N.sql is what one was killed with.

In it, alice (~o) and bob (+v) and a guest sit in #board (+k key), #open is open, and #mine is alice's.
"""

import os
import signal
import sqlite3
import unittest
from pathlib import Path

from irc_accounts_test import AccountCase
from irc_closed_rooms_test import HISTORY


class Format3(AccountCase):
    def setUp(self):
        self.data = self.folder() + "/data"
        os.mkdir(self.data)
        with sqlite3.connect(self.data + "/chat.db") as db:
            db.execute("PRAGMA journal_mode = WAL")
            db.executescript((Path(__file__).parent / "former/format_3.sql").read_text())
        db.close()
        self.begin_server()

    def begin_server(self):
        self.server = self.chat_server("--rate", "0", "--data", self.data)

    def killed(self):
        os.kill(self.server.process.pid, signal.SIGKILL)
        self.server.finish()
        self.begin_server()

    def said(self, client, where):
        return [m.params[-1] for m in client.ask(f"CHATHISTORY LATEST {where} * 50") if m.command == "PRIVMSG"]

    def test_its_rooms_talks_and_accounts_are_there(self):
        alice = self.member(self.server, "alice", *HISTORY)
        alice.ask("JOIN #open,#board,#mine")
        self.assertEqual(self.said(alice, "#open"), ["said in the open"])
        self.assertEqual(self.said(alice, "#board"), ["before it was closed", "among us"])
        self.assertEqual(self.said(alice, "#mine"), ["at home"])
        self.assertEqual(self.said(alice, "bob"), ["in private"])
        self.assertIn("~alice", str(alice.ask("NAMES #mine")))

    def test_a_closed_room_goes_on_waiting_for_those_who_were_in_it(self):
        for _ in range(2):
            eve = self.client(self.server, "eve")
            self.assertIn("475", self.commands(eve.ask("JOIN #board")))
            bob = self.member(self.server, "bob")
            self.assertIn("+bob", str(bob.ask("JOIN #board")))
            self.killed()
        alice = self.member(self.server, "alice")
        self.assertIn("@alice", str(alice.ask("JOIN #board")))
        with sqlite3.connect(self.data + "/chat.db") as db:
            self.assertEqual(db.execute("PRAGMA user_version").fetchone(), (5,))
            self.assertNotIn("people", db.execute("SELECT value FROM documents WHERE key = '#board'").fetchone()[0])


if __name__ == "__main__":
    unittest.main()
