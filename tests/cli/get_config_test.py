"""The configuration file of `parlance get` and its kin."""

import os
import unittest

from get_case import GetCase, response
from get_credentials_test import basic


class Configuration(GetCase):
    def setUp(self):
        self.home = self.folder()
        self.path = os.path.join(self.home, "parlance", "get.toml")
        self.env = {**os.environ, "XDG_CONFIG_HOME": self.home}

    def write(self, text, mode=0o600, path=None):
        path = path or self.path
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    def run_get(self, *arguments, **more):
        return self.get(*arguments, **{"env": self.env, **more})

    def does(self, *arguments, **more):
        code, out, err = self.run_get(*arguments, **more)
        self.assertEqual(code, 0, err)
        return out

    def refuses(self, pattern, *arguments, **more):
        self.fails(2, pattern, *arguments, **{"env": self.env, **more})

    def head(self, *arguments, **more):
        """What a server is asked."""
        server = self.serve_http(response(b"body"))
        self.does(*arguments, server.origin, **more)
        return server.heads[0]


class Options(Configuration):
    def test_are_those_of_the_file_unless_the_command_line_has_others(self):
        server = self.serve_http(response(b"body", "Location: /there", status="302 Found"))
        self.write("max-redirects = 0\nwrite-out = '%{http_code}'\ninclude = true\n")
        self.assertRegex(self.does(server.origin), rb"(?s)^HTTP/1.1 302 .*body302$")
        self.assertRegex(self.does("-w", "!", server.origin), rb"(?s)^HTTP/1.1 302 .*body!$")
        self.assertEqual(self.does("--print", "b", server.origin), b"body302")
        self.assertEqual(self.does("--no-config", "--max-redirects", "0", server.origin), b"body")

    def test_may_be_those_that_few_need(self):
        self.write("request-target = '/elsewhere'\n")
        self.assertTrue(self.head().startswith("GET /elsewhere HTTP/1.1"))
        self.write("proxy-pass = 'x'\n")
        self.refuses("is for the command line alone", "http://127.0.0.1:1/")
        self.write("no-such = 'x'\n")
        self.refuses("there is no such option", "http://127.0.0.1:1/")

    def test_are_for_all_verbs(self):
        self.write("form = true\n")
        server = self.echo()
        for verb in ("post", "put"):
            self.does(server.origin, "a=b c", verb=verb)
            self.assertEqual(self.asked[-1]["body"], "a=b+c")

    def test_may_be_false_numbers_and_lists(self):
        server = self.serve_http(response(b"body"))
        port = server.address.rpartition(":")[2]
        self.write(f"fail = false\ntimeout = 20.5\nresolve = ['a.test:{port}:127.0.0.1', 'b.test:{port}:127.0.0.1']\n")
        for host in ("a.test", "b.test"):
            self.assertEqual(self.does(f"http://{host}:{port}/"), b"body")

    def test_make_room_for_those_that_exclude_them(self):
        context, ca = self.tls("IP:127.0.0.1")
        server = self.serve_http(response(b"body"), context)
        self.write("cacert = '/nonexistent'\n")
        self.assertEqual(self.does("-k", server.origin), b"body")
        self.write("insecure = true\nverbose = true\n")
        code, _, err = self.run_get("-q", "--cacert", ca, server.origin)
        self.assertEqual((code, err), (0, ""))

    def test_of_a_proxy_do_not_go_to_another(self):
        proxy, other = (self.serve_http(response(b"")) for _ in range(2))
        self.write(f"proxy = '{proxy.origin}'\nproxy-user = 'me:secret'\n")
        self.does("http://a.test/")
        self.does("-x", other.origin, "http://a.test/")
        self.assertIn("Proxy-" + basic("me:secret"), proxy.heads[0])
        self.assertNotIn("Proxy-Authorization", other.heads[0])

    def test_that_make_no_sense_are_told_with_their_line(self):
        for text, why in (("\nnonsense = 1", r":2: nonsense: there is no such option of parlance get"),
                          ("output = 'x'", ":1: output: is for the command line alone"),
                          ("data = 'x'", ":1: data: is for the command line alone"),
                          ("URL = 'x'", ":1: URL: there is no such option"),
                          ("config = 'x'", ":1: config: is for the command line alone"),
                          ("a = 1\nfail = 1", ":1: a: there is"),
                          ("fail = 1", ":1: fail: must be true or false"),
                          ("timeout = 'soon'", ":1: timeout: .*soon"),
                          ("timeout = -1", ":1: timeout: .*more than 0"),
                          ("timeout = [1, 2]", ":1: timeout: "),
                          ("timeout = true", ":1: timeout: must be a text or a number"),
                          ("parallel = 0", ":1: parallel: .*1000"),
                          ("[timeout]\nx = 1", ":1: timeout: must be a text"),
                          ("quiet = true\nverbose = true", ":[12]: (quiet|verbose): does not go with --(quiet|verbose|silent)"),
                          ("session = 'work'", ":1: session: is for the command line alone"),
                          ("cookie = 'id=hush'", ":1: cookie: a cookie would go to everybody"),
                          ("header = 'Content-Type: text/plain'", ":1: header: Content-Type tells of one request's body"),
                          ("[sites.'http://a.test']\nheader = 'Cookie: hush'", ":2: .*header: say it by user or bearer"),
                          ("[sites.'http://a.test']\ndigest = true", ":2: .*digest: needs user"),
                          ("user = 'me:hush'", r":1: user: a login is of one origin; put it into \[sites"),
                          ("header = ['Authorization: hush']", ":1: header: Authorization would go to everybody"),
                          ("header = ['X: 1', 'X-Api-Key: hush']", r":1: header: X-Api-Key would go to everybody; put it into \[sites"),
                          ("header = 'X'", ":1: header: must be 'Name: value'"),
                          ("header = 'A B: c'", ":1: header: must be 'Name: value'"),
                          ("header = 'Host: x'", ":1: header: Host is of one request"),
                          ("header = [['X: 1']]", ":1: header: must be a text"),
                          ("fail = tru", ":1: "),
                          ("fail = true\nfail = true", ":2: ")):
            self.write(text)
            code, _, err = self.run_get("http://127.0.0.1:1/")
            self.assertEqual(code, 2, text)
            self.assertRegex(err, "^parlance get: " + self.path + why, text)
            self.assertNotIn("hush", err)

    def test_of_another_file_and_of_none(self):
        self.write("fail = 1\n")
        other = self.write("header = 'X-Mine: 1'\n", path=os.path.join(self.home, "other.toml"))
        self.assertIn("X-Mine: 1", self.head("--config", other))
        self.assertNotIn("X-Mine", self.head("--no-config"))
        self.refuses("there is no file .*/none", "--config", self.home + "/none", "http://127.0.0.1:1/")
        self.refuses("wants the name of a file", "--config", "", "http://127.0.0.1:1/")
        self.refuses("is a directory", "--config", self.home, "http://127.0.0.1:1/")
        code, _, err = self.run_get("--config", other, "--no-config", "http://127.0.0.1:1/")
        self.assertEqual(code, 2, err)

    def test_the_command_line_leaves_no_sense_in_some_of_it(self):
        server = self.serve_http(response(b""))
        self.write("no-proxy = '*'\n")
        code, _, err = self.run_get("-x", "http://127.0.0.1:1", server.origin)
        self.assertEqual(code, 4, err)

    def test_are_in_the_home_folder_otherwise(self):
        self.write("header = 'X-Mine: 1'\n", path=os.path.join(self.home, ".config/parlance/get.toml"))
        env = {k: v for k, v in self.env.items() if k not in ("XDG_CONFIG_HOME", "HOME")}
        self.assertIn("X-Mine: 1", self.head(env={**env, "HOME": self.home}))
        self.assertIn("X-Mine: 1", self.head(env={**env, "HOME": self.home, "XDG_CONFIG_HOME": "relative"}))
        self.assertNotIn("X-Mine", self.head(env=env))

    def test_are_in_the_command_of_curl(self):
        self.write("timeout = 5\nheader = 'X-Mine: 1'\n[sites.'http://a.test']\nheader = 'X-Key: k'\nuser = 'me:secret'\n")
        said = self.does("--curl", "http://a.test/").decode()
        for part in ("-m 5", "-H 'X-Mine: 1'", "-H 'X-Key: k'", "-u me:secret"):
            self.assertIn(part, said)
        other = self.does("--curl", "http://b.test/").decode()
        self.assertNotIn("X-Key", other)
        self.assertNotIn("secret", other)


