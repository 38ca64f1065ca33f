"""Downloads by `parlance get` that fail: tried again, gone on with, and checked."""

import hashlib
import os
import re
import signal
import time
import unittest

from get_case import LIMIT, PARLANCE, GetCase, response

QUICK = ("--retry-delay", "0.001")


class Versions:
    """A server of one file that breaks off each answer after `breaks` bytes, and knows ranges and validators."""

    def __init__(self, case, body, fields=('ETag: "v1"',), breaks=(), ranges=True):
        self.body, self.fields, self.breaks, self.ranges, self.statuses = body, list(fields), list(breaks), ranges, []
        self.server = case.serve_http(self.answer)
        self.url, self.heads = self.server.origin + "/file", self.server.heads

    def answer(self, caller, head, more):
        if self.statuses and (status := self.statuses.pop(0)):
            return caller.sendall(response(b"sorry", *status[1:], status=status[0]))
        asked = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:])
        at, range_ = 0, re.match(r"bytes=(\d+)-", asked.get("range", ""))
        validators = [f.split(": ", 1)[1].lower() for f in self.fields if f.startswith(("ETag", "Last-Modified"))]
        if range_ and self.ranges and asked.get("if-range", validators[:1] and validators[0]) in [*validators, []]:
            at = int(range_.group(1))
        if at and at >= len(self.body):
            return caller.sendall(response(b"", f"Content-Range: bytes */{len(self.body)}", status="416 No"))
        fields = [*self.fields] + ([f"Content-Range: bytes {at}-{len(self.body) - 1}/{len(self.body)}"] if at else [])
        whole = response(self.body[at:], *fields, status="206 Part" if at else "200 OK")
        cut = self.breaks.pop(0) if self.breaks else None
        caller.sendall(whole if cut is None else whole[:len(whole) - len(self.body[at:]) + cut])

    def asked(self, name):
        """What each request had in a field, or None."""
        found = [re.search(rf"(?mi)^{name}: (.*?)\r?$", head) for head in self.heads]
        return [f and f.group(1) for f in found]


class ResumeCase(GetCase):
    BODY = bytes(range(256)) * 400

    def setUp(self):
        self.here = self.folder()
        self.path = os.path.join(self.here, "file")

    def content(self, path=None):
        with open(path or self.path, "rb") as file:
            return file.read()

    def file_is(self, body, *more):
        self.assertEqual(sorted(os.listdir(self.here)), sorted(["file", *more]))
        self.assertTrue(self.content() == body)


