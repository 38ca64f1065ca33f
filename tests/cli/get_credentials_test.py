"""Who `parlance get` is to servers: nginx, python3-httpbin and openssl ask for it."""

import base64
import json
import os
import pty
import re
import socket
import subprocess
import threading
import unittest
import wsgiref.simple_server

from get_case import LIMIT, PARLANCE, GetCase, response

try:
    import httpbin
except ImportError:
    httpbin = None


def basic(text):
    return "Authorization: Basic " + base64.b64encode(text.encode()).decode()


class Logins(GetCase):
    def test_basic_for_the_origin_of_the_url_alone(self):
        other = self.serve_http(response(b"there"))
        server = self.serve_http(response(b"", f"Location: {other.origin}/", status="302 Found"))
        self.gets(b"there", "-u", "me:sec:ret", server.origin + "/")
        self.assertIn(basic("me:sec:ret"), server.heads[0])
        self.assertNotIn("Authorization", other.heads[0])

    def test_before_those_of_the_url_and_behind_a_field(self):
        server = self.serve_http(response(b""))
        self.get("-u", "me:secret", f"http://you:other@{server.address}/")
        self.get("-u", "me:secret", "-H", "authorization: Mine", server.origin)
        self.assertIn(basic("me:secret"), server.heads[0])
        self.assertIn("authorization: Mine", server.heads[1])
        self.assertNotIn("Basic", server.heads[1])

    def test_a_token(self):
        server = self.serve_http(response(b""))
        self.get("--bearer", "abc.def", server.origin)
        self.assertIn("Authorization: Bearer abc.def", server.heads[0])
        self.fails(2, "token is", "--bearer", "a b", server.origin)

    def test_as_httpie_has_them(self):
        server = self.serve_http(response(b""))
        for arguments in (["-a", "me:secret"], ["--auth=me:secret"], ["--auth-type", "basic", "-a", "me:secret"]):
            self.gets(b"", *arguments, server.origin)
            self.assertIn(basic("me:secret"), server.heads[-1])
        self.gets(b"", "--auth-type=bearer", "--auth=abc", server.origin)
        self.assertIn("Authorization: Bearer abc", server.heads[-1])
        asked = self.serve_http(response(b"", 'WWW-Authenticate: Digest realm="r", nonce="n", qop="auth"', status="401 Who"))
        self.get("-A", "me", "-a", "me:secret", "--auth-type", "digest", asked.origin)
        self.assertNotIn("Authorization", asked.heads[0])
        self.assertIn("Authorization: Digest", asked.heads[1])
        code, _, err = self.get("--auth-type", "ntlm", "-a", "me:secret", server.origin)
        self.assertEqual(code, 2, err)
        self.fails(2, "give the token", "--auth-type", "bearer", server.origin)

    def test_what_cannot_be_sent_is_not_shown(self):
        for arguments in (["-u", "me:hush\nhush"], ["--bearer", "hush\thush"]):
            code, _, err = self.get(*arguments, "http://127.0.0.1:1/")
            self.assertEqual(code, 2, err)
            self.assertNotIn("hush", err)
        self.fails(2, "for whom", "--digest", "http://127.0.0.1:1/")

    def test_are_not_for_who_lists_processes(self):
        go = self.event()
        server = self.serve_http(lambda caller, head, more: go.wait(LIMIT))
        url = f"http://me:hush@{server.address}/"
        for arguments in (["-u", "me:hush"], ["-ume:hush"], ["--user=me:hush"], ["--bearer", "hush"], ["-U", "me:hush"], ["X-Token:hush"],
                          ["-H", "Authorization: hush"], ["-x", f"http://me:hush@{server.address}"], ["-a", "me:hush"], ["--auth", "me:hush"],
                          ["--pass", "hush"], ["--from-curl", "curl -H 'X: hush'"], []):
            with self.subTest(arguments):
                program = self.start(PARLANCE, "get", "-v", "--no-proxy", "127.0.0.1", url, *arguments)
                program.until(r"^> $")
                with open(f"/proc/{program.process.pid}/cmdline") as file:
                    shown = file.read()
                self.assertIn(server.address, shown)
                self.assertNotIn("hush", shown)
                program.process.kill()
                program.finish()
        self.assertTrue(any("Authorization: Basic" in head for head in server.heads))

    def test_netrc(self):
        server = self.serve_http(response(b""))
        home = self.folder()
        with open(os.path.join(home, ".netrc"), "w") as file:
            file.write("machine 127.0.0.1 login me password secret\n")
        self.get(server.origin, env={**os.environ, "HOME": home})
        self.get("--netrc", server.origin, env={**os.environ, "HOME": home})
        self.get("--netrc-file", os.path.join(home, ".netrc"), f"http://me@{server.address}/")
        self.assertNotIn("Authorization", server.heads[0])
        self.assertIn(basic("me:secret"), server.heads[1])
        self.assertIn(basic("me:secret"), server.heads[2])
        self.fails(2, "/nonexistent", "--netrc-file", "/nonexistent", server.origin)
        # curl reads the same file alike.
        subprocess.run(["curl", "-s", "--netrc-file", os.path.join(home, ".netrc"), server.origin], check=True, timeout=LIMIT)
        self.assertIn(basic("me:secret"), server.heads[3])
        self.gets(b"", "--netrc", server.origin, env={**os.environ, "HOME": self.folder()})  # there need be none

    def test_a_password_is_asked_for_on_the_terminal(self):
        server = self.serve_http(response(b"page"))
        child, terminal = pty.fork()
        if child == 0:
            os.execv(PARLANCE, [PARLANCE, "get", "-u", "me", server.origin])
        seen = b""
        while b"Password for me: " not in seen:
            seen += os.read(terminal, 1000)
        os.write(terminal, b"secret\n")
        try:
            while part := os.read(terminal, 1000):
                seen += part
        except OSError:
            pass  # its end
        self.assertEqual(os.waitpid(child, 0)[1], 0, seen)
        os.close(terminal)
        self.assertIn(b"page", seen)
        self.assertNotIn(b"secret", seen)
        self.assertIn(basic("me:secret"), server.heads[0])

    def test_without_a_terminal_it_is_told_what_to_do(self):
        self.fails(2, r"-u USER:PASSWORD", "-u", "me", "http://127.0.0.1:1/", start_new_session=True)