class Fields(Configuration):
    def test_are_sent_where_the_command_line_has_no_other(self):
        self.write("user-agent = 'mine/1'\nheader = ['X-One: 1', 'X-One: 2', 'Accept: text/x']\n")
        head = self.head()
        for field in ("User-Agent: mine/1", "X-One: 1", "X-One: 2", "Accept: text/x"):
            self.assertEqual(head.count(field), 1, head)
        self.assertEqual(head.count("Accept: "), 1, head)
        head = self.head("-A", "other", "-H", "x-one: 3", "-H", "Accept:")
        self.assertIn("User-Agent: other", head)
        self.assertIn("x-one: 3", head)
        for field in ("mine/1", "X-One: ", "Accept: "):
            self.assertNotIn(field, head)

    def test_go_before_what_json_asks_for(self):
        self.write("header = 'Accept: text/x'\n")
        server = self.echo()
        self.does(server.origin, "a=b", verb="post")
        self.assertEqual(self.asked[0]["fields"]["Accept"], "text/x")
        self.does("--no-config", server.origin, "a=b", verb="post")
        self.assertEqual(self.asked[1]["fields"]["Accept"], "application/json, */*;q=0.5")


class Sites(Configuration):
    def test_fields_and_logins_are_of_their_origin_alone(self):
        other = self.serve_http(response(b"there"))
        server = self.serve_http(response(b"", f"Location: {other.origin}/", status="302 Found"))
        self.write(f"header = 'X-Mine: all'\n[sites.'{server.origin}']\nheader = 'X-Mine: hush'\nuser = 'me:sec:ret'\n")
        self.does(server.origin + "/x")
        self.assertIn("X-Mine: hush", server.heads[0])
        self.assertNotIn("X-Mine: all", server.heads[0])
        self.assertIn(basic("me:sec:ret"), server.heads[0])
        self.assertIn("X-Mine: all", other.heads[0])
        self.assertNotIn("hush", other.heads[0])
        self.assertNotIn("Authorization", other.heads[0])
        # The port is part of an origin, and the scheme is.
        self.write(f"[sites.'{server.origin.replace('http', 'https')}']\nheader = 'X-Key: hush'\n"
                   "[sites.'http://127.0.0.1']\nuser = 'me:secret'\n")
        self.does(server.origin)
        self.assertNotIn("hush", server.heads[1])
        self.assertNotIn("Authorization", server.heads[1])

    def test_who_is_redirected_to_one_is_known_there(self):
        site = self.serve_http(response(b"there"))
        server = self.serve_http(response(b"", f"Location: {site.origin}/", status="302 Found"))
        self.write(f"[sites.'{site.origin}/']\nbearer = 'abc'\nheader = ['X-Key: hush']\n")
        self.does(server.origin)
        self.assertNotIn("Authorization", server.heads[0])
        self.assertIn("Authorization: Bearer abc", site.heads[0])
        self.assertIn("X-Key: hush", site.heads[0])

    def test_the_command_line_and_the_url_go_before_them(self):
        server = self.serve_http(response(b""))
        self.write(f"[sites.'{server.origin}']\nuser = 'me:secret'\nheader = 'X-Key: hush'\n")
        self.does("-u", "you:other", server.origin)
        self.does(f"http://you:other@{server.address}/")
        self.does("-H", "Authorization: mine", "-H", "X-Key: mine", server.origin)
        self.assertIn(basic("you:other"), server.heads[0])
        self.assertIn(basic("you:other"), server.heads[1])
        self.assertIn("Authorization: mine", server.heads[2])
        self.assertIn("X-Key: mine", server.heads[2])
        for head in server.heads:
            self.assertNotIn(basic("me:secret"), head)
        self.assertNotIn("hush", server.heads[2])

    def test_digest(self):
        def answer(caller, head, more):
            asked = response(b"", 'WWW-Authenticate: Digest realm="r", nonce="n", qop="auth"', status="401 Who")
            caller.sendall(response(b"in") if "Authorization: Digest" in head else asked)
        server = self.serve_http(answer)
        self.write(f"[sites.'{server.origin}']\nuser = 'me:secret'\ndigest = true\n")
        self.assertEqual(self.does(server.origin), b"in")
        self.assertNotIn("Authorization", server.heads[0])
        self.write(f"[sites.'{server.origin}']\nuser = 'me:secret'\n")
        self.assertEqual(self.does("--digest", server.origin), b"in")
        self.assertNotIn("Authorization", server.heads[2])
        self.refuses("for whom", "--digest", "http://127.0.0.1:1/")

    def test_that_make_no_sense_are_told_with_their_line(self):
        site = "[sites.'http://a.test']\n"
        for text, why in (("sites = 1", ":1: sites: must be tables"),
                          ("[sites]\nx = 1", ":2: sites.\"x\": must be an origin"),
                          ("[sites.'http://a.test/path']", ":1: sites.\"http://a.test/path\": must be an origin"),
                          ("[sites.'http://me:hush@a.test']", ":1: sites.\"http://a.test/\": must be an origin"),
                          ("[sites.'a.test']", ":1: sites.\"a.test\": must be an origin"),
                          (site + "[sites.'http://A.test:80/']", ":[12]: sites.\"http://[Aa].test[^ ]*\": is there twice"),
                          (site + "\"\\u001b[31m\" = 1", r":2: sites.\"http://a.test\".\"[^\x1b]*\": of one origin there can be"),
                          (site + "timeout = 1", ":2: sites.\"http://a.test\".timeout: of one origin there can be"),
                          (site + "user = 1", ":2: sites.\"http://a.test\".user: must be a text"),
                          (site + "user = 'me:hu\\u0000sh'".replace("'", '"'), ":2: sites.\"http://a.test\".user: "),
                          (site + "bearer = 'hush hush'", ":2: sites.\"http://a.test\".bearer: a token is"),
                          (site + "user = 'me:hush'\nbearer = 'hush'", ":[23]: sites.\"http://a.test\".bearer: does not go with user"),
                          (site + "digest = 1", ":2: sites.\"http://a.test\".digest: must be true or false")):
            self.write(text)
            code, _, err = self.run_get("http://127.0.0.1:1/")
            self.assertEqual(code, 2, (text, err))
            self.assertRegex(err, "^parlance get: " + self.path + why, text)
            self.assertNotIn("hush", err)


