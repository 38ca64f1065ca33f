#!/usr/bin/env python3
"""Measures what one small GET costs as a process: `parlance get` beside curl, which take turns.

  usage: bench/get.py [--rounds N] [--times N] [--parlance FILE]... [--svg FILE]

  --rounds N       of all programs, of which medians are printed (default 9)
  --times N        that each is run in a round (default 50)
  --parlance FILE  (default build/release/parlance); may be given again
  --svg FILE       what is printed as a chart, too (bench/chart.py)

User and system are CPU time of the whole process, from its start to its end; its standard output is thrown away. The server is
build/release/bench/http_server, the file has 1,000 bytes. Prints a table; builds nothing.
"""

import argparse
import os
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import chart

BUILT = Path(__file__).resolve().parent.parent / "build" / "release"
PATIENCE = 10  # seconds until the server listens


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait_for(port):
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), PATIENCE).close()
        except ConnectionRefusedError:
            if time.monotonic() > end:
                raise
            time.sleep(0.01)


def spent():
    of = resource.getrusage(resource.RUSAGE_CHILDREN)
    return of.ru_utime, of.ru_stime


def run(command, times):
    """Milliseconds of user and system time that each took."""
    program, nothing = shutil.which(command[0]), [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    before = spent()
    for _ in range(times):
        _, status = os.waitpid(os.posix_spawn(program, command, os.environ, file_actions=nothing), 0)
        if status != 0:
            sys.exit(f"{command[0]} ended with {os.waitstatus_to_exitcode(status)}")
    return [1000 * (after - earlier) / times for after, earlier in zip(spent(), before)]


def measure(commands, rounds, times):
    all_of = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            all_of[name].append(run(command, times))
    return all_of


def main():
    asked = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].split("\n")[0], description=__doc__)
    asked.add_argument("--rounds", type=int, default=9)
    asked.add_argument("--times", type=int, default=50)
    asked.add_argument("--parlance", action="append")
    asked.add_argument("--svg")
    options = asked.parse_args()
    if not shutil.which("curl"):
        sys.exit("curl is not installed")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "small").write_bytes(b"x" * 1000)
        port = free_port()
        server = subprocess.Popen([BUILT / "bench" / "http_server", folder, str(port)], stdout=subprocess.DEVNULL)
        try:
            wait_for(port)
            url = f"http://127.0.0.1:{port}/small"
            commands = {"curl": ["curl", "-s", url]}
            for program in options.parlance or [str(BUILT / "parlance")]:
                for backend in ("io_uring", "epoll"):
                    commands[f"{os.path.relpath(program)} {backend}"] = [program, "--backend", backend, "get", "-s", url]
            costs = measure(commands, options.rounds, options.times)
        finally:
            server.terminate()
            server.wait()
    with chart.drawn_to(options.svg):
        print(f"One small GET, medians of {options.rounds} rounds of {options.times}\n")
        print(f"{'program':40}  CPU ms  of curl  user ms  system ms")
        for name, those in costs.items():
            part = statistics.median(sum(one) / sum(curl) for one, curl in zip(those, costs["curl"]))
            user, system = (statistics.median(one[which] for one in those) for which in (0, 1))
            print(f"{name:40}  {user + system:6.2f}  {part:7.2f}  {user:7.2f}  {system:9.2f}")


if __name__ == "__main__":
    main()
