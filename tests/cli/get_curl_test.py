"""Commands of curl that `parlance get` takes (--from-curl) and makes (--curl): both make the same request."""

import gzip
import json
import os
import re
import shlex
import shutil
import subprocess
import unittest

from get_case import LIMIT, GetCase, response

OWN = ("User-Agent", "Connection", "Host", "Accept-Encoding", "Expect")  # of each program


class CurlCase(GetCase):
    def setUp(self):
        self.server = self.echo()
        self.url = self.server.origin + "/path"
        self.here = self.folder()

    def told(self):
        asked = self.asked[-1]
        fields = {name: value for name, value in asked["fields"].items() if name not in OWN}
        fields.pop("Proxy-Connection", None)  # which no RFC knows
        if not asked["body"]:
            fields.pop("Content-Length", None)  # none is needed, and 0 is no other
        if boundary := re.search(r"boundary=(\S+)", fields.get("Content-Type", "")):
            fields["Content-Type"] = "multipart"
            fields.pop("Content-Length")
            asked["body"] = asked["body"].replace(boundary.group(1), "BOUNDARY")
        return asked["start"], asked["body"], fields

    def run_curl(self, command):
        subprocess.run(["sh", "-c", command + " -s -o /dev/null"], check=True, timeout=LIMIT, cwd=self.here)
        return self.told()


