"""What `parlance get` tells of its transfers: -w as curl, --timing, --json-report and --har."""

import json
import os
import re
import shutil
import socket
import subprocess
import unittest

from get_case import LIMIT, PARLANCE, GetCase, response


class ReportCase(GetCase):
    def setUp(self):
        self.here = self.folder()
        self.null = ("-s", "-o", "/dev/null")

    def moving(self):
        """A server that redirects /moved to /there."""
        def answer(caller, head, more):
            if head.startswith("GET /moved"):
                caller.sendall(response(b"", "Location: /there?secret", "Set-Cookie: a=b", status="302 Found"))
            else:
                caller.sendall(response(b"body", "Content-Type: text/plain", "X-Two: 1", "x-two: 2"))
        return self.serve_http(answer)


class WriteOut(ReportCase):
    @unittest.skipUnless(shutil.which("curl"), "needs curl")
    def test_is_that_of_curl(self):
        server = self.moving()
        nginx = self.nginx({"page.txt": b"x" * 1000})
        names = ("http_code response_code num_redirects num_connects size_download content_type url_effective method scheme "
                 "http_version remote_ip remote_port local_ip size_upload redirect_url urlnum exitcode errormsg "
                 "num_headers url filename_effective referer ftp_entry_path ssl_verify_result proxy_ssl_verify_result").split()
        form = "".join(f"{name}=%{{{name}}}\\n" for name in names) + "100%% \\t\\\\ %{stdout} %header{x-two}|%header{none}\\r%"
        for arguments in (["-d", "abc", server.origin + "/x"], ["-e", "http://there/", server.origin + "/x"], ["-L", server.origin + "/moved"], [nginx.http + "/page.txt"],
                          ["-k", nginx._https.replace("localhost", "127.0.0.1") + "/page.txt"], ["-I", nginx.http + "/page.txt"],
                          [nginx.http + "/none"], ["--max-redirs", "0", nginx.http + "/moved"]):
            with self.subTest(arguments):
                if "-k" in arguments:  # of a certificate that nobody looks at
                    form = form.replace("%{ssl_verify_result}", "")
                by_curl = [a for a in arguments if a not in ("--max-redirs", "0")]
                wanted = subprocess.run(["curl", *self.null, "-w", form, *by_curl], capture_output=True, timeout=LIMIT)
                code, out, err = self.get(*self.null, "--no-decode", "-w", form, *arguments)
                self.assertEqual((code, out.decode()), (wanted.returncode, wanted.stdout.decode()), err)

    def test_times_are_in_order(self):
        server = self.nginx({"page.txt": b"x" * 1000})
        names = "time_namelookup time_connect time_appconnect time_pretransfer time_starttransfer time_total".split()
        out = self.get(*self.null, "-k", "-w", " ".join(f"%{{{n}}}" for n in names), server._https.replace("localhost", "127.0.0.1") + "/page.txt")[1]
        times = [float(t) for t in out.split()]
        self.assertEqual(times, sorted(times))
        self.assertGreater(times[2], times[1])
        out = self.get(*self.null, "-w", "%{time_redirect} %{time_total}", self.moving().origin + "/moved")[1]
        redirected, total = map(float, out.split())
        self.assertTrue(0 < redirected < total)

    def test_comes_behind_the_body_and_after_failures(self):
        url = self.moving().origin + "/x"
        self.gets(b"body200\n", "-w", "%{http_code}\\n", url)
        code, out, _ = self.get("-w", "%{http_code} %{exitcode} %{errormsg}|", url, "http://127.0.0.1:1/")
        self.assertEqual(code, 4)
        self.assertIn(b"body", out)
        self.assertIn(b"200 0 |", out)
        self.assertRegex(out, rb"000 4 .*connection refused.*\|")

    def test_stands_in_a_file(self):
        path = os.path.join(self.here, "format")
        with open(path, "w") as file:
            file.write("<%{http_code}>")
        self.gets(b"body<200>", "-w", "@" + path, self.moving().origin)

    def test_goes_to_stderr_and_is_for_failures(self):
        url = self.moving().origin + "/x"
        code, out, err = self.get(*self.null, "-w", "a%{stderr}b\\n%{http_code}%{stdout}c%{onerror}d", url)
        self.assertEqual((code, out, err), (0, b"ac", "b\n200"))
        code, out, err = self.get(*self.null, "-s", "-w", "%{stderr}a%{onerror}b|", "http://127.0.0.1:1/")
        self.assertEqual((code, out), (4, b""))
        self.assertIn("ab|", err)

    def test_tells_whether_a_certificate_was_trusted(self):
        server = self.nginx({"page.txt": b"x"})
        url = server._https.replace("localhost", "127.0.0.1") + "/page.txt"
        for more, code, wanted in ((["-k"], 0, b"20"), ([], 6, b"20")):
            self.assertEqual(self.get(*self.null, "-w", "%{ssl_verify_result}", *more, url)[:2], (code, wanted))
        self.assertRegex(self.get(*self.null, "-d", "x" * 1000, "-w", "%{speed_upload}", self.moving().origin)[1], rb"^[1-9]\d*$")

    def test_knows_what_it_does_not_know(self):
        self.fails(2, r"knows no %\{nonsense\}", "-w", "%{nonsense}", "http://127.0.0.1:1/")
        self.gets(b"body%{x %", "-w", "%{x %", self.moving().origin)


