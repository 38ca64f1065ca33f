"""Downloads by `parlance get`: names of files, patterns and lists of URLs."""

import os
import shutil
import subprocess
import unittest

from get_case import LIMIT, PARLANCE, GetCase, response


class DownloadCase(GetCase):
    def setUp(self):
        self.here = self.folder()

    def by_path(self, **fields):
        """A server whose bodies are what was asked for; `fields`: further fields of every answer."""
        def answer(caller, head, more):
            caller.sendall(response(head.split(" ")[1].encode(), *fields.get("fields", ())))
        return self.serve_http(answer)

    def get(self, *arguments, **more):
        return super().get(*arguments, cwd=self.here, **more)

    def files(self):
        found = {}
        for folder, _, names in os.walk(self.here):
            for name in names:
                path = os.path.join(folder, name)
                with open(path, "rb") as file:
                    found[os.path.relpath(path, self.here)] = file.read().decode("latin1")
        return found


class Names(DownloadCase):
    def test_come_from_the_url(self):
        server = self.by_path()
        self.gets(b"", "-O", server.origin + "/a/page.html?x=1#f", server.origin + "/b%20c")
        self.assertEqual(self.files(), {"page.html": "/a/page.html?x=1", "b c": "/b%20c"})

    def test_as_httpie_has_them(self):
        server = self.by_path(fields=["Content-Disposition: attachment; filename=proposed"])
        self.gets(b"", "--download", server.origin + "/a/page.html")
        self.gets(b"", "--download", "--continue", server.origin + "/a/page.html")
        self.gets(b"", "--download", "--continue", "-o", "mine", server.origin + "/a/page.html")
        self.assertEqual(set(self.files()), {"proposed", "page.html", "mine"})

    def test_of_a_url_without_one_are_asked_for(self):
        server = self.by_path()
        self.fails(2, r"no name for a file.*-o", "-O", server.origin + "/a/")
        self.fails(2, r"two bodies", "-O", server.origin + "/a/x", server.origin + "/b/x")
        self.fails(2, r"-J .*-O", "-J", server.origin + "/a/x")
        self.assertEqual(server.heads, [])

    def test_of_urls_stay_in_the_folder(self):
        server = self.by_path()
        self.gets(b"", "-O", server.origin + "/..%2f..%2fup", server.origin + "/%2e%2ebashrc", server.origin + "/a%0ab")
        self.assertEqual(set(self.files()), {"..%2f..%2fup".lstrip("."), "bashrc", "ab"})

    def proposed(self, disposition):
        server = self.by_path(fields=["Content-Disposition: " + disposition])
        self.gets(b"", "-OJ", server.origin + "/fallback")
        (name,) = self.files()
        os.remove(os.path.join(self.here, name))
        return name

    def test_come_from_the_server(self):
        for disposition, name in (
                ('attachment; filename="two words.txt"', "two words.txt"), ("attachment; filename=plain.txt", "plain.txt"),
                ("attachment; filename=\"old.txt\"; filename*=UTF-8''na%C3%AFve%20%E2%82%AC.txt", "naïve €.txt"),
                ("attachment; filename*=iso-8859-1'en'%A3.txt; filename=x", "£.txt"), ("inline", "fallback"),
                ('attachment; FileName = "a\\"b;c.txt"', 'a"b;c.txt')):
            with self.subTest(disposition):
                self.assertEqual(self.proposed(disposition), name)

    def test_of_servers_are_one_name_in_the_folder(self):
        for disposition, name in (
                ('attachment; filename="../../etc/passwd"', "passwd"), ('attachment; filename="/etc/passwd"', "passwd"),
                (r'attachment; filename="C:\\Windows\\x.exe"', "x.exe"), ('attachment; filename=".bashrc"', "bashrc"),
                ("attachment; filename*=UTF-8''%2e%2e%2f.profile", "profile"), ('attachment; filename=".."', "fallback"),
                ('attachment; filename="a/"', "fallback"), ('attachment; filename=""', "fallback"),
                ("attachment; filename*=UTF-8''a%0d%0ab%1b[31m%E2%80%AEgnp.exe", "ab[31mgnp.exe"),
                ("attachment; filename*=utf-7''+AC4-x; filename=y", "y"), ("attachment; filename*=UTF-8''a%00b", "ab"),
                ('attachment; filename="%s.tar"' % ("n" * 3000), "n" * 196 + ".tar")):
            with self.subTest(disposition):
                self.assertEqual(self.proposed(disposition), name)

    def test_of_servers_replace_nothing(self):
        server = self.by_path(fields=['Content-Disposition: attachment; filename="mine"'])
        with open(os.path.join(self.here, "mine"), "w") as file:
            file.write("precious")
        self.fails(1, r"mine: it is there already", "-OJ", server.origin + "/x")
        self.assertEqual(self.files(), {"mine": "precious"})
        os.symlink("nowhere", os.path.join(self.here, "link"))
        server = self.by_path(fields=['Content-Disposition: attachment; filename="link"'])
        self.fails(1, r"link: it is there already", "-OJ", server.origin + "/x")

    def test_that_two_servers_choose_are_taken_once(self):
        server = self.by_path(fields=['Content-Disposition: attachment; filename="one"'])
        code, _, err = self.get("-OJ", server.origin + "/a", server.origin + "/b")
        self.assertEqual((code, list(self.files())), (1, ["one"]))
        self.assertRegex(err, "there already")

    def test_of_servers_come_to_be_after_another_try(self):
        answers = [b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\nContent-Disposition: attachment; filename="one"\r\n\r\nhalf',
                   response(b"all of it", 'Content-Disposition: attachment; filename="one"')]
        server = self.serve_http(lambda caller, head, more: caller.sendall(answers.pop(0)))
        code, _, err = self.get("-OJ", "--retry", "1", "--retry-delay", "0.001", server.origin + "/x")
        self.assertEqual((code, self.files()), (0, {"one": "all of it"}), err)

    def test_of_servers_replace_nothing_that_came_meanwhile(self):
        go = self.event()

        def answer(caller, head, more):
            caller.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Disposition: attachment; filename="mine"\r\n\r\nthei')
            go.wait(LIMIT)
            caller.sendall(b"r")

        program = self.start(PARLANCE, "get", "-v", "-OJ", self.serve_http(answer).origin + "/x", cwd=self.here)
        program.until(r"^< $")
        with open(os.path.join(self.here, "mine"), "w") as file:
            file.write("precious")
        go.set()
        self.assertEqual(program.finish()[0], 1)
        self.assertEqual(self.files(), {"mine": "precious"})

    def test_that_no_server_proposes_are_those_of_urls(self):
        server = self.by_path()
        for _ in range(2):  # and replace what is there
            code, _, err = self.get("-OJ", server.origin + "/x")
            self.assertEqual((code, self.files()), (0, {"x": "/x"}), err)