@unittest.skipUnless(shutil.which("curl"), "needs curl")
class FromCurl(CurlCase):
    def same(self, command):
        with self.subTest(command):
            wanted = self.run_curl(command.replace("$'", "'") if "$'" not in command else shlex.join(["curl", "-d", "it's\nü", self.url]))
            code, _, err = self.get("--from-curl", command)
            self.assertEqual(code, 0, err)
            self.assertEqual(self.told(), wanted)

    def test_does_what_curl_does(self):
        url = self.url
        for command in (f"curl {url}", f"curl '{url}?a=b&c=d' -H 'X-One: 1'", f"curl -XPOST {url}", f"curl -sSLd a=1 -d 'b=2 3' {url}",
                        f"curl --url {url} -b 'a=b; c=d'", f"curl -u me:pass {url}", f"curl -sume:pass {url}",
                        f"curl {url} --json '{{\"a\":1}}'", f"curl {url} --data-raw '{{\"a\":\"it'\\''s\"}}' --compressed",
                        f"curl \\\n  -H \"X: a\\\"b \\$c\" \\\n  {url}", f"/usr/bin/curl --http1.1 {url} -# -A me", f"curl -F a=b --form c=d {url}",
                        f"curl -d $'it\\'s\\n\\u00fc' {url}", f"curl {url} -X 'PUT' -H 'Content-Type: text/x' -d ''",
                        f"curl {url} --data-raw -L", f"curl {url} --data '-5'", f"curl --data-raw --json {url}", f"curl --data-raw --next {url}", f"curl -U a:b {url}",
                        f"curl -L --compressed {url} --no-location --no-compressed", f"curl {url} --no-silent --no-include -d a --no-fail",
                        f"curl --header '-Lx: a' {url}", f"curl --oauth2-bearer token {url}", f"curl -4Zj {url} --data-ascii a=b",
                        f"curl -F 'a=b;type=text/plain;charset=utf-8' {url}", f"curl {url.removeprefix('http://')}"):
            self.same(command)

    def test_follows_redirects_only_with_its_option(self):
        server = self.nginx({"plain.txt": b"plain"})
        self.assertRegex(self.get("--from-curl", f"curl {server.http}/moved")[1], b"301 Moved")
        for option in ("-L", "--location", "-sL", "-4 -L", "-4L", "-0L"):
            self.gets(b"plain", "--from-curl", f"curl {option} {server.http}/moved")

    def test_the_type_of_a_form_gets_its_boundary(self):
        self.same(f"curl -F a=b -H 'Content-Type: multipart/form-data' {self.url}")
        code, _, err = self.get("-F", "a=b", "-H", "Content-Type: multipart/form-data; boundary=mine", self.url)
        self.assertEqual((code, self.asked[-1]["fields"]["Content-Type"]), (0, "multipart/form-data; boundary=mine"), err)

    def test_cookies_of_a_file_that_is_not_there_are_none(self):
        self.same(f"curl -b none-such {self.url}")
        self.same(f"curl --cookie none-such {self.url}")
        self.same(f"curl --cookie a=b {self.url}")

    def test_json_in_a_file_is_sent_as_it_is(self):
        path = os.path.join(self.here, "json")
        with open(path, "w") as file:
            file.write('{"a":\n1}\n')
        self.same(f"curl --json @{path} {self.url}")

    def test_shows_each_head_of_redirects(self):
        server = self.nginx({"plain.txt": b"plain"})
        path = os.path.join(self.here, "heads")

        def statuses(text):
            return re.findall(rb"HTTP/1.1 (\d+)", text)
        for options in ("-sIL", "-siL", "-s -D - -o /dev/null -L", "-sI", "-si"):
            with self.subTest(options):
                wanted = subprocess.run(["curl", *options.split(), server.http + "/moved"], capture_output=True, timeout=LIMIT).stdout
                self.assertEqual(statuses(self.get("--from-curl", f"curl {options} {server.http}/moved")[1]), statuses(wanted))
        self.assertEqual(statuses(self.get("-I", "-L", server.http + "/moved")[1]), [b"301", b"200"])
        self.assertEqual(statuses(self.get("-I", server.http + "/moved")[1]), [b"200"])
        self.gets(b"plain", "-L", "-D", path, server.http + "/moved")
        with open(path, "rb") as file:
            self.assertEqual(statuses(file.read()), [b"301", b"200"])

    def test_takes_codings_off_only_with_its_option(self):
        coded = gzip.compress(b"hello")
        server = self.serve_http(response(coded, "Content-Encoding: gzip"))
        self.gets(coded, "--from-curl", f"curl {server.origin}")
        self.gets(b"hello", "--from-curl", f"curl --compressed {server.origin}")
        self.gets(b"hello", "--from-curl", f"curl -s --compressed {server.origin}")

    def test_goes_with_other_options(self):
        code, out, _ = self.get(f"--from-curl=curl -H 'A: b' {self.url}", "-s", "-w", "%{http_code}", "-o", "/dev/null")
        self.assertEqual((code, out), (0, b"200"))

    def test_takes_no_more_than_a_command_of_curl(self):
        for command in ("", "wget x", "curl -K /nonexistent", f"curl {self.url} | sh", f"curl {self.url}; reboot", f"curl $(id) {self.url}", "curl `id`", "curl $HOME",
                        'curl "$HOME"', f"curl {self.url} > x", "curl 'x", 'curl "x', "curl $'x", "curl -b", "curl -b file", "curl -u me", "curl $'\\U7fffffff'",
                        f"curl {self.url} --no-such-option"):
            with self.subTest(command):
                code, out, err = self.get("--from-curl", command)
                self.assertEqual((code, out), (2, b""), err)
                self.assertNotEqual(err, "")
        self.assertEqual(self.server.heads, [])


    def test_takes_what_many_type(self):
        url = self.url
        for command in (f"curl -sv {url}", f"curl -y 30 -Y 1 {url}", f"curl --speed-time 30 --keepalive-time 5 {url}", f"curl --expect100-timeout 2 -d a=b {url}", f"curl --retry 1 --retry-all-errors --retry-max-time 5 {url}"):
            self.same(command)


