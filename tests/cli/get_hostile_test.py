"""`parlance get` and servers that are broken, slow, or mean no good."""

import contextlib
import os
import signal
import socket
import unittest
import zlib

from get_case import LIMIT, PARLANCE, GetCase, Server, response
from talk_case import reset

OK = "HTTP/1.1 200 OK\r\n"
CHUNKED = OK + "Transfer-Encoding: chunked\r\n\r\n"


class Broken(GetCase):
    def answer(self, code, pattern, text, *arguments):
        data = text if isinstance(text, bytes) else text.encode("latin1")
        server = self.serve_http(data)
        return self.fails(code, r"^parlance get: get http://127\.0\.0\.1:\d+/page: .*" + pattern, *arguments,
                          server.origin + "/page")

    def test_a_body_that_is_shorter_than_announced(self):
        out = self.answer(7, r"5 of 10 bytes.*after .*try again", OK + "Content-Length: 10\r\n\r\nhello")
        self.assertEqual(out, b"hello")  # what came is passed on, and the exit code tells
        self.answer(7, r"last chunk", CHUNKED + "5\r\nhello\r\n")
        self.answer(7, r"gzip", OK.encode() + b"Content-Encoding: gzip\r\n\r\n" + zlib.compress(b"x" * 999, wbits=31)[:-9])

    def test_what_is_no_answer_to_what_was_asked(self):
        path = os.path.join(self.folder(), "file")
        with open(path, "w") as file:
            file.write("kept")
        part = response(b"0123456789", "Content-Range: bytes 0-9/100", status="206 Part")
        for answer, why, arguments in (
                (part, "status 206 Part, though nobody asked for a part", []), (response(b"ab", status="206 Part"), "asked for a part", []),
                (response(b"", status="304 Not"), "status 304 Not, though nobody asked whether it has changed", []),
                (part, "though nobody asked for this part", ["-r", "5-14"])):
            server = self.serve_http(answer)
            with self.subTest(answer):
                self.fails(7, why, *arguments, "-o", path, server.origin)
                self.assertEqual(self.fails(7, why, *arguments, server.origin), b"")
        with open(path) as file:
            self.assertEqual(file.read(), "kept")
        whole = self.serve_http(response(b"0123456789", "Content-Range: bytes 0-9/10", status="206 Part"))
        self.gets(b"0123456789", whole.origin)
        for asked in ("0-9", "-10", "0-3,8-9"):
            self.gets(b"0123456789", "-r", asked, self.serve_http(part).origin)

    def test_two_lengths_that_disagree(self):
        self.answer(1, r"Content-Length", OK + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!")

    def test_a_length_with_a_sign(self):
        for sign in "+-":
            self.answer(1, r"Content-Length", OK + f"Content-Length: {sign}5\r\n\r\nhello")

    def test_bad_chunk_sizes(self):
        for size in ("+5", "-5", "0x5", "5 5", "g", "", "fffffffffffffffff"):
            with self.subTest(size):
                self.answer(1, r"chunk", CHUNKED + size + "\r\nhello\r\n0\r\n\r\n")

    def test_no_http(self):
        self.answer(1, r"HTTP", "SSH-2.0-OpenSSH_9.2\r\n")
        self.answer(7, r"without an answer", "")

    def test_what_it_says_does_not_steer_a_terminal(self):
        server = self.serve_http(b"HTTP/1.1 404 \x1b]0;owned\x07\r\n\r\n")
        self.assertNotIn("\x1b", self.get(server.origin + "/")[2])
        server = self.serve_http(response(b"", status="404 \xc2\x9b31m"))
        code, _, err = self.get("-v", server.origin + "/")
        self.assertEqual(code, 0)
        self.assertNotIn("\x9b", err)

    def test_a_reset_in_the_middle_of_the_body(self):
        seen = self.event()

        def answer(caller, head, more):
            caller.sendall(OK.encode() + b"Content-Length: 10\r\n\r\nhello")
            seen.wait(LIMIT)
            reset(caller)
        server = self.serve_http(answer)
        program = self.start(PARLANCE, "get", server.origin + "/page")
        self.assertEqual(program.read(5), b"hello")
        seen.set()
        self.assertEqual(program.finish(), (7, b""))
        self.assertRegex(program.stderr, r"get http://.*/page: .*reset.*in the body, 5 of 10 bytes, after .*\n$")

    def endless(self, begin, again):
        def answer(caller, head, more):
            caller.sendall(begin)
            with contextlib.suppress(OSError):
                while True:
                    caller.sendall(again)
        return self.serve_http(answer)

    def test_endless_heads(self):
        line = b"X: " + b"x" * 100 + b"\r\n"
        for begin, again in ((OK.encode(), line), (OK.encode() + b"X: ", b"x" * 10000), (b"", b"x" * 10000),
                             (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"), (CHUNKED.encode() + b"0\r\n", line)):
            with self.subTest(begin + again[:40]):
                self.fails(1, r"get http", self.endless(begin, again).origin + "/")

    def test_a_redirect_loop(self):
        server = self.serve_http(response(b"", "Location: /again", status="302 Found"))
        self.fails(1, r"/again, redirected from http://.*/begin: redirected .*20 times", server.origin + "/begin")
        self.assertEqual(len(server.heads), 21)

    def test_a_decompression_bomb_takes_time_and_no_memory(self):
        size = 300_000_000
        squeeze = zlib.compressobj(9, wbits=31)
        bomb = b"".join(squeeze.compress(b"\0" * 1_000_000) for _ in range(size // 1_000_000)) + squeeze.flush()

        def peak(body):
            return self.peak_memory(self.serve_http(response(body, "Content-Encoding: gzip")).origin)

        self.assertLess(peak(bomb) - peak(zlib.compress(b"", wbits=31)), size // 4)

    def test_bytes_after_what_is_compressed_are_a_warning(self):
        server = self.serve_http(response(zlib.compress(b"page", wbits=31) + b"\0\0\n", "Content-Encoding: gzip"))
        self.assertRegex(self.gets(b"page", server.origin + "/"), r"^parlance get: \S+: warning: 3 bytes after the end .*\n$")
        self.assertEqual(self.gets(b"page", "-q", server.origin + "/"), "")

    def test_folded_lines_and_odd_reasons_are_taken(self):
        server = self.serve_http(b"HTTP/1.1 200 O\x01K\r\nPolicy: a \r\n   b\r\nContent-Length: 4\r\n\r\npage")
        self.gets(b"page", server.origin + "/")
        self.gets(b"HTTP/1.1 200 O K\r\nPolicy: a b\r\nContent-Length: 4\r\n\r\npage", "-i", server.origin + "/")

    def test_a_status_is_told_whatever_its_body_is_coded_in(self):
        server = self.serve_http(response(b"no", "Content-Encoding: rot13", status="404 Not Found"))
        self.assertEqual(self.fails(8, r"status 404", "--fail", server.origin + "/"), b"")

    def test_a_coding_that_nobody_knows(self):
        self.answer(1, r"rot13.*--no-decode", OK + "Content-Encoding: rot13\r\n\r\nuryyb")
        server = self.serve_http((OK + "Content-Encoding: rot13\r\n\r\nuryyb").encode())
        self.gets(b"uryyb", "--no-decode", server.origin + "/")


class Absent(GetCase):
    def test_nobody_listens(self):
        server = Server(lambda *_: None)
        server.close()
        self.fails(4, r"get http://(\S+)/: connect \1: connection refused .*after .*is anything listening",
                   server.origin + "/")

    def test_no_such_host(self):
        self.fails(3, r"nobody\.invalid", "http://nobody.invalid/")

    def test_no_tls(self):
        address = self.serve(lambda caller: caller.sendall(b"220 mail ready\r\n"))
        self.fails(6, r"TLS", f"https://{address}/")

    def test_an_end_of_tls_that_anybody_could_have_made(self):
        context, ca = self.tls("DNS:localhost", "IP:127.0.0.1")

        def answer(caller, head, more):
            caller.sendall(b"HTTP/1.0 200 OK\r\n\r\nhello")
            # The connection ends below TLS, without its close_notify.
        server = self.serve_http(answer, tls=context)
        self.fails(7, r"get https", "--ca", ca, server.origin + "/")


class Slow(GetCase):
    def silent(self, begin=b""):
        """Says `begin`, then nothing until the test ends."""
        ends = self.event()

        def answer(caller, head, more):
            caller.sendall(begin)
            ends.wait(LIMIT)
        return self.serve_http(answer)

    def test_each_limit_names_the_phase(self):
        half = OK.encode() + b"Content-Length: 10\r\n\r\nhello"
        for option, words in (("--first-byte", "sent nothing for 1 s"), ("--timeout", "not done within the 1 s")):
            self.fails(5, words + r".*waiting for the response, after [\d.]+ s", option, "1", self.silent().origin + "/")
        for option, words in (("--stall", "sent nothing for 1 s"), ("--timeout", "not done within the 1 s")):
            self.fails(5, rf"({words}|the head was not whole 1 s after).*in the head", option, "1", self.silent(OK.encode()).origin + "/")
            self.fails(5, words + r".*in the body, 5 of 10 bytes, after ", option, "1", self.silent(half).origin + "/")

    def test_a_tls_handshake_has_a_limit(self):
        # The backlog accepts it; nobody answers.
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.fails(5, r"TLS handshake", "--connect-timeout", "0.3",
                       "https://127.0.0.1:%d/" % listener.getsockname()[1])

    def test_a_slow_server_holds_up_no_other(self):
        go = self.event()
        half = b"slow " * 1000

        def slow(caller, head, more):
            caller.sendall(OK.encode() + b"Content-Length: %d\r\n\r\n" % (2 * len(half)) + half)
            go.wait(LIMIT)
            caller.sendall(half)
        tortoise = self.serve_http(slow)
        hares = [self.serve_http(response(b"%d" % i * 10000)) for i in range(3)]
        program = self.start(PARLANCE, "get", tortoise.origin + "/", *[hare.origin + "/" for hare in hares])
        out = program.read(30000)
        for i in range(3):
            self.assertIn(b"%d" % i * 10000, out)  # each in one piece
        go.set()
        self.assertEqual(program.finish(), (0, half + half), program.stderr)

    def test_one_that_fails_is_told_and_the_others_go_on(self):
        good, bad = self.serve_http(response(b"good")), self.serve_http(OK.encode() + b"Content-Length: 9\r\n\r\nbad")
        worse = self.serve_http(b"nonsense\r\n\r\n")
        code, out, err = self.get(good.origin + "/", bad.origin + "/", worse.origin + "/", good.origin + "/again")
        self.assertEqual((code, out), (7, b"goodgood"), err)  # of what failed, the first in the order given
        self.assertEqual(err.count("\n"), 2)

    def test_verbose_tells_whose_line_it_is(self):
        server = self.serve_http(response(b"x"))
        _, _, err = self.get("-v", server.origin + "/1", server.origin + "/2")
        self.assertIn("[1] > GET /1 HTTP/1.1\n", err)
        self.assertIn("[2] > GET /2 HTTP/1.1\n", err)

    def test_only_so_many_at_once(self):
        go, first = self.event(), self.event()

        def answer(caller, head, more):
            first.set()
            go.wait(LIMIT)
            caller.sendall(response(b"x"))
        server = self.serve_http(answer)
        program = self.start(PARLANCE, "get", "--parallel", "1", server.origin + "/1", server.origin + "/2")
        first.wait(LIMIT)
        self.assertEqual(len(server.heads), 1)
        go.set()
        self.assertEqual(program.finish(), (0, b"xx"), program.stderr)
        self.assertEqual([head.split(" ")[1] for head in server.heads], ["/1", "/2"])

    def test_a_signal_ends_it(self):
        folder = self.folder()
        server = self.silent(OK.encode() + b"Content-Length: 10\r\n\r\nhello")
        for number in (signal.SIGINT, signal.SIGTERM):
            program = self.start(PARLANCE, "get", "-v", "-o", os.path.join(folder, "file"), server.origin + "/")
            program.until(r"^< $")
            program.process.send_signal(number)
            self.assertEqual(program.finish()[0], 130)
            self.assertEqual(os.listdir(folder), [])


if __name__ == "__main__":
    unittest.main()
