#!/usr/bin/env python3
"""Measures how late one hears another of a pair that talks, while one hostile client says one command as fast as it can.

  usage: bench/hostile.py [--seconds S] [--threads N] [--parlance FILE] [--svg FILE] [COMMAND...]

  --seconds S      for each command (default 5); the pair says about 18 messages a second
  --threads N      of the server (default 1)
  --parlance FILE  (default build/release/parlance)
  --svg FILE       what is printed as a chart, too (bench/chart.py)

The commands are those of tests/cli/irc_costs_test.py, or the given ones of them; limits are as they are without a
configuration. A row each, in milliseconds, and in the end the worst; builds nothing. A guest of a virtual machine stands
still for some milliseconds now and then: "nobody" is how late it is without a hostile client.
"""

import argparse
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import chart

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "cli"))
CAPABILITIES = "message-tags batch draft/chathistory draft/metadata-2 draft/read-marker draft/message-redaction setname"
PAUSE = 0.055  # seconds: below the rate at which a client is slowed down
ROW = "{:<22}  {:8.2f}  {:8.2f}  {:8.2f}  {:8}"


def commands(program):
    """Their tests ask for the program when they are read."""
    os.environ["PARLANCE"] = program
    import irc_costs_test
    return irc_costs_test.COMMANDS, irc_costs_test.CROWD


class Client:
    def __init__(self, port, nick, capabilities=""):
        self.nick = nick
        self.socket = socket.create_connection(("127.0.0.1", port), 60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if capabilities:
            self.send(f"CAP REQ :{capabilities}")
        self.send(f"NICK {nick}", "USER u 0 * :u", *(["CAP END"] if capabilities else []))
        self.heard = b""
        self.wait_for(b" 001 ")

    def send(self, *lines):
        self.socket.sendall("".join(line + "\r\n" for line in lines).encode())

    def wait_for(self, what):
        while what not in self.heard:
            part = self.socket.recv(65536)
            if not part:
                sys.exit(f"the server closed the connection of {self.nick}: {self.heard[-200:]}")
            for mark in re.findall(rb"(?:^|\n)PING :?(\S+)\r\n", part):
                self.send(f"PONG :{mark.decode()}")
            self.heard = self.heard[-1000:] + part

    def pass_over_all(self):
        """From here on, beside what it says."""
        def read():
            try:
                while self.socket.recv(65536):
                    pass
            except OSError:
                pass
        threading.Thread(target=read, daemon=True).start()

    def end(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def shout(client, line_of, stop):
    block = "".join(line_of(n) + "\r\n" for n in range(40)).encode()
    try:
        while not stop.is_set():
            client.socket.sendall(block)
    except OSError:
        pass  # it was put out, which is an answer, too


def delays(one, other, seconds):
    """Of each message, in milliseconds, in their order."""
    all_of_them, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.perf_counter()
        mark = f"m{began:.9f}"
        one.send(f"PRIVMSG bbb :{mark}")
        other.wait_for(mark.encode() + b"\r\n")
        all_of_them.append((time.perf_counter() - began) * 1000)
        time.sleep(PAUSE)
    return sorted(all_of_them)


def row(name, late):
    print(ROW.format(name, late[int(len(late) * 0.99)], late[len(late) // 2], late[-1], len(late)), flush=True)
    return late[int(len(late) * 0.99)], name


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].split("\n")[0])
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--parlance", default=str(ROOT / "build" / "release" / "parlance"))
    parser.add_argument("--svg")
    parser.add_argument("commands", nargs="*")
    given = parser.parse_args()
    with chart.drawn_to(given.svg):
        run(given)


def run(given):
    table, size_of_crowd = commands(given.parlance)
    if unknown := [name for name in given.commands if name not in table]:
        sys.exit(f"there is no such command: {unknown[0]}")
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen([given.parlance, "serve", "--threads", str(given.threads), "--data", folder, "127.0.0.1:0"],
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True)
        try:
            port = next(int(m[1]) for line in server.stdout if (m := re.search(r"listening on 127\.0\.0\.1:(\d+)", line)))
            threading.Thread(target=server.stdout.read, daemon=True).start()
            crowd = [Client(port, f"p{n}") for n in range(size_of_crowd)]
            for one in crowd:
                one.send("JOIN #crowd")
                one.pass_over_all()
            one, other = Client(port, "aaa"), Client(port, "bbb")
            print("{:<22}  {:>8}  {:>8}  {:>8}  {:>8}".format("beside", "p99 ms", "p50 ms", "max ms", "messages"))
            row("nobody", delays(one, other, given.seconds))
            worst = []
            for n, name in enumerate(given.commands or table):
                hostile, stop = Client(port, f"hostile{n}", CAPABILITIES), threading.Event()
                hostile.send("JOIN #crowd", "JOIN #own", "JOIN #other")
                hostile.pass_over_all()
                threading.Thread(target=shout, args=(hostile, table[name], stop), daemon=True).start()
                time.sleep(0.3)
                worst.append(row(name, delays(one, other, given.seconds)))
                stop.set()
                hostile.end()
                time.sleep(0.2)
            print("\nworst p99: {1} ({0:.2f} ms)".format(*max(worst)))
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()