class Retries(ResumeCase):
    def test_of_a_status_that_passes(self):
        for status in (("503 Busy",), ("429 Slow", "Retry-After: 0"), ("503 x", "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT"),
                       ("500 Oops", "Retry-After: nonsense"), ("408 x",), ("502 x",), ("504 x",)):
            with self.subTest(status):
                server = Versions(self, b"body")
                server.statuses = [status, status]
                err = self.gets(b"body", "--retry", "2", *QUICK, server.url)
                self.assertEqual(err.count("trying again in"), 2, err)
                self.assertEqual(self.gets(b"body", "-q", "--retry", "2", *QUICK, server.url), "")

    def test_end(self):
        server = Versions(self, b"body")
        server.statuses = [("503 Busy",)] * 3
        code, out, err = self.get("--retry", "2", *QUICK, "--fail", server.url)
        self.assertEqual((code, out, len(server.heads)), (8, b"", 3), err)

    def test_are_not_made_unless_asked_for(self):
        server = Versions(self, b"body")
        server.statuses = [("503 Busy",)]
        self.gets(b"sorry", server.url)

    def test_are_not_made_of_what_stays(self):
        server = Versions(self, b"body")
        for status in ("404 No", "401 Who", "501 What"):
            server.statuses = [(status,)]
            self.gets(b"sorry", "--retry", "3", *QUICK, server.url)

    def test_wait_as_long_as_the_server_wants_but_not_forever(self):
        server = Versions(self, b"body")
        server.statuses = [("503 Busy", "Retry-After: 1")]
        before = time.monotonic()
        self.gets(b"body", "--retry", "1", *QUICK, server.url)
        self.assertGreaterEqual(time.monotonic() - before, 1)
        server.statuses = [("503 Busy", "Retry-After: 99999999999")]
        self.fails(8, r"left alone for longer than 600 s", "--retry", "1", server.url)

    def test_wait_as_long_as_without_where_no_time_is_said_as_curl_has_it(self):
        server = Versions(self, b"body")
        server.statuses = [("503 Busy",)]
        self.assertRegex(self.gets(b"body", "--retry", "1", "--retry-delay", "0", server.url), r"trying again in (0\.[5-9]\d* s|1 s|[5-9]\d\d ms)")
        self.fails(2, "--retry-delay", "--retry-delay", "-1", server.url)

    def test_of_a_body_that_broke_off_begin_anew_where_nothing_has_gone_to_anybody(self):
        for to, requests in (("/dev/null", 2), ("/dev/zero", 1)):
            with self.subTest(to):
                server = Versions(self, b"body" * 1000, fields=(), breaks=(1000,), ranges=False)
                code = self.get("--retry", "1", *QUICK, "-o", to, server.url)[0]
                self.assertEqual((code == 0, len(server.heads)), (requests == 2, requests))

    def test_of_what_changes_something_are_made_only_before_it_is_sent(self):
        server = Versions(self, b"body")
        server.statuses = [("503 Busy",)]
        self.assertEqual(self.get("--retry", "3", *QUICK, "-d", "x", server.url)[1], b"sorry")
        server = self.serve_http(b"")  # ends without an answer
        self.assertEqual(self.get("--retry", "3", *QUICK, "-d", "x", server.origin)[0], 7)
        self.assertEqual(len(server.heads), 1)
        self.assertEqual(self.get("--retry", "3", *QUICK, "-X", "PUT", "-d", "x", server.origin)[0], 7)
        self.assertEqual(len(server.heads), 5)
        code, _, err = self.get("--retry", "2", *QUICK, "-d", "x", "127.0.0.1:1")
        self.assertEqual((code, err.count("trying again")), (4, 2), err)

    def test_of_a_name_that_is_not_found(self):
        code, _, err = self.get("--retry", "2", *QUICK, "http://nobody.invalid/")
        self.assertEqual((code, err.count("trying again")), (3, 2), err)

    def test_have_a_time_in_all(self):
        server = Versions(self, b"body")
        for limit, out in (("1.5", b"sorry"), ("60", b"body")):
            server.statuses = [("503 Busy", "Retry-After: 1")] * 2
            self.gets(out, "--retry", "9", "--retry-max-time", limit, server.url)
            self.assertEqual(server.statuses, [])
        code, _, err = self.get("--retry", "9", "--retry-max-time", "0.5", "--retry-delay", "5", "http://127.0.0.1:1/")
        self.assertEqual((code, err.count("trying again")), (4, 0), err)

    def test_are_made_of_all_errors_where_that_is_wanted(self):
        server = Versions(self, b"body")
        everything = ("--retry", "2", *QUICK, "--retry-all-errors")
        for status in ("404 No", "503 Busy"):
            for arguments in (["-f"], ["--fail-with-body"], ["-f", "-d", "x"]):
                with self.subTest(status, arguments=arguments):
                    server.statuses = [(status,)] * 2
                    self.gets(b"body", *everything, *arguments, server.url)
        server.statuses = [("404 No",)]
        self.gets(b"sorry", *everything, server.url)  # which is no error without -f
        server = self.serve_http(b"")  # ends without an answer
        self.assertEqual(self.get(*everything, "-d", "x", server.origin)[0], 7)
        self.assertEqual(len(server.heads), 3)
        context, _ = self.tls("IP:127.0.0.1")
        code, _, err = self.get(*everything, self.serve_http(response(b""), tls=context).origin)
        self.assertEqual((code, err.count("trying again")), (6, 2), err)

    def test_of_no_trust_are_not_made(self):
        context, _ = self.tls("IP:127.0.0.1")
        server = self.serve_http(response(b""), tls=context)
        self.fails(6, r"certificate", "--retry", "3", server.origin)

    def test_go_on_inside_a_download(self):
        server = Versions(self, self.BODY, breaks=[10, 0, 5000])
        self.get("--retry", "5", *QUICK, "-o", self.path, server.url)
        self.file_is(self.BODY)
        self.assertEqual(server.asked("Range"), [None, "bytes=10-", "bytes=10-", "bytes=5010-"])
        self.assertEqual(server.asked("If-Range"), [None, '"v1"', '"v1"', '"v1"'])

    def test_go_on_with_what_get_gives_and_nothing_else(self):
        server = Versions(self, self.BODY, breaks=[10])
        self.get("-X", "PUT", "-d", "x", "--retry", "1", *QUICK, "-o", self.path, server.url)
        self.file_is(self.BODY)
        self.assertEqual(server.asked("Range"), [None, None])

    def test_go_on_on_stdout(self):
        self.gets(self.BODY, "-q", "--retry", "1", *QUICK, Versions(self, self.BODY, breaks=[1000]).url)

    def test_go_on_by_a_date_that_is_strong(self):
        date, later = "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT", "Date: Sun, 06 Nov 1994 08:49:38 GMT"
        server = Versions(self, self.BODY, fields=[date, later], breaks=[10])
        self.get("--retry", "1", *QUICK, "-o", self.path, server.url)
        self.file_is(self.BODY)
        self.assertEqual(server.asked("If-Range"), [None, "Sun, 06 Nov 1994 08:49:37 GMT"])

    def test_begin_anew_where_nothing_proves_that_it_is_the_same(self):
        date = "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT"
        for fields in ([], ['ETag: W/"v1"'], [date], [date, "Date: Sun, 06 Nov 1994 08:49:37 GMT"], ['ETag: W/"v1"', date]):
            with self.subTest(fields):
                server = Versions(self, self.BODY, fields=fields, breaks=[10])
                self.get("--retry", "1", *QUICK, "-o", self.path, server.url)
                self.file_is(self.BODY)
                self.assertEqual(server.asked("Range"), [None, None])
                server = Versions(self, self.BODY, fields=fields, breaks=[10])
                code, out, _ = self.get("--retry", "1", *QUICK, server.url)
                self.assertEqual((code, out), (7, self.BODY[:10]))

    def changing(self, after):
        """A server that breaks off after 10 bytes, and has changed then."""
        server = Versions(self, self.BODY, breaks=[10])
        answer = server.answer

        def change(caller, head, more):
            if len(server.heads) > 1 and "\r\nRange: " in head + "\r\n":
                return caller.sendall(after)
            answer(caller, head, more)
        server.server._answer = change
        return server

    def test_take_nothing_for_a_continuation_that_is_none(self):
        last, size = len(self.BODY) - 1, len(self.BODY)
        rest = self.BODY[10:]
        for after in (response(b"new", 'ETag: "v2"'),
                      response(rest, 'ETag: "v2"', f"Content-Range: bytes 10-{last}/{size}", status="206 x"),
                      response(rest, f"Content-Range: bytes 11-{last + 1}/{size}", status="206 x"),
                      response(rest, f"Content-Range: bytes 10-{last}/{size + 1}", status="206 x"),
                      response(rest, f"Content-Range: bytes 10-{last - 1}/{size}", status="206 x"),
                      response(rest, "Content-Range: bytes 10-9/5", status="206 x"), response(rest, status="206 x")):
            with self.subTest(after[:90]):
                server = self.changing(after)
                code, _, err = self.get("--retry", "1", *QUICK, "-o", self.path, server.url)
                self.assertEqual(code, 0, err)
                # Part of something is the whole of nothing: it is asked for anew, and for all of it.
                is_part = after.startswith(b"HTTP/1.1 206")
                self.file_is(self.BODY if is_part else b"new")
                self.assertEqual(server.asked("Range")[1:], ["bytes=10-", None] if is_part else ["bytes=10-"])
                self.assertEqual("fetching it anew" in err, is_part, err)
                self.assertEqual(self.get("--retry", "1", *QUICK, self.changing(after).url)[:2], (7, self.BODY[:10]))

    def test_a_file_that_became_shorter_under_the_same_validator_is_fetched_anew(self):
        server = Versions(self, self.BODY, breaks=[50_000])
        answer = server.answer

        def shorten(caller, head, more):
            if len(server.heads) > 1:
                server.body = self.BODY[:60_000]
            answer(caller, head, more)
        server.server._answer = shorten
        self.get("--retry", "1", *QUICK, "-o", self.path, server.url)
        self.file_is(self.BODY[:60_000])
        self.assertEqual(server.asked("Range"), [None, "bytes=50000-", None])