class Owners(Configuration):
    def test_what_others_may_write_is_refused(self):
        for mode in (0o620, 0o602, 0o666):
            self.write("header = 'X-Mine: 1'\n", mode)
            self.refuses("others may write it; chmod go-w " + self.path, "http://127.0.0.1:1/")
        self.write("header = 'X-Mine: 1'\n", 0o644)
        self.assertIn("X-Mine: 1", self.head())

    def test_what_is_secret_and_others_may_read_is_refused(self):
        for text in ("[sites.'http://a.test']\nuser = 'me:hush'\n", "[sites.'http://a.test']\nbearer = 'hush'\n",
                     "[sites.'http://a.test']\nheader = 'X-Key: hush'\n", "proxy-user = 'me:hush'\n",
                     "proxy = 'http://me:hush@127.0.0.1:1'\n"):
            for mode in (0o640, 0o604):
                self.write(text, mode)
                self.refuses("others may read what is secret in it; chmod 600 " + self.path, "http://127.0.0.1:1/")
        self.write("[sites.'http://a.test']\nuser = 'me'\ndigest = true\n", 0o644)
        self.head()

    @unittest.skipUnless(os.geteuid() == 0, "only root can give files away")
    def test_what_belongs_to_somebody_else_is_refused(self):
        os.chown(self.write("header = 'X-Mine: 1'\n"), 65534, 65534)
        self.refuses("belongs to somebody else; leave it out with --no-config", "http://127.0.0.1:1/")


if __name__ == "__main__":
    unittest.main()
