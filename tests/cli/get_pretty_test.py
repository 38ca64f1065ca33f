"""What `parlance get` shows: JSON and heads for people, parts of a transfer, and requests that are not sent."""

import json
import os
import pty
import re
import unittest

from get_case import PARLANCE, GetCase, all_of_terminal, response

PLAIN = re.compile(rb"\x1b\[[0-9;]*m")


class PrettyCase(GetCase):
    def json_server(self, body, *fields):
        return self.serve_http(response(body, "Content-Type: application/json", *fields)).origin

    def on_a_terminal(self, *arguments, env=None):
        ours, theirs = pty.openpty()
        program = self.start(PARLANCE, "get", *arguments, stdout=theirs, env={**os.environ, "TERM": "xterm", **(env or {})})
        os.close(theirs)
        text = all_of_terminal(ours)
        self.assertEqual(program.process.wait(60), 0, program.rest_of_stderr())
        return text.replace(b"\r\n", b"\n")


class Json(PrettyCase):
    BODY = b'{"a":[1,-2.50e+10,{}],"b" : {"c":null, "d":[ ]},"e":"x\\"y: {,"}'
    SHOWN = b'''{
  "a": [
    1,
    -2.50e+10,
    {}
  ],
  "b": {
    "c": null,
    "d": []
  },
  "e": "x\\"y: {,"
}
'''

    def test_is_indented_where_that_is_asked_for(self):
        self.gets(self.SHOWN, "--pretty", "format", self.json_server(self.BODY))

    def test_is_as_it_came_in_a_pipe(self):
        self.gets(self.BODY, self.json_server(self.BODY))
        self.gets(self.BODY, "--pretty", "none", self.json_server(self.BODY))

    def test_is_indented_and_coloured_on_a_terminal(self):
        url = self.json_server(self.BODY)
        text = self.on_a_terminal(url)
        self.assertEqual(PLAIN.sub(b"", text), self.SHOWN)
        self.assertIn(b'\x1b[34;1m"a"\x1b[0m: [', text)
        self.assertIn(b"\x1b[36m-2.50e+10\x1b[0m", text)
        self.assertIn(b"\x1b[35mnull\x1b[0m", text)
        self.assertIn(b'\x1b[32m"x\\"y: {,"\x1b[0m', text)
        for env in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
            self.assertEqual(self.on_a_terminal(url, env=env), self.SHOWN)
        self.assertEqual(self.on_a_terminal("--pretty", "none", url), self.BODY + b"\n")

    def test_is_the_same_json(self):
        made = {"k": [0, 1.5, True, False, None, "é\"\\/\b\n\u2028", [[], {}, [[1]]], {"": {"": ""}}], "big": 12345678901234567890}
        for body in (json.dumps(made), json.dumps(made, indent=7), json.dumps(made, ensure_ascii=False)):
            code, out, err = self.get("--pretty", "format", self.json_server(body.encode()))
            self.assertEqual(code, 0, err)
            self.assertEqual(json.loads(out.replace(b"\xef\xbf\xbd", "\u2028".encode())), made)

    def test_comes_in_pieces_of_any_size(self):
        def answer(caller, head, more):
            caller.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
            for i in range(len(self.BODY)):
                caller.sendall(self.BODY[i:i + 1])
        self.gets(self.SHOWN, "--pretty", "format", self.serve_http(answer).origin)

    def test_of_many_lines_stays_on_lines(self):
        self.gets(b'{\n  "a": 1\n}\n{\n  "b": 2\n}\n3\n"x"\n', "--pretty", "format", self.json_server(b'{"a":1}\n{"b":2}\n3 "x"\n'))

    def test_that_is_none_is_shown_all_the_same(self):
        for body in (b'{"a": }', b"]]}}", b"nonsense, {", b'"open', b"", b"{]", b'{"a" "b"}', b"[1 2]"):
            code, out, err = self.get("--pretty", "all", self.json_server(body))
            self.assertEqual(code, 0, err)
            self.assertEqual(re.sub(rb"\s", b"", PLAIN.sub(b"", out)), re.sub(rb"\s", b"", body))

    def test_that_is_deep_costs_nothing(self):
        body = b"[" * 1000000
        code, out, err = self.get("--pretty", "format", self.json_server(body))
        self.assertEqual((code, out.count(b"[")), (0, len(body)), err)
        self.assertLess(len(out), len(body) + 100000)

    def test_steers_no_terminal(self):
        text = PLAIN.sub(b"", self.on_a_terminal(self.json_server(b'{"a":"\x1b[31m\x07\xc2\x9b"}')))
        self.assertNotRegex(text, rb"[\x1b\x07]|\xc2\x9b")