class Continuing(ResumeCase):
    def begin(self, breaks=(1000,), **more):
        server = Versions(self, self.BODY, breaks=breaks, **more)
        code, _, err = self.get("-C", "-", "-o", self.path, server.url)
        self.assertEqual(code, 7, err)
        return server

    def go_on(self, server, *more):
        code, _, err = self.get("--continue", *more, "-o", self.path, server.url)
        self.assertEqual(code, 0, err)
        return err

    def test_what_has_come_is_kept_and_gone_on_with(self):
        server = self.begin()
        self.assertEqual(sorted(os.listdir(self.here)), ["file.part", "file.part.json"])
        self.assertEqual(self.content(self.path + ".part"), self.BODY[:1000])
        self.go_on(server)
        self.file_is(self.BODY)
        self.assertEqual(server.asked("Range"), [None, "bytes=1000-"])
        self.assertEqual(server.asked("Accept-Encoding"), [None, None])

    def test_what_has_changed_is_fetched_anew(self):
        server = self.begin()
        server.body, server.fields = self.BODY[::-1], ['ETag: "v2"']
        self.go_on(server)
        self.file_is(self.BODY[::-1])

    def test_what_became_shorter_is_fetched_anew_where_the_server_has_no_rest(self):
        for fields in (["Content-Range: bytes */1000"], ["Content-Range: bytes */5"], []):
            with self.subTest(fields):
                server = self.begin()
                server.body, server.statuses = b"short", [("416 No", *fields)]
                self.assertIn("fetching it anew", self.go_on(server))
                self.file_is(b"short")
                self.assertEqual(server.asked("Range"), [None, "bytes=1000-", None])
                os.remove(self.path)

    def test_what_is_of_another_url_is_fetched_anew(self):
        self.begin()
        other = Versions(self, b"other")
        self.go_on(other)
        self.file_is(b"other")
        self.assertEqual(other.asked("Range"), [None])

    def test_what_nothing_is_known_of_is_fetched_anew(self):
        for note in (None, b"{", b"[]", b'{"url": 1}', b'{"url": "%s", "validator": 5}', b'{"url": "%s", "validator": "\\"v1\\"", "size": 3}'):
            server = self.begin()
            if note is None:
                os.remove(self.path + ".part.json")
            else:
                with open(self.path + ".part.json", "wb") as file:
                    file.write(note.replace(b"%s", server.url.encode()))
            self.go_on(server)
            self.file_is(self.BODY)
            self.assertEqual(server.asked("Range"), [None, None])
            os.remove(self.path)

    def test_nothing_is_kept_that_cannot_go_on(self):
        self.begin(fields=[])
        self.assertEqual(os.listdir(self.here), [])

    def test_a_file_that_is_whole_is_left_alone(self):
        server = Versions(self, self.BODY)
        self.go_on(server)
        inode = os.stat(self.path).st_ino
        self.assertRegex(self.go_on(server), "file is whole already")
        self.assertEqual(os.stat(self.path).st_ino, inode)
        self.file_is(self.BODY)

    def test_a_file_of_which_nothing_is_known_is_replaced_when_the_new_one_is_whole(self):
        with open(self.path, "wb") as file:
            file.write(b"old")
        os.chmod(self.path, 0o600)
        server = self.begin(breaks=(None, 1000))  # it first asks whether what is there is all of it
        self.assertEqual(self.content(), b"old")
        self.go_on(server)
        self.file_is(self.BODY)
        self.assertEqual(os.stat(self.path).st_mode & 0o777, 0o600)

    def keep(self, content):
        with open(self.path, "wb") as file:
            file.write(content)

    def test_a_file_that_is_whole_has_its_digest(self):
        server = Versions(self, self.BODY)
        digest = ("--sha256", hashlib.sha256(self.BODY).hexdigest())
        self.keep(self.BODY)
        self.assertRegex(self.go_on(server, *digest), "file is whole already")
        self.keep(self.BODY[::-1])
        self.assertNotIn("already", self.go_on(server, *digest))
        self.file_is(self.BODY)
        self.keep(self.BODY[::-1])
        self.fails(1, r"SHA-256", "-C", "-", "--sha256", "0" * 64, "-o", self.path, server.url)
        self.file_is(self.BODY[::-1])

    def test_whether_a_file_is_whole_is_asked_again(self):
        self.keep(self.BODY)
        server = Versions(self, self.BODY)
        answer, server.server._answer = server.server._answer, lambda caller, head, more: None  # no answer at all

        def recover(caller, head, more):
            server.server._answer = answer
        server.server._answer = recover
        self.assertRegex(self.go_on(server, "--retry", "1", *QUICK), r"trying again(.*\n)*.*file is whole already")
        self.assertEqual(server.asked("Range"), [f"bytes={len(self.BODY)}-"] * 2)

    def test_what_cannot_be_replaced_is_overwritten(self):
        server = Versions(self, self.BODY)
        other = os.path.join(self.here, "other")
        self.keep(b"old")
        os.link(self.path, other)
        self.go_on(server)
        self.file_is(self.BODY, "other")
        self.assertTrue(os.path.samefile(self.path, other))
        os.remove(other)
        os.remove(self.path)
        os.symlink("other", self.path)
        self.go_on(server)
        self.assertTrue(os.path.islink(self.path))
        self.file_is(self.BODY, "other")

    @unittest.skipIf(os.getuid() != 0, "needs root, to give a file away")
    def test_its_owner_stays(self):
        self.keep(b"old")
        os.chown(self.path, 65534, 65533)
        os.chmod(self.path, 0o640)
        self.go_on(Versions(self, self.BODY))
        status = os.stat(self.path)
        self.assertEqual((status.st_uid, status.st_gid, status.st_mode & 0o7777), (65534, 65533, 0o640))
        self.file_is(self.BODY)

    def test_where_nothing_can_be_kept_it_comes_all_the_same(self):
        server, name = Versions(self, self.BODY, breaks=[1000]), "n" * 250
        path = os.path.join(self.here, name)
        self.assertEqual(self.get("-C", "-", "-o", path, server.url)[0], 7)
        self.assertEqual(os.listdir(self.here), [])
        self.assertRegex(self.get("-C", "-", "-o", path, server.url)[2], "no room beside it")
        self.assertTrue(self.content(path) == self.BODY)
        server.statuses = [("200 OK",), ("404 Gone",)]
        self.assertEqual(self.get("-C", "-", "-o", path, server.url)[0], 8)
        self.assertTrue(self.content(path) == self.BODY)

    def test_an_error_gives_up_nothing(self):
        server = self.begin()
        server.statuses = [("404 Gone",)]
        self.assertEqual(self.get("-C", "-", "-o", self.path, server.url)[0], 8)
        self.assertEqual(self.content(self.path + ".part"), self.BODY[:1000])
        self.go_on(server)
        self.file_is(self.BODY)

    def test_a_part_that_is_whole_needs_no_more(self):
        server = self.begin()
        with open(self.path + ".part", "wb") as file:
            file.write(self.BODY)
        self.go_on(server)
        self.file_is(self.BODY)

    def test_parts_of_others_are_not_used(self):
        precious = os.path.join(self.folder(), "precious")
        with open(precious, "wb") as file:
            file.write(b"precious")
        for make in (os.symlink, os.link):
            make(precious, self.path + ".part")
            self.fails(1, r"\.part", "-C", "-", "-o", self.path, Versions(self, self.BODY).url)
            self.assertEqual(self.content(precious), b"precious")
            os.remove(self.path + ".part")
        os.mkfifo(self.path + ".part")
        self.fails(1, r"\.part", "-C", "-", "-o", self.path, Versions(self, self.BODY).url)

    def test_one_process_at_a_time(self):
        go = self.event()

        def answer(caller, head, more):
            caller.sendall(b'HTTP/1.1 200 OK\r\nETag: "1"\r\nContent-Length: 10\r\n\r\nhello')
            go.wait(LIMIT)
            caller.sendall(b"world")
        url = self.serve_http(answer).origin + "/file"
        program = self.start(PARLANCE, "get", "-v", "-C", "-", "-o", self.path, url)
        program.until(r"^< $")
        self.fails(1, r"another process is writing it", "-C", "-", "-o", self.path, url)
        go.set()
        self.assertEqual(program.finish()[0], 0, program.stderr)
        self.file_is(b"helloworld")

    def test_after_a_signal(self):
        server = self.nginx({"big": os.urandom(1 << 20) * 4})
        program = self.start(PARLANCE, "get", "-v", "--limit-rate", "100k", "-C", "-", "-o", self.path, server.http + "/big")
        program.until(r"^< $")
        while not os.path.exists(self.path + ".part") or not os.path.getsize(self.path + ".part"):
            time.sleep(0.01)
        program.process.send_signal(signal.SIGINT)
        self.assertEqual(program.finish()[0], 130)
        had = os.path.getsize(self.path + ".part")
        _, _, err = self.get("-v", "-C", "-", "-o", self.path, server.http + "/big")
        self.assertRegex(err, rf"> Range: bytes={had}-\n(.*\n)*.*< HTTP/1.1 206")
        self.assertEqual(os.listdir(self.here), ["file"])
        self.gets(self.content(), server.http + "/big")

    def test_wants_a_file_that_has_a_name(self):
        self.fails(2, r"-C goes on with a file", "-C", "-", "http://127.0.0.1:1/x")
        self.fails(2, r"leave out -J", "-C", "-", "-OJ", "http://127.0.0.1:1/x")

    def test_wants_a_dash(self):
        self.assertEqual(self.get("-C", "100", "http://127.0.0.1:1/")[0], 2)