class Folders(DownloadCase):
    def test_are_put_before_names(self):
        os.mkdir(os.path.join(self.here, "d"))
        server = self.by_path()
        self.gets(b"/c", "--output-dir", "d", "-O", "-o", "x", "-o", "-", *[server.origin + p for p in ("/a", "/c", "/b")])
        self.assertEqual(self.files(), {"d/x": "/a", "d/b": "/b"})

    def test_are_made_where_that_is_asked_for(self):
        url = self.by_path().origin + "/a"
        self.fails(1, r"no such file", "-o", "d/e/f", url)
        self.gets(b"", "--create-dirs", "-o", "d/e/f", url)
        self.gets(b"", "--create-dirs", "--output-dir", "g/h", "-O", url)
        self.assertEqual(self.files(), {"d/e/f": "/a", "g/h/a": "/a"})
        self.fails(1, r"make the folder", "--create-dirs", "-o", "d/e/f/g", url)


class ManyUrls(DownloadCase):
    def test_stand_in_a_file(self):
        server = self.by_path()
        with open(os.path.join(self.here, "list"), "w") as file:
            file.write(f"# comment\n{server.origin}/a\r\n\n  {server.origin}/b[1-2]\n")
        self.gets(b"", "-O", "--urls", "list", server.origin + "/c")
        self.assertEqual({n: t for n, t in self.files().items() if n != "list"}, {"a": "/a", "b[1-2]": "/b[1-2]", "c": "/c"})
        self.gets(b"/x", "--urls", "-", stdin=f"{server.origin}/x".encode())

    def test_stand_for_patterns(self):
        server = self.by_path()
        self.gets(b"", server.origin + "/{a,b}/[08-10].[a-c:2]", "-o", "#1-#2-#3-#4")
        self.assertEqual(self.files(), {f"{x}-{n}-{y}-#4": f"/{x}/{n}.{y}" for x in "ab" for n in ("08", "09", "10") for y in "ac"})

    def test_are_as_they_are_without_patterns(self):
        server = self.by_path()
        for arguments in (["-g", server.origin + "/[1-2]"], [server.origin + "/\\[1-2\\]"]):
            self.gets(b"/[1-2]", *arguments)

    def test_of_addresses_in_brackets_are_no_patterns(self):
        for url in ("http://[::1]:1/", "http://me@[::1]:1/", "[::1]:1"):
            self.assertEqual(self.get(url)[0], 4)

    def test_that_make_no_sense(self):
        server = self.by_path()
        for pattern, path in ((r"no \} to its \{", "/{a"), (r"no \] to its \[", "/[1-2"), (r"no range", "/[2-1]"), (r"no range", "/[x]"),
                              (r"no range", "/[1-2:0]"), (r"no range", "/[a-Z]"), (r"more than 100000", "/[1-100001]"),
                              (r"more than 100000", "/[1-1000][1-1000][1-1000]"), (r"more than", "/[0-9223372036854775807]")):
            with self.subTest(path):
                self.fails(2, pattern, server.origin + path)
        self.fails(2, r"two bodies", "-o", "same", server.origin + "/[1-2]")
        self.fails(2, r"give a URL")
        self.assertEqual(server.heads, [])

    @unittest.skipUnless(shutil.which("curl"), "needs curl")
    def test_are_those_of_curl(self):
        server = self.by_path()
        for path in ("/{a,b,}x[1-3]", "/[001-011:5]", "/[x-z]{q}", "/[0-9:3]"):
            with self.subTest(path):
                server.heads.clear()
                subprocess.run(["curl", "-s", "-o", "/dev/null", server.origin + path], check=True, timeout=LIMIT)
                wanted, server.heads[:] = [h.split("\r\n")[0] for h in server.heads], []
                subprocess.run([PARLANCE, "get", "-s", "--parallel", "1", server.origin + path], check=True, timeout=LIMIT,
                               stdout=subprocess.DEVNULL)
                self.assertEqual([h.split("\r\n")[0] for h in server.heads], wanted)


if __name__ == "__main__":
    unittest.main()
