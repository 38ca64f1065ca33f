"""What the tests of `parlance get` share: servers that say what a test makes them say, and Debian's nginx."""

import base64
import contextlib
import errno
import hashlib
import json
import os
import shutil
import socket
import ssl
import subprocess
import threading

from talk_case import LIMIT, PARLANCE, Case, Program, need_localhost  # noqa: F401

# Whoever runs the tests may need a proxy for the world; their servers are here.
for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
    os.environ.pop(name, None)
    os.environ.pop(name.upper(), None)

# And may have configured what they like.
os.environ["XDG_CONFIG_HOME"] = "/nonexistent"

NGINX = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")


def read_head(caller):
    """A request's head, and what came with it of the body."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = caller.recv(65536)
        if not part:
            raise OSError("the head was not whole")
        data += part
    head, _, more = data.partition(b"\r\n\r\n")
    return head.decode("latin1"), more


def response(body=b"", *fields, status="200 OK"):
    """A whole response, with its length."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *fields, "", ""]
    return "\r\n".join(lines).encode("latin1") + body


def read_body(caller, fields, more):
    """What a request sends behind its head, of which `more` has come."""
    if fields.get("Expect") == "100-continue":
        caller.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")

    def until(enough):
        nonlocal more
        while not enough():
            part = caller.recv(65536)
            if not part:
                raise OSError("the body was not whole")
            more += part
    if fields.get("Transfer-Encoding") != "chunked":
        until(lambda: len(more) >= int(fields.get("Content-Length", 0)))
        return more
    body = b""
    while True:
        until(lambda: b"\r\n" in more)
        size, _, more = more.partition(b"\r\n")
        size = int(size, 16)
        until(lambda: len(more) >= size + 2)
        body, more = body + more[:size], more[size + 2:]
        if size == 0:
            return body


class Server:
    """Gives each caller whose head has come to `answer(caller, head, more)`, on a thread of its own."""

    def __init__(self, answer, tls=None):
        self.heads = []
        self._answer = answer
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.address = "127.0.0.1:%d" % self._listener.getsockname()[1]
        self.origin = ("https://" if tls else "http://") + self.address
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                caller, _ = self._listener.accept()
                caller.settimeout(LIMIT)
                thread = threading.Thread(target=self._serve, args=(caller,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _serve(self, caller):
        with contextlib.suppress(OSError), caller:
            if not self._tls:
                return self._talk(caller)
            with self._tls.wrap_socket(caller, server_side=True) as secured:
                self._talk(secured)

    def _talk(self, caller):
        head, more = read_head(caller)
        self.heads.append(head)
        self._answer(caller, head, more)
        # Closing with unread bytes would be a reset, which is for tests that mean it.
        caller.shutdown(socket.SHUT_WR)
        while caller.recv(65536):
            pass

    def close(self):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(LIMIT)
        self._listener.close()


def all_of_terminal(descriptor):
    """What comes to it, which is closed then, until the last one who has its other end open has gone."""
    text = b""
    with os.fdopen(descriptor, "rb", buffering=0) as screen:
        try:
            while part := screen.read(65536):
                text += part
        except OSError as gone:
            if gone.errno != errno.EIO:
                raise
    return text


class GetCase(Case):
    def serve_http(self, answer, tls=None):
        """`answer`: bytes for everybody, or what a Server takes."""
        if isinstance(answer, bytes):
            whole = answer
            answer = lambda caller, head, more: caller.sendall(whole)  # noqa: E731
        server = Server(answer, tls)
        self.addCleanup(server.close)
        self.addCleanup(self.set_events)
        return server

    def peak_memory(self, url):
        """The most that a get of it had in memory, in bytes."""
        code = ("import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL);"
                "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)")
        done = subprocess.run(["python3", "-c", code, PARLANCE, "get", url], check=True, capture_output=True, timeout=LIMIT)
        return int(done.stdout) * 1024

    def serve_unix(self, path, answer):
        """One who calls there is answered so."""
        listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(listener.close)
        listener.bind(path)
        listener.listen()

        def serve():
            caller, _ = listener.accept()
            with caller:
                caller.recv(65536)
                caller.sendall(answer)
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        self.addCleanup(thread.join, LIMIT)

    def echo(self, *fields_of_answers):
        """A server that answers with what it was asked, as JSON."""
        def answer(caller, head, more):
            start, *lines = head.split("\r\n")
            fields = dict(line.split(": ", 1) if ": " in line else (line.rstrip(":"), "") for line in lines)
            body = read_body(caller, fields, more).decode("latin1")
            asked = json.dumps({"start": start, "fields": fields, "body": body}).encode()
            self.asked.append(json.loads(asked))
            caller.sendall(response(b"" if start.startswith("HEAD ") else asked, *fields_of_answers))
        self.asked = []
        return self.serve_http(answer)

    def event(self):
        """For a server to wait for; set when the test ends, so that nobody waits for ever."""
        self.events = getattr(self, "events", [])
        self.events.append(threading.Event())
        return self.events[-1]

    def set_events(self):
        for event in getattr(self, "events", []):
            event.set()

    def get(self, *arguments, stdin=b"", verb="get", **more):
        """Exit code, stdout and stderr."""
        done = subprocess.run(
            [PARLANCE, verb, *arguments], input=stdin, capture_output=True, timeout=LIMIT, **more)
        return done.returncode, done.stdout, done.stderr.decode()

    def gets(self, body, *arguments, **more):
        """It fetches `body`, whole."""
        code, out, err = self.get(*arguments, **more)
        self.assertEqual((code, out[:1000], len(out)), (0, body[:1000], len(body)), err)
        self.assertTrue(out == body)
        return err

    def fails(self, code, pattern, *arguments, **more):
        """It fails with this exit code and one plain line that matches, and gives stdout."""
        got, out, err = self.get(*arguments, **more)
        self.assertEqual(got, code, err)
        self.assertRegex(err, pattern)
        self.assertEqual(err.count("\n"), 1, err)
        self.assertTrue(err.startswith("parlance get: "), err)
        return out

    def certificate(self, *names):
        """Files with a certificate for `names` and its key."""
        folder = self.folder()
        cert, key = os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-keyout", key, "-out", cert, "-subj", "/CN=test", "-addext", "subjectAltName=" + ",".join(names)],
            check=True, capture_output=True)
        return cert, key

    def pin_of(self, cert):
        """As --pinnedpubkey has it."""
        key = subprocess.run(["openssl", "x509", "-in", cert, "-noout", "-pubkey"], check=True, capture_output=True).stdout
        der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "der"], input=key, check=True, capture_output=True).stdout
        return "sha256//" + base64.b64encode(hashlib.sha256(der).digest()).decode()

    def tls(self, *names):
        """A server's side of TLS, and the file to trust."""
        cert, key = self.certificate(*names)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        return context, cert

    def nginx(self, files):
        """nginx, serving `files` (name: bytes) over HTTP (`.http`) and TLS (`.https`, trust `.ca`)."""
        self.assertIsNotNone(NGINX, "nginx is not installed (Debian: nginx-light)")
        return Nginx(self, files)


