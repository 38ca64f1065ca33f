"""One file over several connections (`parlance get --connections`): with nginx, and with servers that cheat."""

import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
import unittest

from get_case import PARLANCE, GetCase, response
from talk_case import LIMIT

MIB = 1 << 20
BODY = os.urandom(1 << 16) * 128  # 8 MiB
QUICK = ("--retry-delay", "0.001")


class Parts:
    """A server that gives ranges of a file. `odd(number, first, end)` may answer itself, with bytes, for the
    request of that number, the first being 0; a number of bytes cuts the answer."""

    def __init__(self, case, body=BODY, odd=lambda number, first, end: None, tag='"v1"', fields=("Accept-Ranges: bytes",)):
        self.body, self.odd, self.tag, self.fields, self.ranges = body, odd, tag, fields, []
        self.lock = threading.Lock()
        self.server = case.serve_http(self.answer)
        self.url, self.heads = self.server.origin + "/file", self.server.heads

    def part(self, first, end, tag=None, size=None):
        return response(self.body[first:end], f"ETag: {tag or self.tag}", f"Content-Range: bytes {first}-{end - 1}/{size or len(self.body)}",
                        status="206 Part")

    def whole(self, tag=None):
        return response(self.body, f"ETag: {tag or self.tag}", *self.fields)

    def answer(self, caller, head, more):
        found = re.search(r"(?mi)^range: bytes=(\d+)-(\d*)", head)
        first, end = (int(found[1]), int(found[2]) + 1 if found[2] else len(self.body)) if found else (0, len(self.body))
        with self.lock:
            number = len(self.ranges)
            self.ranges.append((first, end) if found else None)
        said = self.odd(number, first, end)
        made = said if isinstance(said, bytes) else self.part(first, end) if found else self.whole()
        try:
            if isinstance(said, int):
                start = made.index(b"\r\n\r\n") + 4
                caller.sendall(made[:start + said])
                time.sleep(0.05)  # what was sent arrives before the reset
                caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            else:
                caller.sendall(made)
        except OSError:
            pass  # it has what it wanted


class PiecesCase(GetCase):
    def setUp(self):
        self.here = self.folder()
        self.path = os.path.join(self.here, "file")

    def fetch(self, url, *more, connections=4, code=0, body=BODY, anew=False):
        got, _, err = self.get("--connections", str(connections), "-o", self.path, *more, url)
        self.assertEqual(got, code, err)
        if code == 0:
            self.is_whole(body)
        if not anew:
            self.assertNotIn("anew", err)
        return err

    def is_whole(self, body=BODY):
        self.assertEqual(os.listdir(self.here), ["file"])
        with open(self.path, "rb") as file:
            self.assertTrue(file.read() == body)


