"""The verbs of HTTP against httpbin, a server that others have written to tell clients what they sent."""

import json
import os
import subprocess
import unittest

from get_case import LIMIT, GetCase

SYSTEM_PYTHON = "/usr/bin/python3"  # Debian's, which has Debian's packages
SERVE = """
import httpbin, logging
from werkzeug.serving import make_server
logging.getLogger("werkzeug").disabled = True
server = make_server("127.0.0.1", 0, httpbin.app, threaded=True)
print(server.port, flush=True)
server.serve_forever()
"""


class Httpbin(GetCase):
    @classmethod
    def setUpClass(cls):
        try:
            cls.process = subprocess.Popen([SYSTEM_PYTHON, "-c", SERVE], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        except OSError as error:
            raise unittest.SkipTest(f"no {SYSTEM_PYTHON}") from error
        cls.addClassCleanup(cls.process.stdout.close)
        cls.addClassCleanup(cls.process.wait, LIMIT)
        cls.addClassCleanup(cls.process.kill)
        port = cls.process.stdout.readline().decode().strip()
        if not port:
            raise unittest.SkipTest("httpbin is not installed (Debian: python3-httpbin)")
        cls.origin = "http://127.0.0.1:" + port

    def told(self, verb, path, *arguments, **more):
        code, out, err = self.get(self.origin + path, *arguments, verb=verb, **more)
        self.assertEqual(code, 0, err)
        return json.loads(out)

    def test_items_arrive_as_they_were_meant(self):
        made = self.told("post", "/post", "name=Ann", "age:=42", "tags[]=a", "tags[]=b", "X-One:1x", "q==a b&c", "é=ü")
        self.assertEqual(made["json"], {"name": "Ann", "age": 42, "tags": ["a", "b"], "é": "ü"})
        self.assertEqual((made["headers"]["X-One"], made["args"]), ("1x", {"q": "a b&c"}))
        for verb in ("put", "patch", "delete"):
            self.assertEqual(self.told(verb, "/" + verb, "a=1")["json"], {"a": "1"})

    def test_forms_and_files_arrive(self):
        path = os.path.join(self.folder(), "a.txt")
        with open(path, "w") as file:
            file.write("content")
        self.assertEqual(self.told("post", "/post", "--form", "a=b c", "d=&=é")["form"], {"a": "b c", "d": "&=é"})
        for arguments in (["--form", "a=b", f"f@{path}"], ["-F", "a=b", "-F", f"f=@{path}"]):
            made = self.told("post", "/post", *arguments)
            self.assertEqual((made["form"], made["files"]), ({"a": "b"}, {"f": "content"}))
        self.assertEqual(self.told("get", "/post", "-d", "a=1", "--data-urlencode", "b=c d&")["form"], {"a": "1", "b": "c d&"})
        self.assertEqual(self.told("put", "/put", "-T", path)["data"], "content")

    def test_compression_is_taken_off(self):
        for coding, said in (("gzip", "gzipped"), ("deflate", "deflated"), ("brotli", "brotli")):
            self.assertTrue(self.told("get", "/" + coding)[said])

    def test_redirects_are_followed_and_statuses_told(self):
        self.assertTrue(self.told("get", "/redirect/3")["url"].endswith("/get"))
        self.assertTrue(self.told("get", "/absolute-redirect/2")["url"].endswith("/get"))
        self.assertEqual(self.get("-s", "-o", "/dev/null", "-w", "%{http_code} %{num_redirects}", self.origin + "/relative-redirect/2")[1], b"200 2")
        self.assertEqual(self.get("-f", self.origin + "/status/418")[0], 8)
        code, _, err = self.get("-f", "--retry", "2", "--retry-delay", "0.001", self.origin + "/status/503")
        self.assertEqual((code, err.count("trying again")), (8, 2))

    def test_parts_and_conditions(self):
        whole = self.get(self.origin + "/range/1000")[1]
        self.assertEqual(len(whole), 1000)
        self.gets(whole[10:20], "-r", "10-19", self.origin + "/range/1000")
        self.assertEqual(self.get("-s", "-w", "%{http_code}", "-H", "If-None-Match: x", self.origin + "/cache")[1], b"304")

    def test_names_and_passwords(self):
        at = self.origin.replace("://", "://me:secret@")
        self.assertEqual(json.loads(self.get(at + "/basic-auth/me/secret")[1])["authenticated"], True)

    def test_bodies_in_chunks_and_of_any_length(self):
        self.assertEqual(self.get(self.origin + "/stream/5")[1].count(b"\n"), 5)
        self.assertEqual(len(self.get(self.origin + "/stream-bytes/100000?seed=1")[1]), 100000)
        self.assertEqual(len(self.get(self.origin + "/drip?duration=0.1&numbytes=5")[1]), 5)


if __name__ == "__main__":
    unittest.main()
