"""`parlance get --hsts`: hosts that are asked over https only, in a file that curl reads and writes too."""

import os
import re
import subprocess
import unittest

from get_case import LIMIT, GetCase, response, need_localhost


class Hsts(GetCase):
    def setUp(self):
        need_localhost()
        tls, self.ca = self.tls("DNS:localhost")
        self.server = self.serve_http(response(b"secure", "Strict-Transport-Security: max-age=1000; includeSubDomains"), tls)
        self.port = self.server.address.split(":")[1]
        self.file = os.path.join(self.folder(), "hsts")

    def test_a_host_that_said_so_is_asked_over_https(self):
        self.gets(b"secure", "--hsts", self.file, "--ca", self.ca, f"https://localhost:{self.port}/")
        with open(self.file) as file:
            self.assertRegex(file.read(), r'(?m)^\.localhost "\d{8} \d\d:\d\d:\d\d"$')
        self.gets(b"secure", "--hsts", self.file, "--ca", self.ca, f"http://localhost:{self.port}/")
        self.gets(b"secure", "--hsts", self.file, "--ca", self.ca, "-u", "me:secret", f"http://localhost:{self.port}/")
        self.assertIn("Authorization: Basic", self.server.heads[2])

    def test_nothing_is_learnt_with_insecure(self):
        self.gets(b"secure", "--hsts", self.file, "--insecure", f"https://localhost:{self.port}/")
        with open(self.file) as file:
            self.assertNotIn("localhost", file.read())

    def test_curl_reads_what_we_write_and_we_what_curl_writes(self):
        self.get("--hsts", self.file, "--ca", self.ca, f"https://localhost:{self.port}/")
        done = subprocess.run(["curl", "-s", "--hsts", self.file, "--cacert", self.ca, f"http://localhost:{self.port}/"],
                              capture_output=True, timeout=LIMIT)
        if b"" == done.stdout:
            self.skipTest("this curl has no HSTS")
        self.assertEqual(done.stdout, b"secure")
        theirs = self.file + "-curl"
        subprocess.run(["curl", "-s", "--hsts", theirs, "--cacert", self.ca, f"https://localhost:{self.port}/"],
                       capture_output=True, timeout=LIMIT)
        self.gets(b"secure", "--hsts", theirs, "--ca", self.ca, f"http://localhost:{self.port}/")
        stamps = []
        for path in (self.file, theirs):
            with open(path) as file:
                stamps.append(re.search(r'(?m)^\.localhost "(\d{8} )', file.read())[1])
        self.assertEqual(*stamps)


if __name__ == "__main__":
    unittest.main()