class Files(CurlCase):
    """-K: options as curl keeps them in files."""

    TEXT = """# a comment
  / and another
url = "{url}?a=b&c=d"
header: "X-One: 1\\t\\"2\\""
-H "X-Two: #2"
user-agent=me   # behind it
--referer http://a/#b
-sd a=b
data "c d"
silent

"""

    def file(self, text, name="options"):
        path = os.path.join(self.here, name)
        with open(path, "w") as file:
            file.write(text)
        return path

    @unittest.skipUnless(shutil.which("curl"), "needs curl")
    def test_do_what_they_do_with_curl(self):
        path = self.file(self.TEXT.replace("{url}", self.url))
        wanted = self.run_curl(f"curl -K '{path}'")
        for arguments in (["-K", path], ["-sK", path], ["-K" + path], ["--curl-config=" + path], ["--curl-config", path],
                          ["-K", self.file(f"config = {path}", "outer")], ["--from-curl", f"curl -sK '{path}'"], ["--from-curl", f"curl --config '{path}'"]):
            with self.subTest(arguments):
                code, _, err = self.get(*arguments)
                self.assertEqual((code, err), (0, ""))
                self.assertEqual(self.told(), wanted)

    def test_stand_beside_other_options_and_come_from_stdin(self):
        path = self.file("request = PUT\n")
        self.assertEqual(self.get("-K", path, "-K", "-", self.url, "-H", "X-One: 1", stdin=b"data = x\n")[0], 0)
        start, body, fields = self.told()
        self.assertEqual((start.split()[0], body, fields["X-One"]), ("PUT", "x", "1"))

    def test_follow_redirects_as_get_does_or_as_curl_does(self):
        server = self.nginx({"plain.txt": b"plain"})
        path = self.file(f"url = {server.http}/moved\n")
        self.gets(b"plain", "-K", path)
        self.assertRegex(self.get("--from-curl", f"curl -K '{path}'")[1], b"301 Moved")
        self.gets(b"plain", "--from-curl", f"curl -LK '{path}'")

    def test_that_are_wrong_are_told_by_their_line(self):
        for text, why in (("\n\nsilent = yes", ":3: .*has no value"), ('url = "http://h', ':1: a " has no other'), ("user-agent a b", ":1: put a value with spaces"),
                          ("url", ":1: --url wants something"), ("--url=http://h/", "--url=http://h/"), ("no-such-option = 1", "--no-such-option")):
            with self.subTest(text):
                self.fails(2, why, "-K", self.file(text))
        path = os.path.join(self.here, "circle")
        self.file(f"config = {path}", "circle")
        self.fails(2, r"circle:1: these are more than \d+ files", "-K", path)
        self.fails(2, "read /nonexistent", "-K", "/nonexistent")
        self.assertEqual(self.server.heads, [])


class Next(CurlCase):
    """--next: several commands, one after the other."""

    def asked_for(self):
        asked = [(one["start"], one["body"], one["fields"].get("X-One")) for one in self.asked]
        self.asked.clear()
        return asked

    def test_has_options_of_its_own(self):
        code, out, _ = self.get("-d", "a=b", "-H", "X-One: 1", self.url, "--next", "-s", self.url, "-o", "/dev/null", "--next", self.url, "x=1")
        self.assertEqual(code, 0)
        self.assertEqual(self.asked_for(), [("POST /path HTTP/1.1", "a=b", "1"), ("GET /path HTTP/1.1", "", None), ("POST /path HTTP/1.1", '{"x":"1"}', None)])
        self.get(self.url, "-:", self.url, "-d", "c=d")
        self.assertEqual([one[:2] for one in self.asked_for()], [("GET /path HTTP/1.1", ""), ("POST /path HTTP/1.1", "c=d")])
        self.get("x=1", self.url, "--next", self.url, verb="put")
        self.assertEqual([one[0] for one in self.asked_for()], ["PUT /path HTTP/1.1"])

    def test_goes_on_after_a_failure_and_gives_the_first_code(self):
        code, _, err = self.get("http://127.0.0.1:1/", "--next", self.url, "--next", "http://nobody.invalid/")
        self.assertEqual((code, len(self.asked_for())), (4, 1), err)

    def test_has_the_cookies_of_a_file(self):
        jar = os.path.join(self.here, "jar")
        setting = self.serve_http(response(b"", "Set-Cookie: a=b"))
        code, _, err = self.get("-c", jar, setting.origin, "--next", "-b", jar, setting.origin)
        self.assertEqual(code, 0, err)
        self.assertIn("Cookie: a=b", setting.heads[1])

    @unittest.skipUnless(shutil.which("curl"), "needs curl")
    def test_of_curl(self):
        command = f"curl -sd a=b -H 'X-One: 1' {self.url} --next -X PUT {self.url} -: {self.url}"
        self.run_curl(command)
        wanted = self.asked_for()
        self.assertEqual(self.get("--from-curl", command)[0], 0)
        self.assertEqual(self.asked_for(), wanted)
        # What stands beside it is for each.
        self.assertEqual(self.get("-H", "X-One: 2", "--from-curl", command, "--curl")[1].count(b"X-One: 2"), 3)
        self.assertEqual(self.asked_for(), [])


