"""Where `parlance get` puts what it fetches: files, pipes and terminals."""

import os
import pty
import signal
import stat
import subprocess
import threading
import unittest

from get_case import LIMIT, PARLANCE, GetCase, all_of_terminal, response


class ToAFile(GetCase):
    def setUp(self):
        self.folder_ = self.folder()
        self.path = os.path.join(self.folder_, "file")

    def content(self, path=None):
        with open(path or self.path, "rb") as file:
            return file.read()

    def in_two_halves(self):
        """A server that sends 5 of 10 bytes, then the rest or nothing, when it is told."""
        go = self.event()
        self.rest = b"world"

        def answer(caller, head, more):
            caller.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
            go.wait(LIMIT)
            caller.sendall(self.rest)
        server = self.serve_http(answer)
        return server.origin + "/", go

    def test_it_has_its_name_only_when_it_is_whole(self):
        url, go = self.in_two_halves()
        program = self.start(PARLANCE, "get", "-v", "-o", self.path, url)
        program.until(r"^< $")
        self.assertFalse(os.path.exists(self.path))
        go.set()
        self.assertEqual(program.finish(), (0, b""), program.stderr)
        self.assertEqual(self.content(), b"helloworld")
        self.assertEqual(os.listdir(self.folder_), ["file"])

    def test_a_failure_leaves_nothing(self):
        url, go = self.in_two_halves()
        self.rest = b""
        go.set()
        self.fails(7, r"5 of 10 bytes", "-o", self.path, url)
        self.assertEqual(os.listdir(self.folder_), [])

    def test_a_failure_leaves_what_was_there(self):
        with open(self.path, "wb") as file:
            file.write(b"old")
        url, go = self.in_two_halves()
        self.rest = b""
        go.set()
        self.fails(7, r"5 of 10 bytes", "-o", self.path, url)
        self.assertEqual(self.content(), b"old")
        self.assertEqual(os.listdir(self.folder_), ["file"])

    def test_a_status_that_is_a_failure_leaves_nothing(self):
        server = self.serve_http(response(b"sorry", status="500 Oops"))
        self.fails(8, r"status 500 Oops", "--fail", "-o", self.path, server.origin + "/")
        self.assertEqual(os.listdir(self.folder_), [])

    def test_what_was_there_is_replaced_and_its_mode_stays(self):
        with open(self.path, "wb") as file:
            file.write(b"old and longer")
        os.chmod(self.path, 0o600)
        self.gets(b"", "-o", self.path, self.serve_http(response(b"new")).origin + "/")
        self.assertEqual(self.content(), b"new")
        self.assertEqual(stat.S_IMODE(os.stat(self.path).st_mode), 0o600)

    def test_a_link_is_followed(self):
        link = os.path.join(self.folder_, "link")
        open(self.path, "wb").close()
        os.symlink("file", link)
        self.gets(b"", "-o", link, self.serve_http(response(b"new")).origin + "/")
        self.assertTrue(os.path.islink(link))
        self.assertEqual(self.content(), b"new")

    def test_a_device_stays_one(self):
        self.gets(b"", "-o", "/dev/null", self.serve_http(response(b"gone")).origin + "/")
        self.assertTrue(stat.S_ISCHR(os.stat("/dev/null").st_mode))

    def test_a_named_pipe_is_written_to(self):
        os.mkfifo(self.path)
        came = []
        reader = threading.Thread(target=lambda: came.append(self.content()))
        url = self.serve_http(response(b"through")).origin + "/"
        self.fails(1, r"write .*file", "-o", self.path, url)  # nobody reads it
        reader.start()
        while not came and self.get("-o", self.path, url)[0] != 0:
            pass
        reader.join(LIMIT)
        self.assertEqual(came, [b"through"])

    def test_a_link_to_nothing_yet_is_followed(self):
        link = os.path.join(self.folder_, "link")
        os.symlink("file", link)
        self.gets(b"", "-o", link, self.serve_http(response(b"new")).origin + "/")
        self.assertTrue(os.path.islink(link))
        self.assertEqual(self.content(), b"new")

    def old(self):
        with open(self.path, "wb") as file:
            file.write(b"old, and longer than the new one")

    def overwrites(self, *command, **more):
        """What is there is overwritten, when the body is whole, and nothing else is left."""
        inode = os.stat(self.path).st_ino
        url, go = self.in_two_halves()
        go.set()
        self.rest = b""
        done = [*command, PARLANCE, "get", "-o", self.path, url]
        short = subprocess.run(done, capture_output=True, timeout=LIMIT, **more)
        self.assertEqual((short.returncode, self.content()[:3]), (7, b"old"), short.stderr)
        self.rest = b"world"
        whole = subprocess.run(done, capture_output=True, timeout=LIMIT, **more)
        self.assertEqual((whole.returncode, whole.stderr), (0, b""))
        self.assertEqual((self.content(), os.stat(self.path).st_ino), (b"helloworld", inode))

    def test_a_file_of_two_names_stays_one(self):
        self.old()
        other = os.path.join(self.folder_, "other")
        os.link(self.path, other)
        self.overwrites()
        self.assertEqual(self.content(other), b"helloworld")
        self.assertEqual(sorted(os.listdir(self.folder_)), ["file", "other"])

    def test_a_mount_point_stays_one(self):
        source = os.path.join(self.folder(), "source")
        for path in (self.path, source):
            with open(path, "wb") as file:
                file.write(b"old, and longer than the new one")
        apart = ["unshare", "--mount"] if os.getuid() == 0 else ["unshare", "--user", "--map-root-user", "--mount"]
        mount = [*apart, "sh", "-c", 'mount --bind "$0" "$1" && shift && exec "$@"', source, self.path]
        if subprocess.run([*mount, "true"], stderr=subprocess.DEVNULL).returncode != 0:
            self.skipTest("nothing can be mounted here")
        url = self.serve_http(response(b"new")).origin + "/"
        done = subprocess.run([*mount, PARLANCE, "get", "-o", self.path, url], capture_output=True, timeout=LIMIT)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertEqual(self.content(source), b"new")
        self.assertEqual(os.listdir(self.folder_), ["file"])

    def test_what_is_in_a_folder_that_cannot_be_written_is_overwritten(self):
        nobody = {"user": 65534, "group": 65534, "extra_groups": []}
        try:
            subprocess.run([PARLANCE, "--version"], stdout=subprocess.DEVNULL, **nobody)
        except PermissionError:
            self.skipTest("needs root, to be another, and a program that others can run")
        self.old()
        os.chmod(self.path, 0o666)
        for mode in (0o755, 0o1777):  # of others, or like /tmp
            os.chmod(self.folder_, mode)
            self.old()
            self.overwrites(**nobody)
            self.assertEqual(os.listdir(self.folder_), ["file"])
        os.chmod(self.path, 0o644)
        url = self.serve_http(response(b"new")).origin + "/"
        self.fails(1, r"write .*file: permission denied", "-o", self.path, url, **nobody)

    @unittest.skipIf(os.getuid() != 0, "needs root, to give a file away")
    def test_its_owner_stays(self):
        self.old()
        os.chown(self.path, 65534, 65533)
        os.chmod(self.path, 0o4750)
        self.gets(b"", "-o", self.path, self.serve_http(response(b"new")).origin + "/")
        status = os.stat(self.path)
        self.assertEqual((status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)), (65534, 65533, 0o4750))
        self.assertEqual(self.content(), b"new")

    def test_its_name_may_be_as_long_as_names_are(self):
        name, url = "n" * 255, self.serve_http(response(b"new")).origin + "/"
        self.gets(b"", "-o", os.path.join(self.folder_, name), url)
        self.gets(b"", "-o", os.path.join(self.folder_, name), url)
        self.gets(b"", "-o", name, url, cwd=self.folder_)
        self.assertEqual(os.listdir(self.folder_), [name])
        deep = os.path.join(self.folder_, *["d" * 200] * 20)[:4000]
        os.makedirs(deep)
        path = os.path.join(deep, "f" * (4095 - len(deep) - 1))
        self.gets(b"", "-o", path, url)
        self.assertEqual(self.content(path), b"new")

    def test_a_stalled_named_pipe_holds_up_neither_time_nor_signals(self):
        os.mkfifo(self.path)
        reader = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        url = self.serve_http(response(b"x" * 3000000)).origin + "/"
        self.fails(5, r"not done within the 1 s.*writing", "-t", "1", "-o", self.path, url)
        for number in (signal.SIGINT, signal.SIGTERM):
            program = self.start(PARLANCE, "get", "-v", "-o", self.path, url)
            program.until(r"^< $")
            program.process.send_signal(number)
            self.assertEqual(program.finish()[0], 130)

    def test_where_none_can_be_made_it_says_so(self):
        url = self.serve_http(response(b"x")).origin + "/"
        self.fails(1, r"write /nonexistent/file: no such file", "-o", "/nonexistent/file", url)
        self.fails(1, r"write .*: is a directory", "-o", self.folder_, url)

    def test_a_full_disk_is_a_failure(self):
        self.fails(1, r"write /dev/full: no space left", "-o", "/dev/full",
                   self.serve_http(response(b"x")).origin + "/")

    def test_each_goes_with_a_url_in_order(self):
        servers = [self.serve_http(response(b"%d" % i)) for i in range(3)]
        other = os.path.join(self.folder_, "other")
        self.gets(b"1", "-o", self.path, "-o", "-", "-o", other, *[s.origin + "/" for s in servers])
        self.assertEqual((self.content(), self.content(other)), (b"0", b"2"))
        self.gets(b"2", "-o", self.path, servers[0].origin + "/", servers[2].origin + "/")

    def test_a_status_that_is_a_failure_may_leave_its_body(self):
        url = self.serve_http(response(b"sorry", status="500 Oops")).origin + "/"
        for name in ("--fail-with-body", "--check-status"):
            self.assertEqual(self.fails(8, r"status 500 Oops", name, url), b"sorry")
        self.fails(8, r"status 500 Oops", "--fail-with-body", "-o", self.path, url)
        self.assertEqual(self.content(), b"sorry")
        self.gets(b"fine", "--fail-with-body", self.serve_http(response(b"fine")).origin)

    def test_the_head_may_go_to_a_file_of_its_own(self):
        url = self.serve_http(response(b"body", "X: y")).origin + "/"
        head = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nX: y\r\n\r\n"
        self.gets(b"body", "-D", self.path, url)
        self.assertEqual(self.content(), head)
        self.gets(head + b"body", "-D", "-", url)
        self.gets(head, "-D", "-", "-o", self.path, url)
        self.assertEqual(self.content(), b"body")
        self.gets(2 * head, "-D", "-", "-o", self.path, "-o", self.path + "2", url, url)
        url = self.serve_http(response(b"body", "X: y", status="404 None")).origin + "/"
        self.fails(8, "404 None", "--fail", "-D", self.path, url)
        self.assertEqual(self.content(), head.replace(b"200 OK", b"404 None"))
        self.fails(2, r"head of one URL", "-D", self.path, url, url)

    def test_the_head_comes_before_the_body(self):
        self.gets(b"", "-i", "-o", self.path, self.serve_http(response(b"body", "X: y")).origin + "/")
        self.assertEqual(self.content(), b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nX: y\r\n\r\nbody")


class ToAPipe(GetCase):
    def test_bytes_pass_as_they_are(self):
        body = bytes(range(256)) * 100
        self.gets(body, self.serve_http(response(body, "Content-Type: text/plain; charset=latin1")).origin + "/")

    def test_pieces_pass_as_they_come(self):
        go = self.event()

        def answer(caller, head, more):
            caller.sendall(b"HTTP/1.1 200 OK\r\n\r\nfirst")
            go.wait(LIMIT)
            caller.sendall(b"second")
        program = self.start(PARLANCE, "get", self.serve_http(answer).origin + "/")
        self.assertEqual(program.read(5), b"first")
        go.set()
        self.assertEqual(program.finish(), (0, b"second"))

    def test_nobody_reads_any_more(self):
        def answer(caller, head, more):
            caller.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                caller.sendall(b"x" * 65536)
        program = self.start(PARLANCE, "get", self.serve_http(answer).origin + "/")
        program.read(10)
        program.process.stdout.close()
        self.assertEqual(program.process.wait(LIMIT), -signal.SIGPIPE)
        self.assertEqual(program.rest_of_stderr(), "")

    def test_a_full_disk_is_a_failure(self):
        server = self.serve_http(response(b"x"))
        with open("/dev/full", "wb") as full:
            done = subprocess.run([PARLANCE, "get", server.origin + "/"], stdout=full, stderr=subprocess.PIPE, timeout=LIMIT)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, rb"write to stdout: no space left")

    def test_a_closed_one_is_a_failure_and_nothing_is_asked(self):
        server = self.serve_http(response(b"x"))
        for backend in ("io_uring", "epoll"):
            done = subprocess.run(["sh", "-c", 'exec "$0" --backend "$1" get "$2" >&-', PARLANCE, backend, server.origin + "/"],
                                  stderr=subprocess.PIPE, timeout=LIMIT)
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stderr, rb"^parlance get: write to stdout: it is closed.*\n$")
        done = subprocess.run(["sh", "-c", 'exec "$0" get -D - -o /dev/null "$1" >&-', PARLANCE, server.origin + "/"],
                              stderr=subprocess.PIPE, timeout=LIMIT)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(server.heads, [])
        self.gets(b"", "-o", "/dev/null", server.origin + "/")

    def test_one_that_nobody_takes_from_holds_up_no_limit(self):
        url = self.serve_http(response(b"x" * 3000000)).origin + "/"
        for urls in ([url], [url, url]):  # and what is set aside
            program = self.start(PARLANCE, "get", "-t", "1", *urls)
            program.until(r"not done within the 1 s.*writing")
            self.assertEqual(program.process.wait(LIMIT), 5)

    def test_nor_does_stderr(self):
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        url = self.serve_http(response(b"x" * 3000000)).origin + "/"
        with os.fdopen(writer, "wb") as both:
            done = subprocess.run([PARLANCE, "get", "-v", "-t", "1", url], stdout=both, stderr=both, timeout=LIMIT)
        self.assertEqual(done.returncode, 5)

    def test_bodies_set_aside_leave_no_file(self):
        folder = self.folder()
        server = self.serve_http(response(b"x" * 100000))
        out = self.get(server.origin + "/", server.origin + "/", env={**os.environ, "TMPDIR": folder})[1]
        self.assertEqual(out, b"x" * 200000)
        self.assertEqual(os.listdir(folder), [])

    def test_where_nothing_can_be_set_aside_it_says_so(self):
        server = self.serve_http(response(b"x"))
        code, _, err = self.get(server.origin + "/", server.origin + "/", env={**os.environ, "TMPDIR": "/nonexistent"})
        self.assertEqual(code, 1)
        self.assertRegex(err, r"/nonexistent: no such file.*TMPDIR")