class WithNginx(PiecesCase):
    def test_parts_come_over_several_connections(self):
        server = self.nginx({"file": BODY})
        report = os.path.join(self.folder(), "report")
        err = self.fetch(server.http + "/file", "-v", "--json-report", report, "--har", report + ".har")
        self.assertGreaterEqual(err.count("< HTTP/1.1 206"), 3, err)
        with open(report) as file:
            made = json.load(file)
        self.assertEqual(made["written_bytes"], len(BODY))
        self.assertGreaterEqual(len(made["pieces"]), 3)
        with open(report + ".har") as file:
            statuses = [entry["response"]["status"] for entry in json.load(file)["log"]["entries"]]
        self.assertEqual(statuses, [200] + [206] * len(made["pieces"]))

    def test_over_tls(self):
        server = self.nginx({"file": BODY})
        self.fetch(server.https + "/file", "--ca", server.ca)

    def test_to_a_file_that_cannot_be_replaced(self):
        server = self.nginx({"file": BODY})
        other = os.path.join(self.folder(), "other")
        with open(other, "wb") as file:
            file.write(b"old" * 10 * MIB)
        os.link(other, self.path)
        self.fetch(server.http + "/file")
        self.assertEqual(os.stat(other).st_size, len(BODY))

    def test_the_digest_is_of_all_of_it(self):
        server = self.nginx({"file": BODY})
        right = subprocess.run(["sha256sum"], input=BODY, capture_output=True, check=True).stdout.decode()[:64]
        self.fetch(server.http + "/file", "--sha256", right)
        os.remove(self.path)
        self.fetch(server.http + "/file", "--sha256", "0" * 64, code=1)
        self.assertEqual(os.listdir(self.here), [])

    def test_the_rate_is_that_of_all(self):
        server = self.nginx({"file": BODY})
        before = time.monotonic()
        self.fetch(server.http + "/file", "--limit-rate", "8M")
        self.assertGreater(time.monotonic() - before, 0.9)

    def test_a_limit_of_size_is_that_of_the_whole(self):
        server = self.nginx({"file": BODY})
        self.fetch(server.http + "/file", "--max-filesize", "5M", code=1)
        self.assertEqual(os.listdir(self.here), [])

    def test_a_limit_of_time(self):
        server = self.nginx({"file": BODY})
        err = self.fetch(server.http + "/file", "--limit-rate", "100k", "-t", "1", code=5)
        self.assertRegex(err, "-t")

    def test_go_on_after_a_signal_with_what_came_of_each_part(self):
        server = self.nginx({"file": BODY})
        program = self.start(PARLANCE, "get", "--connections", "4", "--limit-rate", "500k", "-C", "-", "-o", self.path,
                             server.http + "/file")
        while not os.path.exists(self.path + ".part") or not os.stat(self.path + ".part").st_blocks > 2000:
            time.sleep(0.01)
        program.process.send_signal(signal.SIGINT)
        self.assertEqual(program.finish()[0], 130)
        with open(self.path + ".part.json") as file:
            missing = json.load(file)["missing"]
        self.assertGreater(len(missing), 1)
        with open(self.path + ".part", "rb") as file:
            kept = file.read().ljust(len(BODY), b"\0")
        for at, end in zip([0] + [end for _, end in missing], [first for first, _ in missing] + [len(BODY)]):
            self.assertTrue(kept[at:end] == BODY[at:end])
        left = sum(end - first for first, end in missing)
        for connections in (1, 4):
            with self.subTest(connections):
                report = os.path.join(self.folder(), "report")
                before = {name: open(os.path.join(self.here, name), "rb").read() for name in os.listdir(self.here)}
                self.fetch(server.http + "/file", "-C", "-", "--json-report", report, connections=connections)
                with open(report) as file:
                    self.assertLess(json.load(file)["received_bytes"], left + 2 * MIB)
                os.remove(self.path)
                for name, data in before.items():
                    with open(os.path.join(self.here, name), "wb") as file:
                        file.write(data)


