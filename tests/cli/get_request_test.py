"""What `parlance get`, `post`, `put`, `patch`, `delete` and `head` send: items as HTTPie has them, and curl's options as curl has them."""

import json
import os
import re
import shutil
import subprocess
import threading
import time
import unittest

from get_case import LIMIT, PARLANCE, GetCase, response


class RequestCase(GetCase):
    def setUp(self):
        self.server = self.echo()
        self.url = self.server.origin + "/path"
        self.folder_ = self.folder()

    def file(self, name, content):
        path = os.path.join(self.folder_, name)
        with open(path, "wb") as file:
            file.write(content)
        return path

    def ask(self, verb, *arguments, **more):
        """What was asked, by a verb with this URL first."""
        code, _, err = self.get(self.url, *arguments, verb=verb, **more)
        self.assertEqual((code, err), (0, ""))
        return self.asked[-1]

    def refuses(self, pattern, *arguments, verb="post"):
        before = len(self.server.heads)
        code, out, err = self.get(*arguments, verb=verb)
        self.assertEqual((code, out, err.count("\n")), (2, b"", 1), err)
        self.assertRegex(err, f"^parlance {verb}: .*{pattern}")
        self.assertEqual(len(self.server.heads), before)


class Verbs(RequestCase):
    def test_each_sends_its_method(self):
        for verb in ("get", "post", "put", "patch", "delete", "head"):
            self.assertEqual(self.ask(verb)["start"], f"{verb.upper()} /path HTTP/1.1")

    def test_head_prints_the_head(self):
        code, out, err = self.get(self.url, verb="head")
        self.assertEqual((code, err), (0, ""))
        self.assertRegex(out, rb"^HTTP/1\.1 200 OK\r\n")

    def test_none_of_them_but_get_chooses_its_method(self):
        self.assertEqual(self.get("-X", "GET", self.url, verb="post")[0], 2)

    def test_messages_name_the_verb(self):
        _, _, err = self.get(self.serve_http(response(b"", status="404 No")).origin + "/", verb="delete")
        self.assertRegex(err, r"^parlance delete: .*status 404")