class Shown(PrettyCase):
    def test_are_the_parts_that_are_asked_for(self):
        url = self.json_server(b'{"a":1}', "X: y")
        ask = ("-H", "X-Mine: 1", "-d", "sent=1", url + "/p")
        out = {what: self.get("--print", what, *ask)[1] for what in ("HBhb", "H", "B", "h", "b", "")}
        self.assertRegex(out["H"], rb"^POST /p HTTP/1\.1\r\nHost: (.*\r\n)+X-Mine: 1\r\n(.*\r\n)+\r\n$")
        self.assertEqual(out["B"], b"sent=1\r\n\r\n")
        self.assertRegex(out["h"], rb"^HTTP/1\.1 200 OK\r\n(.*\r\n)+X: y\r\n\r\n$")
        self.assertEqual((out["b"], out[""]), (b'{"a":1}', b""))
        self.assertEqual(out["HBhb"], out["H"] + out["B"] + out["h"] + out["b"])

    def test_heads_have_colours_on_a_terminal(self):
        text = self.on_a_terminal("--print", "Hh", self.json_server(b"", "X: y"))
        self.assertIn(b"\x1b[32;1mGET\x1b[0m /", text)
        self.assertIn(b"\x1b[34mHTTP/1.1\x1b[0m\x1b[32;1m 200 OK\x1b[0m", text)
        self.assertIn(b"\x1b[36mX\x1b[0m: y", text)

    def test_what_is_sent_once_is_not_read_twice(self):
        server = self.echo()
        code, out, err = self.get("--print", "B", "-T", "-", server.origin, stdin=b"once")
        self.assertEqual((code, out, self.asked[0]["body"]), (0, b"(stdin, as it came)\r\n\r\n", "once"), err)

    def test_makes_no_sense(self):
        for arguments in (["--print", "x"], ["--pretty", "nice"], ["-C", "-", "-i", "-o", "x"]):
            self.assertEqual(self.get(*arguments, "http://127.0.0.1:1/")[0], 2)

    def test_a_request_is_shown_and_not_sent(self):
        code, out, err = self.get("--offline", "http://127.0.0.1:1/x", "a=1", "X-One:2b")
        self.assertEqual((code, err), (0, ""))
        self.assertRegex(out, rb'^POST /x HTTP/1\.1\r\nHost: 127\.0\.0\.1:1\r\n(.*\r\n)*X-One: 2b\r\n(.*\r\n)*'
                              rb'Content-Type: application/json\r\nContent-Length: 9\r\n\r\n\{"a":"1"\}$')
        self.assertEqual(self.get("--offline", "--pretty", "format", "-d", '{"a":[]}', "--json", "h")[1].partition(b"\r\n\r\n")[2],
                         b'{\n  "a": []\n}\n')

    def test_a_request_is_shown_with_what_is_added_to_it(self):
        _, out, _ = self.get("--offline", "-u", "me:word", "-b", "a=1", "http://h/x")
        self.assertIn(b"\r\nAuthorization: Basic bWU6d29yZA==\r\nCookie: a=1\r\n", out)
        self.assertIn(b"\r\nAuthorization: Basic bWU6d29yZA==\r\n", self.get("--offline", "http://me:word@h/x")[1])
        self.assertIn(b"\r\nAuthorization: Bearer t\r\n", self.get("--offline", "--bearer", "t", "h/x")[1])
        # A proxy is asked for the whole URL, and told who asks.
        _, out, _ = self.get("--offline", "-x", "http://p:q@proxy:1", "http://h/x")
        self.assertRegex(out, rb"^GET http://h/x HTTP/1.1\r\n(.*\r\n)*Proxy-Authorization: Basic cDpx\r\n")


if __name__ == "__main__":
    unittest.main()
