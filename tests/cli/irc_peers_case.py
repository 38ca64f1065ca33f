"""IRC servers that we did not write, for the tests of what goes to them."""

import os
import shutil
import subprocess
import time

from irc_case import IrcClient
from talk_case import LIMIT, Case

PEERS = os.path.join(os.path.dirname(__file__), "..", "..", "bench", "peers")


class IrcPeersCase(Case):
    def begin(self, name, port, *replaced):
        """Starts one, from the configuration that the comparisons have."""
        program = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin")
        if not program:
            self.skipTest(f"{name} is not installed")
        folder = self.folder()
        os.chmod(folder, 0o755)  # ngIRCd gives root's rights away
        with open(os.path.join(PEERS, f"{name}.conf")) as file:
            text = file.read().replace("@PORT@", str(port)).replace("@FOLDER@", folder)
        for before, after in replaced:
            self.assertIn(before, text)
            text = text.replace(before, after)
        config = os.path.join(folder, f"{name}.conf")
        with open(config, "w") as file:
            file.write(text)
        if name == "ngircd":
            command = [program, "-n", "-f", config]
        else:
            # A copy, for Debian's AppArmor profile of the installed one forbids it every other folder.
            copy = shutil.copy(program, os.path.join(folder, name))
            command = [copy, "--nofork", "--nolog", "--runasroot", f"--config={config}"]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(self.end, server)
        self.client(port, "probe").close()
        return server

    def end(self, server):
        server.kill()
        server.wait(LIMIT)

    def client(self, port, nick):
        limit = time.monotonic() + LIMIT
        while True:
            try:
                client = IrcClient(port)
                break
            except ConnectionRefusedError:
                self.assertLess(time.monotonic(), limit)
                time.sleep(0.05)
        self.addCleanup(client.close)
        return client.connect(nick)