class Checks(ResumeCase):
    def test_of_the_digest(self):
        server = Versions(self, self.BODY)
        digest = hashlib.sha256(self.BODY).hexdigest()
        self.gets(self.BODY, "--sha256", digest.upper(), server.url)
        self.gets(b"", "--sha256", digest, "-o", self.path, server.url)
        self.file_is(self.BODY)
        server.body = self.BODY + b"!"
        self.assertEqual(self.fails(1, rf"SHA-256 is [0-9a-f]{{64}}, not {digest}", "--sha256", digest, server.url), b"")
        self.fails(1, r"SHA-256", "--sha256", digest, "-o", self.path, server.url)
        self.file_is(self.BODY)
        self.fails(2, r"64 hexadecimal", "--sha256", "abc", server.url)
        self.fails(2, r"more --sha256", "--sha256", digest, "--sha256", digest, server.url)

    def test_of_the_digest_of_what_was_gone_on_with(self):
        digest = hashlib.sha256(self.BODY).hexdigest()
        for how in (["--retry", "1", *QUICK], ["-C", "-"]):
            server = Versions(self, self.BODY, breaks=[1000])
            arguments = [*how, "--sha256", digest, "-o", self.path, server.url]
            if how[0] == "-C":
                self.assertEqual(self.get(*arguments)[0], 7)
            self.assertEqual(self.get(*arguments)[0], 0)
            self.file_is(self.BODY)
            os.remove(self.path)
        server = Versions(self, self.BODY, breaks=[1000])
        self.get("-C", "-", "-o", self.path, server.url)
        with open(self.path + ".part", "r+b") as file:
            file.write(b"X")
        self.fails(1, r"SHA-256", *arguments[:-1], server.url)
        self.assertEqual(os.listdir(self.here), [])  # or it would fail for ever

    def test_of_the_size(self):
        server = Versions(self, self.BODY)
        self.gets(self.BODY, "--max-filesize", "100k", server.url)
        self.fails(1, r"more than the 1024 bytes", "--max-filesize", "1k", "-o", self.path, server.url)
        unknown = self.serve_http(b"HTTP/1.1 200 OK\r\n\r\n" + self.BODY)
        self.fails(1, r"more than the 102399 bytes", "--max-filesize", "102399", "-o", self.path, unknown.origin)
        self.assertEqual(os.listdir(self.here), [])
        for size in ("0", "-1", "x", "1kb", "1e400", ""):
            self.assertEqual(self.get("--max-filesize", size, server.url)[0], 2)

    def test_of_the_rate(self):
        server = Versions(self, self.BODY)
        before = time.monotonic()
        self.gets(self.BODY, "--limit-rate", "200k", server.url)
        self.assertGreaterEqual(time.monotonic() - before, 0.4)
        server = self.echo()
        for stdin, arguments in ((b"", ["-T", self.path]), (self.BODY, ["-T", "-"]), (b"", ["-F", f"f=@{self.path}"])):
            with open(self.path, "wb") as file:
                file.write(self.BODY)
            before = time.monotonic()
            code, _, err = self.get("--limit-rate", "200k", *arguments, server.origin + "/x", stdin=stdin)
            self.assertEqual(code, 0, err)
            self.assertGreaterEqual(time.monotonic() - before, 0.4)
            self.assertIn(self.BODY.decode("latin1"), self.asked[-1]["body"])

    def test_of_the_date(self):
        server = Versions(self, b"x", fields=["Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT"])
        for how in ((), ("-C", "-")):
            self.gets(b"", *how, "-R", "-o", self.path, server.url)
            self.assertEqual(os.stat(self.path).st_mtime, 784111777)
            os.remove(self.path)
        server.fields = ["Last-Modified: yesterday"]
        self.gets(b"", "-R", "-o", self.path, server.url)


