#!/usr/bin/env python3
"""Puts a capture of `parlance chat` on a terminal into docs/terminal.md:  capture_terminal.py PROGRAM

Needs tmux. The talk is made up here, with a server of its own.
"""
import os
import re
import socket
import subprocess
import sys
import tempfile
import time

PAGE = os.path.join(os.path.dirname(__file__), "..", "docs", "terminal.md")
MARK = "<!-- scripts/capture_terminal.py -->\n```\n"
TALK = [("ben", "the build is green again 🎉"), ("cleo", "and the figures are in: https://example.com/figures"),
        ("ben", "ann, could you look at #dev when you are back?"), ("dora", "lunch at 12:30? 🍜 漢字 fit, too")]


class Person:
    def __init__(self, port, nick):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.say(f"NICK {nick}", f"USER {nick} 0 * {nick}", "JOIN #lobby,#dev,#music")

    def say(self, *lines):
        self.socket.sendall("".join(line + "\r\n" for line in lines).encode())
        time.sleep(0.3)


def capture(program):
    with tempfile.TemporaryDirectory() as home:
        server = subprocess.Popen([program, "serve", "--console", "--set", "store.folder=", "127.0.0.1:0"],
                                  stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        tmux = ["tmux", "-L", f"capture-{os.getpid()}", "-f", "/dev/null"]
        try:
            port = int(re.search(r"127\.0\.0\.1:(\d+)", server.stderr.readline())[1])
            people = {nick: Person(port, nick) for nick in ("ben", "cleo", "dora")}
            subprocess.run([*tmux, "new-session", "-d", "-x", "104", "-y", "20", "env", f"XDG_CONFIG_HOME={home}", program,
                            "chat", "-n", "ann", "-j", "#lobby,#dev,#music", f"127.0.0.1:{port}"], check=True)
            time.sleep(1)
            for nick, text in TALK:
                people[nick].say(f"PRIVMSG #lobby :{text}")
            people["cleo"].say("PRIVMSG #dev :ann: it is the parser", "PRIVMSG #dev :once more", "PRIVMSG #music :la la")
            people["dora"].say("PRIVMSG ann :only for you")
            for keys in (["-l", "on my way, :+1:"], ["Enter"], ["M-Up", "M-Up", "e"], ["-l", "ramen"], ["Enter"],
                         ["-l", "what about the "]):
                subprocess.run([*tmux, "send-keys", *keys], check=True)
                time.sleep(0.5)
            shown = subprocess.run([*tmux, "capture-pane", "-p"], check=True, capture_output=True, text=True)
            return "\n".join(row.rstrip() for row in shown.stdout.splitlines())
        finally:
            subprocess.run([*tmux, "kill-server"], check=False)
            server.kill()
            server.wait()


def main(arguments):
    if len(arguments) != 1:
        sys.exit(__doc__)
    with open(PAGE, encoding="utf-8") as page:
        before, _, rest = page.read().partition(MARK)
    _, _, behind = rest.partition("\n```\n")
    with open(PAGE, "w", encoding="utf-8") as page:
        page.write(before + MARK + capture(os.path.abspath(arguments[0])) + "\n```\n" + behind)


if __name__ == "__main__":
    main(sys.argv[1:])
