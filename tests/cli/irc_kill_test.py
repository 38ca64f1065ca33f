"""The server killed under load, at any moment: what anybody has received is in the history, once, in order."""

import random
import shutil
import signal
import tempfile
import threading
import time
import unittest

from irc_case import IrcCase, IrcClient, Message

KILLS = 50


class Witness(threading.Thread):
    """Publishes as fast as it is echoed, and remembers everything that it is told."""

    def __init__(self, client, nick):
        super().__init__(daemon=True)
        self.client, self.nick, self.heard = client, nick, []

    def run(self):
        try:
            number = 0
            while True:
                self.client.say(b"".join(b"PRIVMSG #a :%s %d\r\n" % (self.nick.encode(), number + n) for n in range(5)))
                number += 5
                while not self.heard or not self.heard[-1][1].startswith(f"{self.nick} {number - 1}"):
                    self.take()
        except (OSError, AssertionError):
            pass  # the server is gone; what has come until then counts

    def take(self):
        message = Message(self.client.until(b"\r\n")[:-2].decode())
        if message.command == "PRIVMSG":
            self.heard.append((message.tags["msgid"], message.params[-1]))


class Kill(IrcCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def begin(self):
        return self.chat_server("--set", f"store.folder={self.folder}", "--rate", "0")

    def history(self, server, first):
        """Everything in the room's history after `first`."""
        reader = self.client(server, "reader", "batch", "message-tags", "draft/chathistory")
        reader.send("JOIN #a")
        reader.wait_for("366")
        kept, at = [], first
        while True:
            answer = [m for m in reader.ask(f"CHATHISTORY AFTER #a {at} 1000") if m.command == "PRIVMSG"]
            if not answer:
                return kept
            kept += [(m.tags["msgid"], m.params[-1]) for m in answer]
            at = f"msgid={kept[-1][0]}"

    def test_what_was_received_is_kept(self):
        chance = random.Random(1)
        last = "timestamp=2000-01-01T00:00:00.000Z"
        for kill in range(KILLS):
            server = self.begin()
            witnesses = []
            for nick in ("ann", "ben", "cat"):
                client = IrcClient(server.port)
                self.addCleanup(client.close)
                client.connect(nick, "message-tags", "echo-message")
                client.ask("JOIN #a")
                witnesses.append(Witness(client, nick))
            for witness in witnesses:
                witness.start()
            time.sleep(chance.random() / 5)
            server.process.send_signal(signal.SIGKILL)
            server.process.wait()
            for witness in witnesses:
                witness.join()
                witness.client.close()
            after = self.begin()
            kept = self.history(after, last)
            after.process.send_signal(signal.SIGKILL)
            after.process.wait()
            order = [msgid for msgid, _ in kept]
            self.assertEqual(order, sorted(set(order)), f"kill {kill}")
            there = dict(kept)
            for witness in witnesses:
                heard = [msgid for msgid, _ in witness.heard]
                self.assertEqual(heard, sorted(set(heard)), f"kill {kill}, {witness.nick}")
                for msgid, text in witness.heard:
                    self.assertEqual(there.get(msgid), text, f"kill {kill}, {witness.nick}")
            last = f"msgid={order[-1]}" if order else last


if __name__ == "__main__":
    unittest.main()
