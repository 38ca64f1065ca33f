"""`parlance chat` on a terminal while a server says what none would say, and somebody types, clicks and resizes."""

import fcntl
import os
import pty
import random
import select
import signal
import socket
import struct
import termios
import threading
import time
import unittest

from talk_case import LIMIT, PARLANCE

CAPABILITIES = ("batch draft/chathistory labeled-response message-tags echo-message server-time draft/read-marker "
                "draft/multiline")
WORDS = ("PRIVMSG NOTICE JOIN PART KICK MODE NICK QUIT TOPIC TAGMSG BATCH CAP 353 354 332 324 322 433 464 AUTHENTICATE REDACT "
         "MARKREAD FAIL ACCOUNT AWAY INVITE 005 001 376 CHATHISTORY 311 PONG").split()
PARAMS = ["#room", "ann", "bob", "+o", "-o", "+k", "*", "", "x" * 600, "\x01ACTION \x01", "\x1b[2J", "漢字" * 50, "LS", "ACK", "NAK",
          "NEW", "DEL", "+b1", "-b1", "b1", "chathistory", "draft/multiline", "timestamp=2026-11-30T08:00:00.000Z",
          "timestamp=9999999-1-1", "PREFIX=(ov)@+", "PREFIX=(ov", "CHANTYPES=", "CASEMAPPING=rfc1459", "CHANMODES=,,,", "@+bob ann",
          "#room,#b", "id1", "\u202e", "👩‍👩‍👧" * 30, "= #room"]
KEYS = [b"x", b"\r", b"\t", b"/", b"\x1b[A", b"\x1b[1;3A", b"\x1b[1;3B", b"\x0b", b"\x06", b"\x0e", b"\x10", b"\x1b[5~", b"\x1b[6~",
        b"r", b"e", b"\x1b", b"\x1bOP", b"\x1b[<64;30;10M", b"\x1b[<0;3;3M", b"\x1b[<0;60;9M", b"/part\r", b"/join #room\r",
        b"/msg bob hi\r", b"\x0f", b"1", b"\x1b[200~a\nb\nc\nd\ne\nf\ng\x1b[201~", b"\x1b[I", b"\x1b[O", b"\x1ba", b":sm"]
LASTS = 4  # seconds


class Hostile(unittest.TestCase):
    def line(self, chance):
        tags = chance.choice(["", "@batch=b1 ", "@time=garbage ", "@+typing=active ", f"@label=p{chance.randrange(20)} ",
                              f"@msgid=id{chance.randrange(50)};time=2026-11-30T08:00:{chance.randrange(60):02}.000Z ",
                              f"@+draft/react=x;+draft/reply=id{chance.randrange(50)} "])
        source = chance.choice([":ann!u@h ", ":bob!u@h ", ":s ", "", "::: "])
        params = " ".join(chance.choice(PARAMS) for _ in range(chance.randrange(5)))
        last = chance.choice(["", " :" + chance.choice(PARAMS)])
        return f"{tags}{source}{chance.choice(WORDS)} {params}{last}\r\n".encode()

    def serve(self, listener, chance):
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=lambda heard=client.makefile("rb"): list(heard), daemon=True).start()
            try:
                client.sendall(f":s CAP * LS :{CAPABILITIES}=max-bytes=1,max-lines=1\r\n:s CAP * ACK :{CAPABILITIES}\r\n"
                               ":s 001 ann :hi\r\n:s 376 ann :x\r\n:ann!u@h JOIN #room\r\n".encode())
                for _ in range(1000):
                    client.sendall(self.line(chance))
                time.sleep(0.2)
            except OSError:
                pass
            client.close()

    def survives(self, seed):
        chance = random.Random(seed)
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        threading.Thread(target=self.serve, args=(listener, random.Random(seed)), daemon=True).start()
        pid, terminal = pty.fork()
        if pid == 0:
            os.environ["TERM"] = "xterm-256color"
            os.execv(PARLANCE, [PARLANCE, "chat", "--no-config", "-n", "ann", "-j", "#room",
                                f"irc://127.0.0.1:{listener.getsockname()[1]}"])
        self.addCleanup(os.close, terminal)
        end = time.monotonic() + LASTS
        while time.monotonic() < end:
            ended, status = os.waitpid(pid, os.WNOHANG)
            self.assertEqual(ended, 0, f"it has ended: {status}")
            size = struct.pack("HHHH", chance.choice([1, 5, 24, 60]), chance.choice([1, 20, 21, 40, 73, 110, 300]), 0, 0)
            fcntl.ioctl(terminal, termios.TIOCSWINSZ, size)
            for _ in range(30):
                os.write(terminal, chance.choice(KEYS))
            self.read(terminal, 0.01)
        os.kill(pid, signal.SIGTERM)
        limit = time.monotonic() + LIMIT
        while not (ended := os.waitpid(pid, os.WNOHANG))[0]:
            self.assertLess(time.monotonic(), limit)
            self.read(terminal, 0.05)
        self.assertEqual(os.waitstatus_to_exitcode(ended[1]), 0)

    def read(self, terminal, seconds):
        try:
            while select.select([terminal], [], [], seconds)[0]:
                os.read(terminal, 65536)
        except OSError:
            pass  # it has ended

    def test_nothing_that_a_server_says_ends_it(self):
        for seed in range(1, 4):
            with self.subTest(seed):
                self.survives(seed)


if __name__ == "__main__":
    unittest.main()