class Conditions(ResumeCase):
    def test_by_an_etag(self):
        server = self.serve_http(lambda caller, head, more: caller.sendall(
            response(b"", status="304 Same") if 'If-None-Match: "v1"' in head else response(b"new", 'ETag: "v1"')))
        tag = os.path.join(self.here, "tag")
        arguments = ["--etag-compare", tag, "--etag-save", tag, "-o", self.path, server.origin]
        self.gets(b"", *arguments)
        self.file_is(b"new", "tag")
        self.assertEqual(self.content(tag), b'"v1"\n')
        with open(self.path, "wb") as file:
            file.write(b"mine")
        self.gets(b"", *arguments)
        self.file_is(b"mine", "tag")
        self.gets(b"", "--etag-compare", tag, server.origin)
        self.fails(2, r"of one URL", *arguments, server.origin)

    def test_by_a_date(self):
        server = Versions(self, b"x")
        os.close(os.open(self.path, os.O_CREAT))
        os.utime(self.path, (784111777, 784111777))
        for given in (self.path, "1994-11-06 08:49:37", "Sun, 06 Nov 1994 08:49:37 GMT"):
            self.gets(b"x", "-z", given, server.url)
            self.assertEqual(server.asked("If-Modified-Since")[-1], "Sun, 06 Nov 1994 08:49:37 GMT")
            self.gets(b"x", "--time-cond=-" + given, server.url)
            self.assertEqual(server.asked("If-Unmodified-Since")[-1], "Sun, 06 Nov 1994 08:49:37 GMT")
        self.gets(b"x", "-z", "/nonexistent", server.url)
        self.assertEqual(server.asked("If-Modified-Since")[-1], None)
        # Of a server that takes no notice of it.
        server.fields = ["Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT"]
        for given, comes in (("1994-11-06 08:49:37", b""), ("1994-11-06 08:49:36", b"x"), ("-1994-11-06 08:49:37", b"x"),
                             ("-1994-11-06 08:49:36", b"")):
            self.gets(comes, "--time-cond=" + given, server.url)
        self.gets(b"x", "-H", "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT", server.url)
        server.fields = []
        for given in ("19941106 08:49:37", "6 Nov 1994 08:49:37", "Nov 6 08:49:37 1994", "6-november-94 8:49:37 gmt", "Sunday, 06-Nov-94 08:49:37 GMT",
                      "1994-11-06T08:49:37Z", "1994-11-06 10:49:37 +0200", "06 Nov 1994 00:49:37 -0800", "08:49:37 1994-11-06", "Nov  6, 1994 08:49:37 UTC"):
            with self.subTest(given):
                self.gets(b"x", "-z", given, server.url)
                self.assertEqual(server.asked("If-Modified-Since")[-1], "Sun, 06 Nov 1994 08:49:37 GMT")
                self.gets(b"x", "--time-cond=-" + given, server.url)
                self.assertEqual(server.asked("If-Unmodified-Since")[-1], "Sun, 06 Nov 1994 08:49:37 GMT")
        for given in ("20200229", "29 Feb 2020", "Feb 29 2020", "2020-02-29", "Sat 29 Feb 20"):
            self.gets(b"x", "-z", given, server.url)
            self.assertEqual(server.asked("If-Modified-Since")[-1], "Sat, 29 Feb 2020 00:00:00 GMT")
        for wrong in ("next tuesday, 5 o'clock", "20210229", "29 Feb 2021", "2020-13-01", "1 Jan 2020 24:00", "1 Jan 2020 10:60:00", "1 Jan 2020 1:2:61",
                      "1 Jan Feb 2020", "1 Jan 2020 10:00 +2500", "1 Jan 2020 10:00 +0160", "1 Jan 2020 10:00 GMT +0200", "1 2 3 Jan 2020", "10:00 11:00 1 Jan 2020",
                      "1 Jan", "Jan 2020 ,", "123456789", "12345"):
            self.fails(2, r"-z wants a date", "-z", wrong, server.url)

    def test_leave_alone_what_nginx_has_not_changed(self):
        server = self.nginx({"page": b"page"})
        self.gets(b"", "-R", "-o", self.path, server.http + "/page")
        inode = os.stat(self.path).st_ino
        self.gets(b"", "-z", self.path, "-R", "-o", self.path, server.http + "/page")
        self.assertEqual(os.stat(self.path).st_ino, inode)


if __name__ == "__main__":
    unittest.main()
