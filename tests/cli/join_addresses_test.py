"""What `parlance serve` tells of how to join: the address that others reach first, and a QR code of it on a terminal."""

import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import unittest

from chat_case import ChatCase
from talk_case import LIMIT, PARLANCE

try:
    import zbar
except ImportError:
    sys.path.append("/usr/lib/python3/dist-packages")  # Debian's, where another python3 runs the tests
    try:
        import zbar
    except ImportError:
        zbar = None

# A machine of its own with two networks, of which others are in the second.
TWO_NETWORKS = """ip link set lo up && ip address add 172.17.0.1/16 dev lo && ip address add 192.168.1.5/24 dev lo &&
    ip route add default dev lo src 192.168.1.5 && exec "$@" """


def screen(text):
    """What a terminal shows, as rows of (character, is it black on white)."""
    rows, row, on_white = [], [], False
    for piece in re.findall(r"\x1b\[[0-9;]*m|\x1b\[[0-9;?]*[A-Za-z]|\r|\n|.", text):
        if piece.startswith("\x1b["):
            on_white = (piece == "\x1b[30;107m") if piece.endswith("m") else on_white
        elif piece == "\n":
            rows.append(row)
            row = []
        elif piece != "\r":
            row.append((piece, on_white))
    return rows


def read_code(text):
    """What a camera makes of the QR code that is shown."""
    code = [row for row in screen(text) if len(row) > 20 and all(character in " ▀▄█" for character, _ in row)]
    if not code:
        return None
    pixels = []
    for row in code:
        ink = [0 if on_white else 255 for _, on_white in row]
        upper = [one if character in "▀█" else 255 - one for (character, _), one in zip(row, ink)]
        lower = [one if character in "▄█" else 255 - one for (character, _), one in zip(row, ink)]
        for line in (upper, lower):
            pixels += [bytes(one for one in line for _ in range(4))] * 4
    picture = zbar.Image(len(pixels[0]), len(pixels), "Y800", b"".join(pixels))
    zbar.ImageScanner().scan(picture)
    return [symbol.data for symbol in picture]


class JoinAddresses(ChatCase):
    def machine(self):
        if not shutil.which("ip"):
            self.skipTest("there is no ip (iproute2)")
        apart = ["unshare", "--net"] if os.getuid() == 0 else ["unshare", "--user", "--map-root-user", "--net"]
        apart += ["sh", "-c", TWO_NETWORKS, "sh"]
        if subprocess.run([*apart, "true"], stderr=subprocess.DEVNULL, check=False).returncode != 0:
            self.skipTest("no network of its own can be made here")
        return apart

    def shown(self, *options, address=":8000", **environment):
        """What a terminal of 80 columns shows until the server has said how to join."""
        ours, theirs = pty.openpty()
        with os.fdopen(ours, "rb", buffering=0) as terminal:
            os.set_blocking(theirs, True)
            subprocess.run(["stty", "cols", "80", "rows", "50"], stdin=theirs, check=True)
            server = subprocess.Popen([*self.machine(), PARLANCE, "serve", "--set", "store.folder=", *options, address],
                                      stdin=subprocess.DEVNULL, stdout=theirs, stderr=subprocess.PIPE,
                                      env={**os.environ, "TERM": "xterm", "NO_COLOR": "", **environment})
            os.close(theirs)
            text = b""
            while b"SHA-256 is" not in text or not text.endswith(b"\n"):
                text += terminal.read(65536)
            server.send_signal(signal.SIGTERM)
            try:
                while part := terminal.read(65536):
                    text += part
            except OSError:
                pass  # EIO: the last one who had it open has gone
            server.stderr.close()
            self.assertEqual(server.wait(LIMIT), 0)
        return text.decode()

    def test_the_address_that_others_reach_is_first(self):
        server = self.start(*self.machine(), PARLANCE, "serve", "--set", "store.folder=", "--console", ":8000")
        server.until(r"listening on \[::\]:8000; join with any of")
        self.assertEqual([server.until("").string for _ in range(2)], ["  http://192.168.1.5:8000/\n", "  http://172.17.0.1:8000/\n"])

    @unittest.skipUnless(zbar, "python3-zbar is not installed")
    def test_a_terminal_shows_the_address_as_a_qr_code(self):
        text = self.shown()
        self.assertEqual(read_code(text), ["http://192.168.1.5:8000/"])
        self.assertLess(text.index("▀"), text.index("listening on"))
        plain = self.shown(NO_COLOR="1")
        self.assertEqual(read_code(plain), ["http://192.168.1.5:8000/"])
        self.assertNotIn("\x1b", plain)
        self.assertEqual(read_code(self.shown("--set", "tls.only=true")), ["https://192.168.1.5:8000/"])

    @unittest.skipUnless(zbar, "python3-zbar is not installed")
    def test_there_is_none_where_nobody_could_read_it_or_who_runs_it_wants_none(self):
        for options, more in ([("--set", "server.qr_code=false"), {}], [(), {"address": "127.0.0.1:8000"}], [(), {"TERM": "dumb"}]):
            with self.subTest(options=options, more=more):
                self.assertIsNone(read_code(self.shown(*options, **more)))
        server = self.start(*self.machine(), PARLANCE, "serve", "--set", "store.folder=", ":8000")
        self.assertIn(b"listening on", server.process.stdout.readline())  # and no terminal

    def test_what_a_browser_will_say_of_a_certificate_of_our_own_is_told(self):
        warning = r"Browsers will say that https://127\.0\.0\.1:\d+/ is not private"
        server = self.start(PARLANCE, "serve", "--console", "127.0.0.1:0")
        server.until(warning)
        folder = self.folder()
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=chat.example",
                        "-keyout", f"{folder}/key.pem", "-out", f"{folder}/certificate.pem"], check=True, capture_output=True)
        for options in (["--set", "tls.enabled=false"],
                        ["--set", f"tls.certificate={folder}/certificate.pem", "--set", f"tls.key={folder}/key.pem"]):
            server = self.start(PARLANCE, "serve", "--console", *options, "127.0.0.1:0")
            server.until("listening on")
            server.process.send_signal(signal.SIGTERM)
            server.finish()
            self.assertNotIn("not private", server.stderr)


if __name__ == "__main__":
    unittest.main()