class Items(RequestCase):
    def test_make_json(self):
        asked = self.ask("post", "name=Ann", "age:=42", "tags:=[1, \"two\"]", "empty=", "nothing:=null")
        self.assertEqual(json.loads(asked["body"]),
                         {"name": "Ann", "age": 42, "tags": [1, "two"], "empty": "", "nothing": None})
        self.assertEqual(asked["fields"]["Content-Type"], "application/json")
        self.assertEqual(asked["fields"]["Accept"], "application/json, */*;q=0.5")

    def test_reach_into_objects_and_lists(self):
        for arguments, made in ((["a[b][c]=1", "a[d]:=2"], {"a": {"b": {"c": "1"}, "d": 2}}), (["l[]=x", "l[]:=2", "l[3]=y"], {"l": ["x", 2, None, "y"]}),
                                (["m[0][1]=z", "m[0][0][n]=w"], {"m": [[{"n": "w"}, "z"]]}), ([r"a\[0\]=1"], {"a[0]": "1"}), (["a[]=1", "b]=2"], {"a": ["1"], "b]": "2"}),
                                (["a:=[1]", "a[]:=2", "a[0]:=0"], {"a": [0, 2]}), (["a[0x]=1"], {"a": {"0x": "1"}}), ([r"a[b\]c]=1"], {"a": {"b]c": "1"}})):
            with self.subTest(arguments):
                self.assertEqual(json.loads(self.ask("post", *arguments)["body"]), made)
        for pattern, arguments in ((r"no list", ["a=1", "a[]=2"]), (r"no object", ["a[]=1", "a[b]=2"]), (r"no \] to", ["a[b=1"]), (r"too far", ["a[10000]=1"]),
                                   (r"between", ["a[b]c=1"]), (r"too deep", ["a" + "[]" * 100 + "=1"]), (r"too far", ["a[99999999999999999999]=1"])):
            with self.subTest(arguments):
                if arguments == ["a[99999999999999999999]=1"]:  # no number that anybody counts to, so a name
                    self.assertEqual(self.ask("post", *arguments)["body"], '{"a":{"99999999999999999999":"1"}}')
                else:
                    self.refuses(pattern, self.url, *arguments)
        self.assertEqual(self.ask("post", "--form", "a[]=1", "a[b]=2")["body"], "a%5B%5D=1&a%5Bb%5D=2")

    def test_keep_their_order(self):
        self.assertEqual(self.ask("post", "b=1", "a=2")["body"], '{"b":"1","a":"2"}')

    def test_make_a_post_of_get(self):
        self.assertEqual(self.ask("get", "a=1")["start"], "POST /path HTTP/1.1")
        self.assertEqual(self.ask("get", "a==1", "X:y")["start"], "GET /path?a=1 HTTP/1.1")

    def test_make_a_form(self):
        asked = self.ask("post", "--form", "a=b c", "n:=5", "e=é&")
        self.assertEqual(asked["body"], "a=b+c&n=5&e=%C3%A9%26")
        self.assertEqual(asked["fields"]["Content-Type"], "application/x-www-form-urlencoded")

    def test_send_files(self):
        path = self.file("me.png", b"\x89PNG")
        for how in ("--form", "--multipart"):
            asked = self.ask("post", how, "a=b", f"photo@{path}", f"other@{path};type=text/x-odd;filename=o")
            self.assertRegex(asked["fields"]["Content-Type"], "^multipart/form-data; boundary=")
            self.assertIn('name="a"\r\n\r\nb\r\n', asked["body"])
            self.assertIn('name="photo"; filename="me.png"\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n', asked["body"])
            self.assertIn('name="other"; filename="o"\r\nContent-Type: text/x-odd\r\n\r\n', asked["body"])
        self.assertRegex(self.ask("post", "--multipart", "a=b")["fields"]["Content-Type"], "^multipart/")

    def test_take_values_from_files(self):
        text, made = self.file("text", b"long\ntext\n"), self.file("made", b'{"a": [1]}\n')
        asked = self.ask("post", f"text=@{text}", f"made:=@{made}", f"q==@{text}".replace(text, made), f"X-One:@{made}")
        self.assertEqual(json.loads(asked["body"]), {"text": "long\ntext\n", "made": {"a": [1]}})
        self.assertEqual(asked["start"], "POST /path?q=%7B%22a%22%3A%20%5B1%5D%7D HTTP/1.1")
        self.assertEqual(asked["fields"]["X-One"], '{"a": [1]}')

    def test_set_fields_leave_them_out_and_empty_them(self):
        asked = self.ask("get", "X-One:1a", "User-Agent:", "X-Empty;", "Accept-Encoding:")
        self.assertEqual((asked["fields"]["X-One"], asked["fields"]["X-Empty"]), ("1a", ""))
        self.assertNotIn("User-Agent", asked["fields"])
        self.assertNotIn("Accept-Encoding", asked["fields"])
        self.assertEqual(self.ask("get", "X-One: 8080")["fields"]["X-One"], "8080")

    def test_escape_marks(self):
        asked = self.ask("post", r"a\=b=c", r"d=e\=f", r"C=C:\Users", r"h\:x=y", r"path\/to=1", r"at\@=2")
        self.assertEqual(json.loads(asked["body"]),
                         {"a=b": "c", "d": "e=f", "C": r"C:\Users", "h:x": "y", "path/to": "1", "at@": "2"})

    def test_add_to_a_query_that_is_there(self):
        server = self.echo()
        for url, wanted in ((server.origin + "?x=1#f", "/?x=1&a%20b=c%26d"), (server.origin + "/?", "/?a%20b=c%26d")):
            self.assertEqual(self.get(url, "a b==c&d")[0], 0)
            self.assertEqual(self.asked[-1]["start"], f"GET {wanted} HTTP/1.1")

    def test_make_no_sense(self):
        for pattern, arguments in ((r"wants JSON", ["a:=nonsense"]), (r"no name", ["=x"]), (r"add --form", ["a@/etc/passwd"]),
                                   (r"leave all but one out", ["a=1", "-d", "b=2"]), (r"no such file", ["a=@/nonexistent"]),
                                   (r"in one line", ["X:a\nb: c"]), (r"UTF-8", [b"a=\xff"]), (r"JSON", ["a:="])):
            with self.subTest(arguments):
                self.refuses(pattern, self.url, *arguments)
        self.refuses(r"sends no body", self.url, "a=1", verb="head")


