#!/usr/bin/env python3
"""Measures searching in a history of many messages, as clients meet it, and what it costs others.

  usage: bench/search.py [--messages N] [--queries N] [--folder DIR] [--parlance FILE] [--svg FILE]

  --messages N     said in one room by ten people before it is searched (default 1000000)
  --queries N      of each kind (default 500)
  --folder DIR     where `parlance serve` keeps them; taken as it is when there are some in it
  --parlance FILE  (default build/release/parlance)
  --svg FILE       what is printed as a chart, too (bench/chart.py)

Words are as frequent as those of a language are (Zipf). Prints tables; builds nothing.
"""

import argparse
import calendar
import multiprocessing
import os
import random
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import chart
from chat_client import ROOM, Client

VOCABULARY = 50_000
PEOPLE = 10
QUERIES_OF_ONE = 100  # by one person, who may not use the processor for ever
PINGS = 4000


class Language:
    """Words of 2 to 6 letters and more; the n-th comes with a probability of about 1/n."""

    def __init__(self):
        self.chance = random.Random(7)
        self.words = []
        for n in range(VOCABULARY):
            word, rest = "", n + 26
            while rest:
                rest, letter = divmod(rest, 26)
                word += chr(97 + letter)
            self.words.append(word + ("en" if n % 3 else ""))
        total, self.weights = 0, []
        for n in range(VOCABULARY):
            total += 1 / (n + 2.7)
            self.weights.append(total)

    def some(self, count):
        return self.chance.choices(self.words, cum_weights=self.weights, k=count)

    def word(self):
        return self.some(1)[0]

    def rare_word(self):
        return self.words[self.chance.randrange(20, VOCABULARY // 2)]

    def sentence(self):
        return " ".join(self.some(self.chance.randrange(4, 19)))


class Server:
    def __init__(self, program, folder):
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            self.port = one.getsockname()[1]
        command = [program, "serve", "--set", f"store.folder={folder}", "--rate", "0", "--set", "limits.sendq=16MiB",
                   f"127.0.0.1:{self.port}"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except ConnectionRefusedError:
                if self.process.poll() is not None:
                    sys.exit("parlance serve ended")
                time.sleep(0.01)

    def metric(self, name):
        with socket.create_connection(("127.0.0.1", self.port)) as one:
            one.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
            page = one.makefile("rb").read().decode()
        return float(re.search(rf"^{name} (\S+)$", page, re.M)[1])

    def end(self):
        self.process.terminate()
        self.process.wait()


def fill(server, speech, count):
    """By publishers who hear nothing of each other, so that it is the server that takes the time."""
    publishers = [Client(server.port, f"nick{i}") for i in range(PEOPLE)]
    turn = 500
    for first in range(0, count, turn):
        publisher = publishers[first // turn % PEOPLE]
        # One at a time is in the room, or all that each says would have to be read by all others.
        lines = [f"JOIN {ROOM}", *(f"PRIVMSG {ROOM} :{speech.sentence()}" for _ in range(min(turn, count - first))),
                 f"PART {ROOM}", f"PING :end{first}"]
        publisher.send(*lines)
        publisher.wait_for(lambda command, params: command == "PONG" and params[-1] == f"end{first}")
    for publisher in publishers:
        publisher.socket.close()


class Searcher:
    def __init__(self, server):
        self.server, self.number, self.asked, self.client = server, 0, 0, None

    def search(self, **attributes):
        """The milliseconds that it took, and how many were found; None when it was refused."""
        if self.client is None or self.asked >= QUERIES_OF_ONE:
            if self.client:
                self.client.socket.close()
            self.number, self.asked = self.number + 1, 0
            self.client = Client(self.server.port, f"reader{id(self) % 9973}x{self.number}", "batch message-tags soju.im/search")
            self.client.join()
        self.asked += 1
        text = ";".join(f"{key}={str(value).replace(' ', chr(92) + 's')}" for key, value in attributes.items())
        began = time.monotonic()
        self.client.send(f"SEARCH {text}")
        found = 0
        while True:
            line = self.client.lines.readline()
            if b" PRIVMSG " in line:
                found += 1
            elif b" BATCH -" in line:
                return (time.monotonic() - began) * 1000, found
            elif b" FAIL SEARCH " in line:
                self.asked = QUERIES_OF_ONE
                return None


def ends_of(server):
    """When the first and the last message was said, in seconds."""
    client = Client(server.port, "first", "batch server-time message-tags draft/chathistory")
    client.join()
    ends = []
    for request in (f"AFTER {ROOM} timestamp=2000-01-01T00:00:00.000Z 1", f"LATEST {ROOM} * 1"):
        client.send(f"CHATHISTORY {request}")
        while (answer := client.next())[2] != "PRIVMSG":
            pass
        whole, _, rest = answer[0]["time"].rstrip("Z").partition(".")
        ends.append(calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) + int(rest) / 1000)
    client.socket.close()
    return ends


def kinds(speech, said, begin, end):
    def phrase():
        words = said[speech.chance.randrange(len(said))].split()
        return f'"{words[0]} {words[1]}"'

    def times():
        first = begin + (end - begin) * speech.chance.random() * 0.98
        return {key: time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + f".{int(at % 1 * 1000):03}Z"
                for key, at in (("after", first), ("before", first + (end - begin) / 50))}

    def nick():
        return f"nick{speech.chance.randrange(PEOPLE)}"

    return {
        "a word": lambda: {"text": speech.rare_word()},
        "a frequent word": lambda: {"text": speech.word()},
        "two words": lambda: {"text": f"{speech.word()} {speech.rare_word()}"},
        "two frequent words": lambda: {"text": f"{speech.word()} {speech.word()}"},
        "a phrase": lambda: {"text": phrase()},
        "the beginning of a word": lambda: {"text": speech.rare_word()[:3] + "*"},
        "by person": lambda: {"from": nick()},
        "by person and word": lambda: {"from": nick(), "text": speech.rare_word()},
        "by time": times,
        "by time and word": lambda: {"text": speech.word(), **times()},
        "what is not there": lambda: {"text": f"{speech.word()} qqqqqqqq"},
    }


def at(values, part):
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def measure(server, speech, said, begin, end, queries):
    print(f"{'search':26}  {'p50 ms':>8}  {'p99 ms':>8}  {'most ms':>8}  {'found':>6}")
    for name, make in kinds(speech, said, begin, end).items():
        searcher, answers = Searcher(server), []
        while len(answers) < queries:
            if answer := searcher.search(**{"in": ROOM}, **make()):
                answers.append(answer)
        times = [took for took, _ in answers]
        print(f"{name:26} {statistics.median(times):8.2f} {at(times, 0.99):8.2f} {max(times):8.2f} "
              f"{statistics.mean(found for _, found in answers):6.0f}", flush=True)


def talk(server, speech, said, begin, end, pause):
    """A pair who talk in turn, and perhaps somebody who searches all the while, with so many seconds in between."""
    is_searched = pause is not None
    stop, searched = multiprocessing.Event(), multiprocessing.Value("i", 0)

    def search():
        os.nice(19)  # as if it were on another machine: what it takes to read the answers is not the server's
        searcher, all_kinds = Searcher(server), list(kinds(speech, said, begin, end).values())
        while not stop.is_set():
            if searcher.search(**{"in": ROOM}, **speech.chance.choice(all_kinds)()):
                searched.value += 1
            time.sleep(pause)

    # In a process of its own, for one of Python's does one thing at a time.
    process = multiprocessing.Process(target=search)
    if is_searched:
        process.start()
    pair = [Client(server.port, f"talker{i}") for i in range(2)]
    for one in pair:
        one.send("JOIN #pair")
        one.wait_for(lambda command, params: command == "366")
    times = []
    for n in range(PINGS):
        one, other = pair[n % 2], pair[1 - n % 2]
        began = time.monotonic()
        one.send(f"PRIVMSG #pair :{n}")
        other.wait_for(lambda command, params: command == "PRIVMSG" and params[1] == str(n))
        times.append((time.monotonic() - began) * 1000)
        time.sleep(0.001)
    stop.set()
    if is_searched:
        process.join()
    for one in pair:
        one.socket.close()
    beside = f"{searched.value / sum(times, PINGS) * 1000:.0f} searches a second" if is_searched else "no searches"
    print(f"{beside} beside it: p50 {statistics.median(times):.3f} ms, "
          f"p99 {at(times, 0.99):.3f} ms, most {max(times):.2f} ms", flush=True)


def main():
    root = Path(__file__).resolve().parent.parent
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--queries", type=int, default=500)
    parser.add_argument("--folder")
    parser.add_argument("--parlance", default=str(root / "build/release/parlance"))
    parser.add_argument("--svg")
    options = parser.parse_args()
    with chart.drawn_to(options.svg):
        run(options)


def run(options):
    folder = options.folder or tempfile.mkdtemp()
    is_filled = Path(folder, "chat.db").exists()
    speech = Language()
    said = [speech.sentence() for _ in range(1000)]
    server = Server(options.parlance, folder)
    try:
        if not is_filled:
            began = time.monotonic()
            speech.chance.seed(7)  # so that it begins with what is in `said`
            fill(server, speech, options.messages)
            print(f"{options.messages} messages were said in {time.monotonic() - began:.0f} s", flush=True)
        while server.metric("parlance_search_messages") < options.messages:
            time.sleep(0.2)
        sizes = {name: sum(one.stat().st_size for one in Path(folder).glob(name + "*")) for name in ("chat.db", "search.db")}
        for name, size in sizes.items():
            print(f"{name}: {size / 2**20:.0f} MiB, {size / options.messages:.0f} bytes a message")
        ends = ends_of(server)
        print()
        measure(server, speech, said, *ends, options.queries)
        print("\nfrom one of a pair who talk to the other")
        for pause in (None, 0.05, 0, None, 0.05, 0):
            talk(server, speech, said, *ends, pause)
    finally:
        server.end()
        if not options.folder:
            shutil.rmtree(folder, ignore_errors=True)


main()
