"""Clients that we did not write, each of which joins and talks with somebody at nc."""

import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
import unittest

from chat_case import Terminal
from irc_case import IrcCase, IrcClient
from talk_case import LIMIT

PASSWORD = "correct horse battery"


class Clients(IrcCase):
    def setUp(self):
        self.home = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.home, ignore_errors=True)
        self.server = self.chat_server()
        self.bob = self.person(self.server, b"bob")

    def need(self, program):
        if not shutil.which(program):
            self.skipTest(f"{program} is not installed")

    def test_irssi_joins_over_tls_with_sasl(self):
        self.need("irssi")
        self.account(self.server, "ira", PASSWORD)
        config = os.path.join(self.home, "config")
        with open(config, "w") as file:
            file.write('''
                servers = ( { address = "127.0.0.1"; chatnet = "here"; port = "%d"; use_tls = "yes"; tls_verify = "no"; autoconnect = "yes"; } );
                chatnets = { here = { type = "IRC"; nick = "ira"; sasl_mechanism = "PLAIN"; sasl_username = "ira"; sasl_password = "%s"; }; };
                channels = ( { name = "#lobby"; chatnet = "here"; autojoin = "yes"; } );
                settings = { core = { real_name = "Ira"; user_name = "ira"; nick = "ira"; server_reconnect_time = "2s"; }; };
            ''' % (self.server.port, PASSWORD))
        screen = Terminal(self, "irssi", "--home", self.home, "--config", config, width=100)
        self.bob.until(b"-- ira has joined #lobby\n")
        self.show_room(screen)
        screen.type("hello from irssi")
        screen.press("Enter")
        self.bob.until(b"ira: hello from irssi\n")
        self.bob.say(b"hello ira\n")
        screen.until(r"bob> hello ira")

    def show_room(self, screen):
        """Its window is there only some time after it has joined."""
        limit = time.monotonic() + LIMIT
        while "[#lobby]" not in screen.screen():
            self.assertLess(time.monotonic(), limit, screen.screen())
            screen.type("/window goto #lobby")
            screen.press("Enter")
            time.sleep(0.3)

    def test_weechat_joins_over_tls_with_sasl(self):
        self.need("weechat-headless")
        self.account(self.server, "wendy", PASSWORD)
        commands = [
            "/server add here 127.0.0.1/%d -tls" % self.server.port,
            "/set irc.server.here.tls_verify off",
            "/set irc.server.here.ssl on",
            "/set irc.server.here.ssl_verify off",
            "/set irc.server.here.nicks wendy",
            "/set irc.server.here.sasl_mechanism scram-sha-256",
            "/set irc.server.here.sasl_username wendy",
            "/set irc.server.here.sasl_password " + PASSWORD,
            "/set irc.server.here.autojoin #lobby",
            "/connect here",
        ]
        # It says so several times, for nobody can see here when it is ready to.
        commands += [f"/wait {seconds}s /msg -server here #lobby hello from weechat" for seconds in (2, 5, 10, 20, 40)]
        arguments = [part for command in commands for part in ("-r", command)]
        self.start("weechat-headless", "--dir", self.home, *arguments)
        self.bob.until(b"-- wendy has joined #lobby\n")
        self.bob.until(b"wendy: hello from weechat\n")

    def test_ii_which_knows_only_rfc_1459(self):
        self.need("ii")
        self.start("ii", "-i", self.home, "-s", "127.0.0.1", "-p", str(self.server.port), "-n", "ivy")
        folder = os.path.join(self.home, "127.0.0.1")
        self.wait_for(os.path.join(folder, "in"))
        self.write(os.path.join(folder, "in"), "/j #lobby")
        self.bob.until(b"-- ivy has joined #lobby\n")
        room = os.path.join(folder, "#lobby")
        self.wait_for(os.path.join(room, "in"))
        self.write(os.path.join(room, "in"), "hello from ii")
        self.bob.until(b"ivy: hello from ii\n")
        self.bob.say(b"hello ivy\n")
        limit = time.monotonic() + LIMIT
        while time.monotonic() < limit:
            with open(os.path.join(room, "out")) as out:
                if "<bob> hello ivy" in out.read():
                    return
            time.sleep(0.02)
        self.fail("ii was not told")

    def test_catgirl_joins_over_tls_with_sasl(self):
        self.need("catgirl")
        self.account(self.server, "cat", PASSWORD)
        certificate = os.path.join(self.home, "certificate.pem")
        with open(certificate, "w") as file:
            file.write(ssl.get_server_certificate(("127.0.0.1", self.server.port)))
        screen = Terminal(self, "env", f"HOME={self.home}", "catgirl", "-t", certificate, "-h", "127.0.0.1",
                          "-p", str(self.server.port), "-n", "cat", "-a", f"cat:{PASSWORD}", "-j", "#lobby", width=100)
        self.bob.until(b"-- cat has joined #lobby\n")
        screen.until(r"cat arrives in #lobby")
        screen.type("hello from catgirl")
        screen.press("Enter")
        self.bob.until(b"cat: hello from catgirl\n")
        self.bob.say(b"hello cat\n")
        screen.until(r"<bob> hello cat")

    def test_znc_keeps_a_place_over_tls_with_sasl_for_who_comes_and_goes(self):
        self.need("znc")
        self.account(self.server, "zoe", PASSWORD)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        secrets = os.path.join(self.home, "users/zoe/networks/here/moddata/sasl")
        os.makedirs(secrets)
        os.makedirs(os.path.join(self.home, "configs"))
        password = PASSWORD.replace(" ", "%20;")
        self.write(os.path.join(secrets, ".registry"), f"mechanisms PLAIN\nusername zoe\npassword {password}")
        self.write(os.path.join(self.home, "configs/znc.conf"), f"""
            Version = 1.8.2
            <Listener l>
              Port = {port}
              Host = 127.0.0.1
              SSL = false
            </Listener>
            <User zoe>
              Nick = zoe
              Ident = zoe
              <Pass password>
                Method = plain
                Hash = out
              </Pass>
              <Network here>
                LoadModule = sasl
                TrustAllCerts = true
                FloodRate = 50
                FloodBurst = 100
                Server = 127.0.0.1 +{self.server.port}
                <Chan #lobby>
                </Chan>
              </Network>
            </User>
        """)
        # As root it would wait for half a minute, so that somebody may think better of it.
        nobody = {"user": "nobody"} if os.getuid() == 0 else {}
        if nobody:
            subprocess.run(["chown", "-R", "nobody", self.home], check=True)
        self.start("znc", "--foreground", "--datadir", self.home, **nobody)
        self.bob.until(b"-- zoe has joined #lobby\n")
        self.bob.say(b"is anybody there?\n/to zoe psst\n")
        zoe = self.at(port)
        while "is anybody there?" not in zoe.wait_for("PRIVMSG").params[-1]:
            pass
        zoe.send("PRIVMSG #lobby :here I am")
        self.bob.until(b"zoe: here I am\n")
        zoe.send("QUIT")
        zoe.rest()
        self.bob.say(b"gone again?\n")
        zoe = self.at(port)
        while "gone again?" not in zoe.wait_for("PRIVMSG").params[-1]:
            pass

    def at(self, port):
        """One that is connected to a bouncer as zoe."""
        client = IrcClient(port)
        self.addCleanup(client.close)
        client.send("CAP LS 302")
        client.send("PASS zoe/here:out")
        client.send("NICK zoe")
        client.send("USER zoe 0 * :Zoe")
        client.send("CAP REQ :server-time batch")
        client.send("CAP END")
        return client

    def wait_for(self, path):
        limit = time.monotonic() + LIMIT
        while not os.path.exists(path):
            self.assertLess(time.monotonic(), limit, path)
            time.sleep(0.02)

    def write(self, path, line):
        with open(path, "w") as pipe:
            pipe.write(line + "\n")


if __name__ == "__main__":
    unittest.main()