class FirstWord(RequestCase):
    def test_may_leave_out_this_machine(self):
        self.assertRegex(self.get("--offline", ":8080/x")[1], rb"GET /x HTTP/1.1\r\nHost: localhost:8080\r\n")
        self.assertRegex(self.get("--offline", ":/x")[1], rb"GET /x HTTP/1.1\r\nHost: localhost\r\n")


    def test_is_no_option_and_no_json(self):
        for words in (["-7"], ["-7", "http://127.0.0.1:1/"]):
            self.fails(2, "there is no option", *words)
        self.assertNotIn("secret", self.get("password=secret", "http://127.0.0.1:1/")[2])
        self.fails(2, '"password=..." is no URL', "password=secret", "http://127.0.0.1:1/")
        self.assertEqual(self.get("--urls", "-", "a=b", verb="post", stdin=self.url.encode())[0], 0)
        self.assertEqual(self.asked[-1]["body"], '{"a":"b"}')
        self.fails(2, "POST is a method, and no URL", "POST", "http://127.0.0.1:1/", "a=b")
        for words in (['{"a":1}', "http://127.0.0.1:1/"], ["@x.json", "http://127.0.0.1:1/"]):
            self.fails(2, "--json has no value", "--json", *words)


class SecondWords(RequestCase):
    def asks_both(self, second):
        code, _, err = self.get(self.url, second)
        self.assertEqual((code, len(self.server.heads)), (0, 2), err)
        self.server.heads.clear()

    def test_are_urls_where_they_surely_are(self):
        port = self.server.address.rpartition(":")[2]
        for second in (f"http://{self.server.address}/?a=b", f"HTTP://{self.server.address}/", f"127.0.0.1:{port}",
                       f"127.0.0.1:{port}/a=b", f"127.0.0.1:{port}?a@b"):
            with self.subTest(second):
                self.asks_both(second)

    def test_that_could_be_either_are_refused(self):
        self.refuses(r"write http://api:8080/x for the one, or 'api: 8080/x' for the other", self.url, "api:8080/x")
        self.refuses(r"'DNT: 1'", self.url, "DNT:1")
        self.refuses(r"write http://", self.url, "example.com/a?b=c")

    def test_that_could_be_passwords_go_nowhere(self):
        for second in ("me:secret@example.com/", "me:secret@example.com", "me:se@cret@host:80/x"):
            with self.subTest(second):
                code, _, err = self.get(self.url, second)
                self.assertEqual(code, 2)
                self.assertRegex(err, "'me: ...' with a space")
                self.assertNotIn("cret", err)
        self.assertEqual(self.server.heads, [])
        self.assertEqual(self.ask("get", "From: me@example.com")["fields"]["From"], "me@example.com")

    def test_with_a_url_in_their_value_are_items(self):
        asked = self.ask("post", "link=http://a/", "Referer:http://b/")
        self.assertEqual((asked["body"], asked["fields"]["Referer"]), ('{"link":"http://a/"}', "http://b/"))


