#!/usr/bin/env python3
"""Times a chat server as one IRC client meets it. Prints lines of KEY=VALUE, times in milliseconds.

  chat_client.py start PORT COMMAND...  from running COMMAND to its welcome (001); ends it
  chat_client.py fill PORT COUNT        says COUNT lines in #bench, ten publishers in turn
  chat_client.py history PORT           how long CHATHISTORY takes in #bench, at its end and in its middle
"""

import socket
import statistics
import subprocess
import sys
import time
from datetime import datetime, timezone

ROOM = "#bench"
PATIENCE = 60  # seconds without a byte
CAPABILITIES = "draft/chathistory batch server-time message-tags"


class Client:
    """A registered client. Its lines are split into tags (a dict), source, command and parameters."""

    def __init__(self, port, nick, capabilities=""):
        self.nick = nick
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.lines = self.socket.makefile("rb")
        if capabilities:
            self.send("CAP LS 302", f"CAP REQ :{capabilities}")
        self.send(f"NICK {nick}", "USER b 0 * :b")
        if capabilities:
            self.wait_for(lambda command, params: command == "CAP" and params[1] == "ACK")
            self.send("CAP END")
        self.wait_for(lambda command, params: command == "001")

    def send(self, *lines):
        self.socket.sendall("".join(line + "\r\n" for line in lines).encode())

    def next(self):
        while True:
            line = self.lines.readline().decode().rstrip("\r\n")
            if not line:
                sys.exit(f"{self.nick}: the server closed the connection")
            tags, source, command, params = split(line)
            if command == "PING":
                self.send(f"PONG :{params[0]}")
            elif command in ("ERROR", "FAIL") or (command[0] == "4" and command != "422"):
                sys.exit(f"{self.nick}: {line}")
            elif command == "CAP" and params[1] == "NAK":
                sys.exit(f"{self.nick}: the server does not know all of {CAPABILITIES}")
            else:
                return tags, source, command, params

    def wait_for(self, matches):
        while True:
            _, _, command, params = self.next()
            if matches(command, params):
                return

    def join(self):
        self.send(f"JOIN {ROOM}")
        self.wait_for(lambda command, params: command == "366")


def split(line):
    tags, source = {}, ""
    if line.startswith("@"):
        words, line = line[1:].split(" ", 1)
        tags = dict(word.partition("=")[::2] for word in words.split(";"))
    if line.startswith(":"):
        source, line = line[1:].split(" ", 1)
    head, colon, trailing = line.partition(" :")
    command, *params = head.split()
    return tags, source, command, params + [trailing] if colon else params


def start(port, command):
    """Tries as often as the machine lets it, for a server that is not there refuses at once."""
    began = time.monotonic()
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    try:
        while True:
            try:
                client = Client(port, "first")
                break
            except ConnectionRefusedError:
                if server.poll() is not None or time.monotonic() - began > PATIENCE:
                    sys.exit(f"{command[0]} does not listen on port {port}")
                time.sleep(0.0005)
        print(f"start_ms={(time.monotonic() - began) * 1000:.1f}")
        client.socket.close()
    finally:
        server.kill()
        server.wait()


def fill(port, count):
    publishers = [Client(port, f"publisher{i}") for i in range(10)]
    for publisher in publishers:
        publisher.join()
    began = time.monotonic()
    turn = 1000
    for first in range(0, count, turn):
        publisher = publishers[first // turn % len(publishers)]
        numbers = range(first, min(first + turn, count))
        publisher.send(*(f"PRIVMSG {ROOM} :message {n}, as long as people's are in the mean" for n in numbers),
                       f"PING :end{first}")
        # Everybody reads up to there, or what the others hear would fill the server's queues.
        publisher.wait_for(lambda command, params: command == "PONG" and params[-1] == f"end{first}")
        for other in publishers:
            if other is not publisher:
                last = f"message {numbers[-1]},"
                other.wait_for(lambda command, params: command == "PRIVMSG" and params[1].startswith(last))
    print(f"messages={count} fill_seconds={time.monotonic() - began:.1f}")


def ask(client, request):
    """The milliseconds until the batch that answers has ended, and the messages in it."""
    began = time.monotonic()
    client.send(f"CHATHISTORY {request}")
    reference, messages = None, []
    while True:
        tags, _, command, params = client.next()
        if command == "BATCH" and params[0].startswith("+") and params[1] == "chathistory" and not reference:
            reference = params[0][1:]
        elif command == "BATCH" and params[0] == f"-{reference}":
            return (time.monotonic() - began) * 1000, messages
        elif command == "PRIVMSG" and reference and tags.get("batch") == reference:
            messages.append((tags["time"], params[1]))


def instant(text):
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)


def stamp(when):
    return f"timestamp={when.strftime('%Y-%m-%dT%H:%M:%S')}.{when.microsecond // 1000:03}Z"


def report(name, asked):
    times, counts = [took for took, _ in asked], {len(messages) for _, messages in asked}
    if counts != {100}:
        sys.exit(f"{name} was answered with {counts} messages instead of 100")
    print(f"{name}_first_ms={times[0]:.2f} {name}_ms={statistics.median(times):.2f} {name}_most_ms={max(times):.2f}")


def history(port):
    client = Client(port, "reader", CAPABILITIES)
    client.join()
    times = 51
    latest = [ask(client, f"LATEST {ROOM} * 100") for _ in range(times)]
    report("latest", latest)
    _, oldest = ask(client, f"AFTER {ROOM} {stamp(datetime(2000, 1, 1))} 1")
    begin, end = instant(oldest[0][0]), instant(latest[0][1][-1][0])
    # Each asks for another place in the middle fifth, or all but the first would be answered from a cache.
    places = [begin + (end - begin) * (0.4 + 0.2 * ((n * 17) % times) / times) for n in range(times)]
    report("before", [ask(client, f"BEFORE {ROOM} {stamp(place)} 100") for place in places])


def main(arguments):
    match arguments:
        case ["start", port, *command] if command:
            start(int(port), command)
        case ["fill", port, count]:
            fill(int(port), int(count))
        case ["history", port]:
            history(int(port))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
