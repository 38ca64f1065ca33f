"""`parlance chat` on a terminal, with IRC servers that we did not write."""

import os
import shutil
import signal
import subprocess
import unittest

from chat_case import Terminal
from irc_peers_case import IrcPeersCase
from talk_case import LIMIT, PARLANCE, free_port


class Elsewhere(IrcPeersCase):
    def come_in(self, port):
        return Terminal(self, "env", f"XDG_CONFIG_HOME={self.folder()}", f"XDG_DATA_HOME={self.folder()}", PARLANCE, "chat",
                        "-n", "ann", "-j", "#a", f"irc://127.0.0.1:{port}", width=110, height=26)

    def talk(self, name):
        port = free_port()
        server = self.begin(name, port)
        ann = self.come_in(port)
        ann.until("│ #a ")
        ann.until("connected")
        bob = self.client(port, "bob")
        bob.send("JOIN #a")
        ann.until("bob.* came in")
        bob.send("PRIVMSG #a :hello Ann")
        ann.until("bob  hello Ann")
        ann.type("hello bob")
        ann.press("Enter")
        self.assertEqual(bob.wait_for("PRIVMSG").params, ["#a", "hello bob"])
        ann.until("ann  hello bob")
        ann.type("/topic plans")
        ann.press("Enter")
        ann.until("│ #a +plans")
        bob.send("PRIVMSG ann :you alone")
        ann.until(r"^ bob +@1│")
        ann.type("half typed")
        server.send_signal(signal.SIGKILL)
        server.wait(LIMIT)
        ann.until("no connection|connecting again")
        self.begin(name, port)
        ann.until("connected")
        bob = self.client(port, "bob")
        bob.send("JOIN #a")
        ann.until("ann> half typed")
        ann.press("Enter")
        self.assertEqual(bob.wait_for("PRIVMSG").params, ["#a", "half typed"])

    def test_ngircd(self):
        self.talk("ngircd")

    def test_inspircd(self):
        self.talk("inspircd")

    def test_a_password_that_ngircd_wants_is_asked_for(self):
        port = free_port()
        program = shutil.which("ngircd", path=os.environ["PATH"] + ":/usr/sbin")
        if not program:
            self.skipTest("ngircd is not installed")
        folder = self.folder()
        os.chmod(folder, 0o755)
        config = os.path.join(folder, "ngircd.conf")
        with open(config, "w") as file:
            file.write(f"[Global]\nName = irc.here\nInfo = here\nListen = 127.0.0.1\nPorts = {port}\nPassword = open sesame\n"
                       "MotdPhrase = hello\n[Options]\nPAM = no\nDNS = no\nIdent = no\n")
        server = subprocess.Popen([program, "-n", "-f", config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(self.end, server)
        ann = self.come_in(port)
        ann.until("Password of ")
        ann.type("open sesame")
        ann.press("Enter")
        ann.until("│ #a ")
        self.assertNotIn("sesame", ann.screen())


if __name__ == "__main__":
    unittest.main()