class WithServersThatCheat(PiecesCase):
    def test_what_is_small_has_no_rights_or_no_proof_comes_in_one(self):
        for server in (Parts(self, BODY[:MIB]), Parts(self, tag='W/"v1"'), Parts(self, fields=()),
                       Parts(self, fields=("Accept-Ranges: none",))):
            self.fetch(server.url, body=server.body)
            self.assertEqual(server.ranges, [None])
        server = Parts(self)
        self.gets(BODY, "--connections", "4", server.url)
        self.assertEqual(server.ranges, [None])

    def test_one_that_gives_no_range_after_all(self):
        server = Parts(self)
        server.odd = lambda number, first, end: server.whole() if number else None
        self.fetch(server.url, anew=True)

    def test_one_that_has_changed_is_fetched_anew(self):
        for what in ("tag", "whole", "size", "gone"):
            with self.subTest(what):
                server = Parts(self)

                def odd(number, first, end):
                    if number == 0:
                        return None
                    server.body = BODY[::-1]
                    if first == 0:
                        return server.whole('"v2"')
                    return {"tag": server.part(first, end, tag='"v2"'), "whole": server.whole('"v2"'),
                            "size": server.part(first, end, size=len(BODY) + 1),
                            "gone": response(b"", f"Content-Range: bytes */{first}", status="416 No")}[what]
                server.odd = odd
                err = self.fetch(server.url, body=BODY[::-1], anew=True)
                self.assertRegex(err, "fetching it anew over one connection")

    def test_ranges_that_were_not_asked_for(self):
        for part in (lambda s, f, e: s.part(f + 1, e), lambda s, f, e: s.part(f, e + 1 if e < len(BODY) else e),
                     lambda s, f, e: response(BODY[f:e], 'ETag: "v1"', status="206 x"),
                     lambda s, f, e: response(BODY[f:e], 'ETag: "v1"', "Content-Range: bytes 9-8/7", status="206 x")):
            server = Parts(self)
            server.odd = lambda number, first, end: part(server, first, end) if first else None
            self.fetch(server.url, anew=True)

    def test_parts_that_are_shorter_than_asked_for_are_asked_for_again(self):
        server = Parts(self)
        server.odd = lambda number, first, end: server.part(first, max(first + 1, (first + end) // 2)) if number in (1, 2) else None
        self.fetch(server.url)

    def test_parts_that_are_shorter_than_they_say_end(self):
        server = Parts(self)
        server.odd = lambda number, first, end: first and response(
            b"", 'ETag: "v1"', f"Content-Range: bytes {first}-{end - 1}/{len(BODY)}", status="206 x") or None
        # The first answer goes on past where the parts would be.
        self.fetch(server.url, "--retry", "2", *QUICK)
        self.assertLess(len(server.ranges), 20)

    def test_connections_that_fail_leave_their_part_to_the_others(self):
        server = Parts(self)
        server.odd = lambda number, first, end: 100_000 if number in (1, 2) else None
        self.fetch(server.url)
        asked = sum(end - first for first, end in filter(None, server.ranges))
        self.assertLess(asked, 2 * len(BODY))

    def test_fewer_connections_than_were_wanted_are_enough(self):
        busy = response(b"busy", status="503 Busy")
        server = Parts(self, odd=lambda number, first, end: busy if number else None)
        self.fetch(server.url)

    def test_when_all_fail_what_came_is_kept(self):
        server = Parts(self, odd=lambda number, first, end: 100_000)
        self.fetch(server.url, code=7)
        self.assertEqual(os.listdir(self.here), [])
        self.fetch(server.url, "-C", "-", code=7)
        server.ranges.clear()
        server.odd = lambda number, first, end: None
        self.fetch(server.url, "-C", "-")
        self.assertEqual(server.ranges[0][0], 100_000)

    def test_each_connection_tries_again(self):
        server = Parts(self, odd=lambda number, first, end: 500_000 if number < 8 else None)
        self.fetch(server.url, "--retry", "3", *QUICK)

    def test_a_slow_one_is_helped(self):
        def is_helped():
            ours = server.ranges[1][0]
            return any(ours < first <= ours + MIB * 2 for first, _ in server.ranges[2:])

        def slow(number, first, end):
            late = time.monotonic() + LIMIT
            while number == 1 and not is_helped() and time.monotonic() < late:
                time.sleep(0.01)
            return None
        server = Parts(self, odd=slow)
        self.fetch(server.url)
        self.assertTrue(is_helped())

    def test_notes_that_lie_are_not_believed(self):
        for missing in ("[[5, 4]]", "[[0, 99999999]]", "[]", "7", '[["a", 1]]', "[[4, 6], [5, 8388608]]", "[[1, 2]]"):
            with self.subTest(missing):
                server = Parts(self)
                with open(self.path + ".part", "wb") as file:
                    file.write(b"x" * 100)
                with open(self.path + ".part.json", "w") as file:
                    file.write(f'{{"url": "{server.url}", "validator": "\\"v1\\"", "size": {len(BODY)}, "missing": {missing}}}')
                self.fetch(server.url, "-C", "-", anew=True)
                os.remove(self.path)


if __name__ == "__main__":
    unittest.main()