class Nginx(GetCase):
    def test_basic(self):
        server = self.nginx({"page": b"hidden"})
        folder = self.folder()
        os.chmod(folder, 0o755)
        hashed = subprocess.run(["openssl", "passwd", "-apr1", "secret"], check=True, capture_output=True, text=True)
        with open(os.path.join(folder, "users"), "w") as file:
            file.write("me:" + hashed.stdout)
        # Beside the one that the case starts: this one asks who calls.
        config = os.path.join(folder, "nginx.conf")
        with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
            port = listener.getsockname()[1]
            with open(config, "w") as file:
                file.write(f"""daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log; events {{}}
http {{ access_log off; client_body_temp_path {folder}/1; proxy_temp_path {folder}/2; fastcgi_temp_path {folder}/3;
uwsgi_temp_path {folder}/4; scgi_temp_path {folder}/5;
server {{ listen 127.0.0.1:{port}; auth_basic "who"; auth_basic_user_file {folder}/users;
location / {{ proxy_pass {server.http}; }} }} }}""")
            process = subprocess.Popen(
                [self.nginx_path(), "-e", folder + "/error.log", "-c", config], pass_fds=[listener.fileno()],
                env={**os.environ, "NGINX": f"{listener.fileno()};"}, stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait, LIMIT)
        self.addCleanup(process.terminate)
        url = f"http://127.0.0.1:{port}/page"
        self.fails(8, "401", "-f", url)
        self.fails(8, "401", "-f", "-u", "me:wrong", url)
        self.gets(b"hidden", "-f", "-u", "me:secret", url)
        self.gets(b"hidden", "-f", f"http://me:secret@127.0.0.1:{port}/page")

    def nginx_path(self):
        from get_case import NGINX
        return NGINX


@unittest.skipUnless(httpbin, "python3-httpbin is not installed")
class Digest(GetCase):
    """By the implementation of httpbin, which is Python's own."""

    def setUp(self):
        class Quiet(wsgiref.simple_server.WSGIRequestHandler):
            def log_message(self, *arguments):
                pass

        server = wsgiref.simple_server.make_server("127.0.0.1", 0, httpbin.app, handler_class=Quiet)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        self.address = f"127.0.0.1:{server.server_port}"

    def test_each_algorithm(self):
        for algorithm in ("MD5", "SHA-256"):
            url = f"http://{self.address}/digest-auth/auth/me/secret/{algorithm}"
            with self.subTest(algorithm):
                # It wants a cookie of its own back, as Digest does not.
                code, out, err = self.get("-f", "--digest", "-u", "me:secret", "-H", "Cookie: fake=fake_value", url)
                self.assertEqual(code, 0, err)
                self.assertTrue(json.loads(out)["authenticated"])
                self.fails(8, "401", "-f", "--digest", "-u", "me:wrong", "-H", "Cookie: fake=fake_value", url)

    def test_of_the_url(self):
        code, out, err = self.get("-f", "--digest", "-H", "Cookie: fake=fake_value",
                                  f"http://me:secret@{self.address}/digest-auth/auth/me/secret/MD5")
        self.assertEqual(code, 0, err)

    def test_basic_and_a_token(self):
        code, _, err = self.get("-f", "-u", "me:secret", f"http://{self.address}/basic-auth/me/secret")
        self.assertEqual(code, 0, err)
        code, out, err = self.get("-f", "--bearer", "token", f"http://{self.address}/bearer")
        self.assertEqual(code, 0, err)
        self.assertEqual(json.loads(out)["token"], "token")