class Reports(ReportCase):
    def test_are_lines_of_json(self):
        server, path = self.moving(), os.path.join(self.here, "report")
        code, _, _ = self.get("--json-report", path, "-o", os.path.join(self.here, "out"), server.origin + "/moved?a", "http://127.0.0.1:1/")
        self.assertEqual(code, 4)
        self.assertEqual(os.stat(path).st_mode & 0o077, 0)  # it has what Set-Cookie says
        with open(path) as file:
            by_url = {made["url"]: made for made in map(json.loads, file)}
        made = by_url[server.origin + "/moved?a"]
        self.assertEqual((made["ok"], made["status"], made["received_bytes"], made["written_bytes"], made["tries"]), (True, 200, 4, 4, 1))
        self.assertEqual(made["headers"]["x-two"], ["1", "2"])
        self.assertEqual(made["file"], os.path.join(self.here, "out"))
        self.assertEqual([leg["status"] for leg in made["legs"]], [302, 200])
        self.assertEqual(made["url_effective"], server.origin + "/there?secret")
        self.assertRegex(made["began"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        failed = by_url["http://127.0.0.1:1/"]
        self.assertEqual((failed["ok"], failed["exit_code"], failed["legs"]), (False, 4, []))
        self.assertRegex(failed["error"], "refused")

    def test_go_to_stdout(self):
        out = self.get(*self.null, "--json-report", "-", self.moving().origin)[1]
        self.assertEqual(json.loads(out)["status"], 200)

    def test_are_an_archive(self):
        server, path = self.moving(), os.path.join(self.here, "all.har")
        self.get(*self.null, "--har", path, "-H", "Authorization: Bearer hidden", "-H", "X-Api-Key: hidden", f"http://me:hidden@{server.address}/moved")
        with open(path) as file:
            text = file.read()
        self.assertNotIn("hidden", text)
        self.assertNotIn("a=b", text)
        log = json.loads(text)["log"]
        self.assertEqual((log["version"], log["creator"]["name"], len(log["entries"])), ("1.2", "parlance", 2))
        for entry in log["entries"]:  # what the specification demands
            for name in ("startedDateTime", "time", "request", "response", "cache", "timings"):
                self.assertIn(name, entry)
            for name in ("method", "url", "httpVersion", "cookies", "headers", "queryString", "headersSize", "bodySize"):
                self.assertIn(name, entry["request"])
            for name in ("status", "statusText", "httpVersion", "cookies", "headers", "content", "redirectURL", "headersSize", "bodySize"):
                self.assertIn(name, entry["response"])
            self.assertTrue({"send", "wait", "receive"} <= set(entry["timings"]))
        first, second = log["entries"]
        self.assertEqual((first["response"]["status"], first["response"]["redirectURL"]), (302, server.origin + "/there?secret"))
        self.assertIn({"name": "x-two", "value": "2"}, second["response"]["headers"])

    def test_of_a_unix_socket_with_any_name(self):
        path = os.path.join(os.fsencode(self.here), b"s\xff\x1b")
        self.serve_unix(path, response(b"body"))
        code, out, err = self.get(*self.null, "--json-report", "-", "--har", "-", "-w", "%{json}\n", "--unix-socket", path, "http://h/")
        self.assertEqual((code, [json.loads(line).get("ok") for line in out.splitlines()]), (0, [True, True, None]), err)

    def test_an_archive_has_no_logins_that_a_server_sends_and_nothing_that_is_of_one_site(self):
        server, path, config = self.moving(), os.path.join(self.here, "all.har"), os.path.join(self.here, "get.toml")
        url = self.serve_http(response(b"", f"Location: http://me:hidden@{server.address}/there", status="302 Found")).origin
        with open(os.open(config, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.write(f'[sites."{url}"]\nheader = ["X-Mine: hidden"]\n')
        code, _, err = self.get(*self.null, "--config", config, "--har", path, url)
        self.assertEqual(code, 0, err)
        with open(path) as file:
            text = file.read()
        self.assertNotIn("hidden", text)
        self.assertIn(f"http://***@{server.address}/there", text)
        self.assertIn("X-Mine", text)

    def test_draw_where_the_time_went(self):
        _, _, err = self.get("--timing", "-o", "/dev/null", self.moving().origin + "/moved")
        self.assertRegex(err, r"(?s)^302 GET http://\S+/moved\n  \|[ .~#=-]{40}\| .* m?s.*\n200 GET http://\S+\n  \|[ .~#=-]{40}\| .*4 bytes in ")

    def test_tell_only_of_bytes_that_are_fit_to_tell(self):
        server = self.serve_http(b"HTTP/1.1 200 \x1b\xff\r\nX: \xff\xfe\r\nContent-Length: 0\r\n\r\n")
        for name in ("--json-report", "--har"):
            code, out, err = self.get(*self.null, name, "-", server.origin)
            if code == 0:
                self.assertNotIn(b"\x1b", out)
                json.loads(out)

    def test_that_cannot_be_written_are_told_before_anything_is_asked(self):
        server = self.moving()
        self.fails(1, r"write /nonexistent/x", "--json-report", "/nonexistent/x", server.origin)
        self.assertEqual(server.heads, [])
        self.fails(1, r"write /nonexistent/x", *self.null, "--har", "/nonexistent/x", server.origin)


if __name__ == "__main__":
    unittest.main()