def localhost():
    """A socket at each of localhost's addresses, all of one port: at one that were left out, another program could answer."""
    while True:
        v4 = socket.create_server(("127.0.0.1", 0), backlog=64)
        try:
            return [v4, socket.create_server(("::1", v4.getsockname()[1]), family=socket.AF_INET6, backlog=64)]
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                return [v4]
            v4.close()


class Nginx:
    CONFIG = """
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{}}
http {{
  access_log off; sendfile on;
  client_body_temp_path {folder}/1; proxy_temp_path {folder}/2; fastcgi_temp_path {folder}/3;
  uwsgi_temp_path {folder}/4; scgi_temp_path {folder}/5;
  gzip on; gzip_types text/plain; types {{ text/plain txt; }} default_type application/octet-stream;
  server {{
    listen 127.0.0.1:{http}; listen 127.0.0.1:{https} ssl; {also}
    root {folder}/www; ssl_certificate {cert}; ssl_certificate_key {key};
    location = /moved {{ return 301 /plain.txt; }}
    location = /loop {{ return 302 /loop; }}
    location = /downgrade {{ return 302 http://127.0.0.1:{http}/plain.txt; }}
  }}
}}
"""

    def __init__(self, case, files):
        folder = case.folder()
        os.chmod(folder, 0o755)  # its worker is another user when we are root
        os.mkdir(os.path.join(folder, "www"))
        for name, data in files.items():
            with open(os.path.join(folder, "www", name), "wb") as file:
                file.write(data)
        self.ca, key = case.certificate("DNS:localhost", "IP:127.0.0.1")
        # It is handed the sockets, as in an upgrade of nginx: they listen already, and the ports are ours.
        sockets = [socket.create_server(("127.0.0.1", 0), backlog=64), *localhost()]
        http, https = (s.getsockname()[1] for s in sockets[:2])
        config = os.path.join(folder, "nginx.conf")
        with open(config, "w") as file:
            file.write(self.CONFIG.format(folder=folder, http=http, https=https, cert=self.ca, key=key,
                                          also=f"listen [::1]:{https} ssl;" if len(sockets) == 3 else ""))
        descriptors = [s.fileno() for s in sockets]
        process = subprocess.Popen(
            [NGINX, "-e", folder + "/error.log", "-c", config], pass_fds=descriptors, stderr=subprocess.DEVNULL,
            env={**os.environ, "NGINX": "".join(f"{d};" for d in descriptors)})
        case.addCleanup(process.wait, LIMIT)
        case.addCleanup(process.terminate)
        for s in sockets:
            s.close()
        self.http, self._https = f"http://127.0.0.1:{http}", f"https://localhost:{https}"

    @property
    def https(self):
        need_localhost()
        return self._https