@unittest.skipUnless(shutil.which("curl"), "needs curl")
class ToCurl(CurlCase):
    def test_prints_the_same_request(self):
        path = os.path.join(self.here, "it's a file")
        with open(path, "wb") as file:
            file.write(b"content\n")
        for arguments in ([], ["a=1", "b:=[2]", "X-One:2b", "q==x y"], ["--form", "a=b c", "d=&"], ["--form", f"f@{path}", "a=@b;type=x"],
                          ["-d", "it's", "-d", "two"], ["-d", "@" + path], ["-d", "{}", "--json"], ["-T", path], ["-X", "DELETE"],
                          ["-H", "Accept:", "-H", "X-Empty;", "-A", "me"], ["-G", "-d", "a=b c"], ["-F", "a=b"], ["-r", "1-2"], ["-X", "PUT", "-d", "x"],
                          ["-u", "me:p w"], ["-b", "a=b; c=d"], ["--bearer", "token"], ["--resolve", "other:80:127.0.0.1", "-u", "a:b"],
                          ["-x", self.url.rsplit("/", 1)[0], "--proxy-user", "me:pw"]):
            with self.subTest(arguments):
                if "a=@b;type=x" in arguments:
                    arguments = [a.replace("=@", r"\=@") if a.startswith("a=@") else a for a in arguments][:-1]
                code, _, err = self.get("-s", "-o", "/dev/null", self.url, *arguments)
                self.assertEqual(code, 0, err)
                wanted = self.told()
                code, out, err = self.get("--curl", self.url, *arguments)
                self.assertEqual((code, out.count(b"\n")), (0, 1 + sum(a.count("\n") for a in arguments)), err)
                self.assertEqual(self.run_curl(out.decode().rstrip("\n")), wanted, out)

    def test_has_each_limit_and_each_trust(self):
        pin = "sha256//" + "A" * 43 + "="
        for option in ("-4", "-6", "-R", "--create-dirs", "--proxy-insecure", "--fail-with-body", "-m 5", "--connect-timeout 3",
                       "--max-redirs 2", "--retry 3", "--retry-delay 2", "--retry-max-time 9", "--retry-all-errors", "--limit-rate 5120", "--max-filesize 9", f"--pinnedpubkey {pin}",
                       "--proxy-cacert x.pem", f"--proxy-pinnedpubkey {pin}", "--raw", "-D head", "--etag-save tag", "-C - -o x", "-w %{http_code}", "--pass secret",
                       "--tlsv1.3", "--tls-max 1.2", "--ciphers X", "--tls13-ciphers X", "--curves X", "--crlfile x", "--no-sessionid", "--proxy-ciphers X",
                       "--proxy-cert x", "--proxy-key x", "--proxy-pass x", "--no-keepalive", "--keepalive-time 7", "--local-port 5-9", "--happy-eyeballs-timeout-ms 9",
                       "-p", "--proxy-digest", "--proxy-header a:b", "--preproxy socks5://h", "--post301", "--post302", "--post303", "--location-trusted",
                       "--proto-redir =https", "--path-as-is", "--request-target *", "--ignore-content-length", "--speed-limit 5 --speed-time 7", "--no-clobber",
                       "--create-file-mode 0600", "--xattr", "--anyauth -u a:b", "--expect100-timeout 3", "--fail-early", "-j", "--http1.0"):
            with self.subTest(option):
                code, out, err = self.get("--curl", *option.split(), self.url)
                self.assertEqual(code, 0, err)
                for word in option.split():
                    self.assertIn(word, shlex.split(out.decode()))

    def test_is_taken_back(self):
        for arguments in (["--bearer", "token"], ["-x", "http://127.0.0.1:1", "--proxy-user", "me:pw"], ["-d", "-x"], ["-4", "--retry", "2"]):
            with self.subTest(arguments):
                command = self.get("--curl", self.url, *arguments)[1].decode()
                self.assertEqual(self.get("--offline", "--no-decode", "--from-curl", command)[:2],
                                 self.get("--offline", "--no-decode", self.url, *arguments)[:2])

    def test_says_what_curl_cannot(self):
        self.fails(2, "--sha256", "--curl", "--sha256", "0" * 64, self.url)
        code, _, err = self.get("--curl", "--session", "work", self.url)
        self.assertEqual(code, 2)
        self.assertIn("--session", err)

    def test_sends_nothing(self):
        self.assertRegex(self.get("--curl", self.url, verb="delete")[1], rb"^curl -X DELETE -L --compressed -g http://\S+/path\n$")
        self.assertEqual(self.server.heads, [])


if __name__ == "__main__":
    unittest.main()