class ToATerminal(GetCase):
    def shown(self, answer, *arguments, code=0, urls=1):
        """What a terminal gets, and stderr."""
        server = self.serve_http(answer)
        ours, theirs = pty.openpty()
        program = self.start(PARLANCE, "get", *arguments, *[server.origin + "/"] * urls, stdout=theirs)
        os.close(theirs)
        text = all_of_terminal(ours)
        self.assertEqual(program.process.wait(LIMIT), code)
        return text.replace(b"\r\n", b"\n"), program.rest_of_stderr()

    def test_text_is_shown_by_its_charset(self):
        body = response("café €".encode("windows-1252"), "Content-Type: text/plain; charset=latin1")
        self.assertEqual(self.shown(body)[0], "café €\n".encode())
        body = response("日本".encode("shift_jis") + b"\n", "Content-Type: text/html; charset=Shift_JIS")
        self.assertEqual(self.shown(body)[0], "日本\n".encode())

    def test_one_that_has_stopped_holds_up_no_limit(self):
        url = self.serve_http(response(b"line\n" * 100000, "Content-Type: text/plain")).origin + "/"
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        with os.fdopen(theirs, "wb", buffering=0) as screen:
            done = subprocess.run([PARLANCE, "get", "-t", "1", url], stdout=screen, stderr=screen, timeout=LIMIT)
        self.assertEqual(done.returncode, 5)

    def test_what_would_steer_it_is_made_harmless(self):
        body = response(b"a\x1b[31mb\x07\xc2\x9bc\x00\n".replace(b"\x00", b""), "Content-Type: text/plain")
        text = self.shown(body, "-i", "--pretty", "none")[0]
        self.assertNotIn(b"\x1b", text)
        self.assertNotIn(b"\x07", text)
        self.assertNotIn(b"\xc2\x9b", text)
        self.assertRegex(text, rb"HTTP/1.1 200 OK\n(.*\n)*\na.+\[31mb.+c\n$")

    def test_the_binary_is_refused(self):
        for fields in (["Content-Type: image/png"], ["Content-Type: text/plain"], []):
            text, err = self.shown(response(b"\x89PNG\r\n\x1a\n\0\0", *fields), code=1)
            self.assertEqual(text, b"")
            self.assertRegex(err, r"binary.*-o FILE")
        self.shown(response(b"\xfd\xfe no text"), code=1)

    def test_text_of_no_type_is_shown(self):
        self.assertEqual(self.shown(response("so är es\n".encode()))[0], "so är es\n".encode())

    def test_several_are_shown_one_after_the_other(self):
        body = response(b"line\n" * 1000, "Content-Type: text/plain")
        self.assertEqual(self.shown(body, urls=3)[0], b"line\n" * 3000)


if __name__ == "__main__":
    unittest.main()
