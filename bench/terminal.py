#!/usr/bin/env python3
"""Measures clients of IRC on a terminal side by side:  terminal.py [--messages N] [--rate N] [--svg FILE] PARLANCE

A server that is made up here lets them into #room and says N messages there (100,000). Then: how long it took until the room
was shown, how much memory the client has, how soon a key is answered (the slowest of 200 and the median), and how much of a
processor it takes while RATE (1,000) messages a second are said. irssi and weechat are measured where they are installed. FILE gets the table as a chart, too (bench/chart.py).
"""
import argparse
import fcntl
import os
import pty
import re
import select
import shutil
import socket
import statistics
import struct
import subprocess
import tempfile
import termios
import threading
import time

import chart

LAST = b"@@@@@@@@@@@@"  # which has no letter in common with what it is drawn over


class Server:
    """One client, one room."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.joined = threading.Event()
        self.said = 0
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        self.client, _ = self.listener.accept()
        nick = "ann"
        for line in self.client.makefile("r", encoding="utf-8", errors="replace"):
            words = line.split()
            match words[:1]:
                case ["NICK"]:
                    nick = words[1]
                case ["USER"]:
                    self.send(f":s 001 {nick} :hi", f":s 005 {nick} CASEMAPPING=ascii :x", f":s 376 {nick} :end")
                case ["PING"]:
                    self.send(f":s PONG s {words[1]}")
                case ["CAP"] if words[1] == "LS":
                    self.send(":s 421 * CAP :Unknown command")
                case ["JOIN"]:
                    self.send(f":{nick}!u@h JOIN #room", f":s 353 {nick} = #room :{nick} bob", f":s 366 {nick} #room :end")
                    self.joined.set()

    def send(self, *lines):
        self.client.sendall("".join(line + "\r\n" for line in lines).encode())

    def say(self, count):
        lines = []
        for _ in range(count):
            self.said += 1
            lines.append(f":bob{self.said % 50}!u@h PRIVMSG #room :message {self.said} of a room in which much is said, "
                         "as people do when they have time")
        self.send(*lines)


class Client:
    def __init__(self, command):
        self.began = time.monotonic()
        pid, self.terminal = pty.fork()
        if pid == 0:
            os.environ["TERM"] = "xterm-256color"
            os.execvp(command[0], command)
        self.pid = pid
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        self.shown = b""

    def read(self, seconds):
        ready, _, _ = select.select([self.terminal], [], [], seconds)
        data = os.read(self.terminal, 65536) if ready else b""
        self.shown = (self.shown + data)[-1_000_000:]
        return data

    def until(self, text, limit=120):
        end = time.monotonic() + limit
        while text not in self.shown:
            if time.monotonic() > end:
                raise SystemExit(f"never shown: {text!r}; last: {self.shown[-500:]!r}")
            self.read(0.05)
        return time.monotonic()

    def drain(self, quiet=0.3):
        while self.read(quiet):
            pass

    def answer_to(self, key):
        """Seconds until the first bytes that a key has drawn."""
        began = time.perf_counter()
        os.write(self.terminal, key)
        while not self.read(1):
            pass
        return time.perf_counter() - began

    def memory(self):
        with open(f"/proc/{self.pid}/status") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1]) / 1024

    def processor(self):
        with open(f"/proc/{self.pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(name, command, keys, messages, rate):
    server = Server()
    client = Client(command(server.port))
    try:
        threading.Thread(target=lambda: (server.joined.wait(), time.sleep(0.2), os.write(client.terminal, keys), server.say(1)),
                         daemon=True).start()
        first = client.until(b"message 1 ") - client.began
        rest = lambda: (server.say(messages - 2), server.send(f":bob!u@h PRIVMSG #room :{LAST.decode()}"))
        done = threading.Thread(target=rest, daemon=True)
        done.start()
        client.until(LAST)
        done.join()
        client.drain()
        memory = client.memory()
        answers = []
        for _ in range(200):
            answers.append(client.answer_to(b"x") * 1000)
            client.drain(0.02)
        before, began = client.processor(), time.monotonic()
        for i in range(1, 51):
            server.say(rate // 10)
            while time.monotonic() < began + i / 10:
                client.read(max(0.0, began + i / 10 - time.monotonic()))
        server.send(f":bob!u@h PRIVMSG #room :{LAST.decode().replace('@', '%')}")
        client.until(LAST.replace(b"@", b"%"))
        share = (client.processor() - before) / (time.monotonic() - began) * 100
        print(f"{name:12}  {first * 1000:8.0f}  {memory:10.0f}  {statistics.median(answers):6.1f}  {max(answers):14.1f}  {share:5.0f}",
              flush=True)
    finally:
        os.kill(client.pid, 9)
        os.waitpid(client.pid, 0)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("parlance")
    options.add_argument("--messages", type=int, default=100_000)
    options.add_argument("--rate", type=int, default=1000)
    options.add_argument("--svg")
    given = options.parse_args()
    home = tempfile.mkdtemp()
    config = os.path.join(home, "config")
    with open(config, "w") as file:
        file.write('chatnets = { here = { type = "IRC"; nick = "ann"; }; };\n'
                   'channels = ( { name = "#room"; chatnet = "here"; autojoin = "yes"; } );\n'
                   'settings = { core = { real_name = "Ann"; user_name = "ann"; nick = "ann"; };\n'
                   '  "fe-common/core" = { autocreate_windows = "yes"; autofocus_new_items = "yes"; }; };\n')
    weechat = ["/server add here 127.0.0.1/{} -notls", "/set irc.server.here.autojoin #room", "/set irc.server.here.nicks ann",
               "/set weechat.history.max_buffer_lines_number 0", "/connect here"]
    clients = [("parlance", lambda port: [given.parlance, "chat", "--no-config", "-n", "ann", "-j", "#room", f"irc://127.0.0.1:{port}"], b"")]
    if shutil.which("irssi"):
        clients.append(("irssi", lambda port: ["irssi", "--home", home, "--config", config, "-c", "127.0.0.1", "-p", str(port)], b"\x1b2"))
    if shutil.which("weechat"):
        clients.append(("weechat", lambda port: ["weechat", "--temp-dir", *(word for line in weechat for word in ("-r", line.format(port)))], b""))
    with chart.drawn_to(given.svg):
        print(f"{given.messages} messages; the processor's part at {given.rate} a second\n")
        print(f"{'client':12}  first ms  memory MiB  key ms  slowest key ms  CPU %")
        for name, command, keys in clients:
            measure(name, command, keys, given.messages, given.rate)
    shutil.rmtree(home)


if __name__ == "__main__":
    main()