class Certificates(GetCase):
    def openssl(self, *options):
        """`openssl s_server -WWW`, as an authority of its own has it."""
        cert, key = self.certificate("DNS:localhost", "IP:127.0.0.1")
        folder = self.folder()
        with open(os.path.join(folder, "page"), "wb") as file:
            file.write(b"over tls")
        process = subprocess.Popen(
            ["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", cert, "-key", key, "-WWW", *options],
            cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait, LIMIT)
        self.addCleanup(process.kill)
        for line in process.stdout:
            if found := re.match(r"ACCEPT 127\.0\.0\.1:(\d+)", line):
                threading.Thread(target=process.stdout.read, daemon=True).start()
                return f"https://127.0.0.1:{found[1]}/page", cert
        self.fail("openssl does not listen")

    def test_one_is_shown_to_who_asks(self):
        mine, key = self.certificate("DNS:me")
        url, ca = self.openssl("-Verify", "1", "-verify_return_error", "-CAfile", mine)
        code, _, _ = self.get("--cacert", ca, url)
        self.assertNotEqual(code, 0)
        self.gets(b"over tls", "--cacert", ca, "--cert", mine, "--key", key, url)

    def test_a_password_of_its_key_is_said(self):
        mine, key = self.certificate("DNS:me")
        locked, both = os.path.join(self.folder(), "locked.pem"), os.path.join(self.folder(), "a:b.pem")
        subprocess.run(["openssl", "pkey", "-in", key, "-aes128", "-passout", "pass:se:cret", "-out", locked], check=True)
        with open(both, "wb") as to:
            for path in (mine, locked):
                with open(path, "rb") as part:
                    to.write(part.read())
        url, ca = self.openssl("-Verify", "1", "-verify_return_error", "-CAfile", mine)
        escaped = both.replace(":", r"\:")
        for arguments in (["--cert", mine, "--key", locked, "--pass", "se:cret"], ["-E", mine + ":se:cret", "--cert-key", locked],
                          ["-E", escaped + ":se:cret"], ["-E", escaped, "--pass", "se:cret"]):
            with self.subTest(arguments):
                self.gets(b"over tls", "--cacert", ca, *arguments, url)
        self.fails(2, "not with the password", "--cacert", ca, "-E", escaped + ":other", url)
        out = self.get("--curl", "--cacert", ca, "-E", escaped + ":se:cret", url)[1].decode()
        subprocess.run(["sh", "-c", out.replace("curl ", "curl -sf ", 1)], check=True, timeout=LIMIT, stdout=subprocess.DEVNULL)

    def test_authorities_in_a_folder(self):
        url, ca = self.openssl()
        folder = self.folder()
        self.fails(2, "--capath: no authority .* named by its hash", "--capath", folder, url)
        with open(ca, "rb") as one, open(os.path.join(folder, "mine.pem"), "wb") as to:
            to.write(one.read())
        with open(os.path.join(folder, "README"), "w") as file:
            file.write("no certificate")
        self.fails(2, "--capath: no authority .* named by its hash", "--capath", folder, url)
        subprocess.run(["openssl", "rehash", folder], check=True)
        self.gets(b"over tls", "--capath", folder, url)
        self.assertIn(f"--capath {folder}".encode(), self.get("--curl", "--capath", folder, url)[1])
        self.fails(6, "certificate", "--capath", "/etc/ssl/certs", url)
        self.fails(2, "--capath: read /nonexistent", "--capath", "/nonexistent", url)

    def test_as_httpie_has_them(self):
        url, ca = self.openssl()
        self.gets(b"over tls", "--verify", ca, url)
        self.gets(b"over tls", "--verify=no", url)
        self.fails(6, "certificate", "--verify", "yes", url)

    def test_what_is_wrong_with_it_is_told(self):
        self.fails(2, "/nonexistent", "--cert", "/nonexistent", "https://127.0.0.1:1/")

    def test_a_key_that_is_pinned(self):
        url, ca = self.openssl()
        pin = self.pin_of(ca)
        other = base64.b64encode(b"x" * 32).decode()
        self.gets(b"over tls", "--cacert", ca, "--pinnedpubkey", f"sha256//{other};{pin}", url)
        self.fails(6, "pin", "--cacert", ca, "--pinnedpubkey", "sha256//" + other, url)
        code, _, _ = self.get("--pinnedpubkey", "md5//x", url)
        self.assertEqual(code, 2)


if __name__ == "__main__":
    unittest.main()
