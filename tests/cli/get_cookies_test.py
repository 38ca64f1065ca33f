"""The cookies of `parlance get`, in files that curl and Python's http.cookiejar read and write too."""

import http.cookiejar
import os
import re
import subprocess
import unittest

from get_case import LIMIT, GetCase, response


def cookie_of(head):
    found = re.search(r"(?m)^Cookie: (.*?)\r?$", head)
    return found[1] if found else None


class Cookies(GetCase):
    def setUp(self):
        self.jar = os.path.join(self.folder(), "jar")

    def setting(self, *cookies):
        return self.serve_http(response(b"", *("Set-Cookie: " + one for one in cookies)))

    def test_said_on_the_command_line_they_go_to_the_host_of_the_url(self):
        server = self.setting()
        self.get("-b", "a=b; c=d e", "-b", "f=", server.origin)
        self.assertEqual(cookie_of(server.heads[0]), "a=b; c=d e; f=")

    def test_without_either_option_none_is_kept(self):
        server = self.serve_http(lambda caller, head, more: caller.sendall(
            response(b"", "Set-Cookie: a=1", "Location: /x", status="302 Found") if head.startswith("GET / ") else response(b"")))
        self.get(server.origin)
        self.assertIsNone(cookie_of(server.heads[1]))
        self.get("-b", "", server.origin)
        self.assertEqual(cookie_of(server.heads[3]), "a=1")

    def test_kept_from_one_run_to_the_next(self):
        server = self.setting("a=1; Max-Age=100; HttpOnly", "b=2")
        for _ in range(2):
            code, _, err = self.get("-b", self.jar, "-c", self.jar, server.origin)
            self.assertEqual(code, 0, err)
        self.assertIsNone(cookie_of(server.heads[0]))
        self.assertEqual(cookie_of(server.heads[1]), "a=1; b=2")
        self.assertEqual(os.stat(self.jar).st_mode & 0o777, 0o600)

    def test_curl_reads_what_we_write_and_we_what_curl_writes(self):
        server = self.setting("a=1; Max-Age=100; HttpOnly", "b=2; Path=/", "c=three four; Expires=Fri, 01 Jan 2038 00:00:00 GMT")
        self.get("-c", self.jar, server.origin)
        subprocess.run(["curl", "-s", "-b", self.jar, server.origin], check=True, timeout=LIMIT)
        self.assertEqual(sorted(cookie_of(server.heads[1]).split("; ")), ["a=1", "b=2", "c=three four"])
        theirs = self.jar + "-curl"
        subprocess.run(["curl", "-s", "-c", theirs, server.origin], check=True, timeout=LIMIT)
        self.get("-b", theirs, server.origin)
        self.assertEqual(sorted(cookie_of(server.heads[3]).split("; ")), ["a=1", "b=2", "c=three four"])
        with open(self.jar) as ours, open(theirs) as curls:
            fields = [sorted(line.split("\t")[0:4] for line in file if "\t" in line) for file in (ours, curls)]
        self.assertEqual(fields[0], fields[1])

    def test_python_reads_what_we_write(self):
        server = self.setting("b=2; Max-Age=100; Path=/")
        self.get("-c", self.jar, server.origin)
        jar = http.cookiejar.MozillaCookieJar()
        jar.load(self.jar)
        self.assertEqual([(one.name, one.value, one.domain) for one in jar], [("b", "2", "127.0.0.1")])

    def test_a_file_that_is_not_there_is_told(self):
        self.fails(2, r"no file .*NAME=VALUE", "-b", "/nonexistent", "http://127.0.0.1:1/")
        server = self.setting("a=1")
        self.fails(1, r"/nonexistent/jar", "-c", "/nonexistent/jar", server.origin)


if __name__ == "__main__":
    unittest.main()