@unittest.skipUnless(shutil.which("curl"), "needs curl")
class AsCurl(RequestCase):
    """The same options make the same request."""

    def curl(self, *arguments, stdin=b""):
        subprocess.run(["curl", "-s", "-o", "/dev/null", *arguments], input=stdin, check=True, timeout=LIMIT)
        return self.asked[-1]

    def told(self, asked):
        told = {name: asked["fields"].get(name) for name in
                ("Content-Type", "Content-Length", "Transfer-Encoding", "Referer", "Range", "X-One", "X-Empty")}
        if boundary := re.search(r"boundary=(\S+)", told["Content-Type"] or ""):
            told["Content-Type"], told["Content-Length"] = "multipart", None
            asked["body"] = asked["body"].replace(boundary.group(1), "BOUNDARY")
        return asked["start"], asked["body"], told

    def same(self, *arguments, stdin=b"", url=None):
        with self.subTest(arguments):
            by_curl = self.told(self.curl(*arguments, url or self.url, stdin=stdin))
            code, _, err = self.get("-s", "-o", "/dev/null", *arguments, url or self.url, stdin=stdin)
            self.assertEqual(code, 0, err)
            self.assertEqual(self.told(self.asked[-1]), by_curl)

    def test_data(self):
        lines = self.file("lines", b"a=1\r\nb=2\n")
        self.same("-d", "a=1")
        self.same("-d", "a=1", "-d", "b=2", "--data-urlencode", "c=d e&f", "--data-raw", "@x", "-d", "z")
        self.same("-d", "@" + lines)
        self.same("-d", "@-", stdin=b"from\nstdin")
        self.same("--data-binary", "@" + lines)
        self.same("--data-binary", "@" + lines, "-d", "x=y")
        self.same("--data-urlencode", "plain text", "--data-urlencode", "=a=b", "--data-urlencode", "@" + lines,
                  "--data-urlencode", "n@" + lines)
        self.same("-d", "")
        self.same("-d", "a", "-H", "Content-Type: text/plain")
        self.same("-d", "a", "-H", "Content-Type:")
        self.same("-d", "a", "-X", "PATCH")
        self.same("-d", "a", "-H", "Transfer-Encoding: chunked")
        self.same("--data-binary", "@" + lines, "-H", "Transfer-Encoding: chunked")

    def test_data_in_the_query(self):
        self.same("-G", "-d", "a=1", "--data-urlencode", "b=c d")
        self.same("-G", "-d", "a=1", url=self.url + "?x=y")
        self.same("-G", "-d", "a=1", "-I")

    def test_forms(self):
        picture = self.file("a.jpg", b"\xff\xd8\0")
        self.same("-F", "a=b")
        self.same("-F", "a=b", "-F", f"f=@{picture}", "-F", f"g=@{picture};type=text/x-y;filename=other", "-F", f"t=<{picture}")
        self.same("-F", "a=b;type=text/html", "--form-string", "c=@d;type=e")
        self.same("-F", f'f=@{picture};filename="a b.jpg"', "-F", f'g=@{picture};filename="a;b=\\"c\\".jpg";type=image/jpeg',
                  "-F", f'h=@{picture};type=image/jpeg;filename="d"')
        self.same("-F", 'a="b c"', "-F", 'b="red; \\"green\\"; blue";type=text/x-colours', "-F", 'c="', "-F", 'd=b"c"', "-F", 'e=""')
        spaced = self.file('a "b" c.txt', b"spaced").replace('"', '\\"')
        self.same("-F", f'f=@"{spaced}"', "-F", f'g=@"{spaced}";type=text/x', "-F", f't=<"{spaced}"')
        self.same("-F", f"f=@{picture};type=text/html;charset=utf-8", "-F", f"g=@{picture};type=text/x; a=b;filename=c")

    def test_forms_with_what_is_not_had(self):
        for attribute in ('headers="X-A: 1"', "headers=@file", "encoder=base64"):
            for given in ("a=b;" + attribute, f"a=@{self.file('a', b'')};type=text/x;{attribute}"):
                self.fails(2, "of -F is not had", "-F", given, self.url)

    def test_uploads(self):
        path = self.file("up", b"u" * 70000)
        self.same("-T", path)
        self.same("-T", "-", stdin=b"from stdin")
        self.same("-T", path, "-X", "POST")
        self.same("-T", path, url=self.server.origin + "/folder/")

    def fifo(self, *pieces):
        """A named pipe, into which somebody who opens it once says these, each when the one before was read."""
        path = os.path.join(self.folder(), "fifo")
        os.mkfifo(path)

        def say():
            with open(path, "wb", buffering=0) as pipe:
                for piece in pieces:
                    pipe.write(piece)
                    time.sleep(0.05)  # who closes it meanwhile breaks it
        threading.Thread(target=say, daemon=True).start()
        return path

    def test_a_pipe_is_read_once_and_as_it_comes(self):
        pieces = [bytes([65 + i]) * 1000 for i in range(4)]
        for arguments in (["-T"], ["--data-binary"], ["-F"]):
            with self.subTest(arguments):
                path = self.fifo(*pieces)
                code, _, err = self.get(*arguments, {"-T": path, "--data-binary": "@" + path, "-F": "a=@" + path}[arguments[0]], self.url)
                self.assertEqual(code, 0, err)
                self.assertIn(b"".join(pieces).decode(), self.asked[-1]["body"])
                self.assertEqual("Transfer-Encoding" in self.asked[-1]["fields"], arguments == ["-T"])
        path = os.path.join(self.folder(), "nobody")
        os.mkfifo(path)
        self.fails(5, "not done within the 0.3 s", "-m", "0.3", "-T", path, self.url)
        self.fails(5, "not done within the 0.3 s", "-m", "0.3", "-T", "/dev/zero", "--limit-rate", "1M", self.url)
        self.fails(2, "sent once", "-T", path, self.url, self.url)
        self.fails(2, "is a directory", "-T", self.folder(), self.url)

    def test_fields(self):
        self.same("-H", "X-One: 1", "-H", "X-Empty;", "-e", "http://there/", "-r", "5-9")
        self.same("-H", "@" + self.file("fields", b"X-One: 2\r\n\nX-Empty;\n"))
        self.same("-H", "@-", stdin=b"X-One: 3")
        self.same("-H", "@" + self.file("fields", b"# a comment: of one's own\nX-One: 2\n#X-Empty;\n"))
        self.same("--tlsv1.2", "--proto", "=http,https", "--basic", "--retry", "1", "--retry-connrefused", "-Z")
        for arguments in (["--url", self.url, "a=b"], ["a=b", "--url", self.url]):
            self.assertEqual(self.get(*arguments)[0], 0)
            self.assertEqual((self.asked[-1]["start"], self.asked[-1]["body"]), ("POST /path HTTP/1.1", '{"a":"b"}'))
        self.same("-A", "me", "-H", "Accept:", "-L", "--compressed", "-S", "-m", "60", "-N", "--http1.1", "-sS#")

    def test_a_host_may_have_the_name_of_a_verb(self):
        self.assertIn(b"\r\nHost: connect\r\n", self.get("--offline", "connect")[1])

    def test_words_of_httpie(self):
        self.assertEqual(self.get("--follow", "--ignore-stdin", "--body", self.url, stdin=b"none")[0], 0)
        self.assertEqual((self.asked[-1]["start"], self.asked[-1]["body"]), ("GET /path HTTP/1.1", ""))
        self.assertRegex(self.get("--headers", self.url)[1], rb"^HTTP/1.1 200 OK\r\n(.+\r\n)*\r\n$")

    def test_user_agents_and_what_is_left_out(self):
        for arguments in (["-A", "me"], ["-A", ""], ["-H", "User-Agent: me"], ["-H", "User-Agent:"]):
            wanted = self.curl(*arguments, self.url)["fields"].get("User-Agent")
            self.assertEqual(self.get(*arguments, self.url)[0], 0)
            self.assertEqual(self.asked[-1]["fields"].get("User-Agent"), wanted)


class Uploads(RequestCase):
    def test_of_stdin_begin_before_it_ends(self):
        program = self.start(PARLANCE, "put", "-v", "-T", "-", self.url)
        program.write(b"first")
        program.until(r"^> Transfer-Encoding: chunked")
        program.write(b"second")
        program.end_stdin()
        self.assertEqual(program.finish()[0], 0)
        self.assertEqual(self.asked[-1]["body"], "firstsecond")

    def test_of_stdin_go_to_one_url(self):
        self.refuses(r"sent once", "-T", "-", self.url, self.url, verb="put")

    def test_of_what_is_not_there(self):
        for arguments in (["-T", "/nonexistent"], ["-F", "a=@/nonexistent"], ["--data-binary", "@/nonexistent"], ["-T", "/"]):
            with self.subTest(arguments):
                self.refuses(r"read /", *arguments, self.url)

    def test_over_a_unix_socket(self):
        path = os.path.join(self.folder_, "socket")
        self.serve_unix(path, response(b"by unix"))
        self.gets(b"by unix", "--unix-socket", path, "http://anything/")


if __name__ == "__main__":
    unittest.main()
