"""The example programs, run as the documentation shows them, and its copies of them."""

import http.server
import os
import pathlib
import re
import signal
import socket
import ssl
import struct
import subprocess
import tempfile
import threading
import time
import unittest

from talk_case import need_localhost

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILT = pathlib.Path(os.environ["PARLANCE"]).parent / "examples"
TWINS = pathlib.Path(os.environ.get("TWINS", "/nowhere"))  # bench/compile.sh: programs to test in place of ours
PORT = 8000  # the examples' own
LINES_OF_PYTHON_TWIN = {"server": 15, "client": 8, "chat_server": 22, "chat_client": 12, "fetch_by_hand": 25, "get": 3}


def built(name):
    return TWINS / name if (TWINS / name).exists() else BUILT / name


def is_answered():
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", PORT)) == 0


def connect_when_ready():
    deadline = time.monotonic() + 60
    while True:
        try:
            return socket.create_connection(("127.0.0.1", PORT), timeout=10)
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


class Examples(unittest.TestCase):
    def setUp(self):
        # The kernel closes the listening socket of an io_uring program a moment after that was killed.
        deadline = time.monotonic() + 30
        while is_answered():
            if time.monotonic() > deadline:
                self.skipTest(f"something else listens on port {PORT}")
            time.sleep(0.02)

    def start(self, name, *arguments):
        program = subprocess.Popen([built(name), *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

        def end():
            program.kill()
            program.communicate()

        self.addCleanup(end)
        return program

    def listen(self):
        server = socket.create_server(("127.0.0.1", PORT))
        server.settimeout(10)
        self.addCleanup(server.close)
        return server

    def test_the_server_prints_what_the_caller_says_and_answers_with_a_typed_line(self):
        server = self.start("server")
        with connect_when_ready() as caller:
            caller.sendall(b"good day")
            self.assertEqual(server.stdout.readline(), b"caller: good day\n")
            server.stdin.write(b"and to you\n")
            server.stdin.flush()
            self.assertEqual(caller.recv(1024), b"and to you")
            self.assertEqual(caller.recv(1024), b"")
        self.assertEqual(server.wait(10), 0)

    def test_the_client_sends_a_word_and_prints_the_answer(self):
        need_localhost()
        with self.listen() as server:
            client = self.start("client")
            caller, _ = server.accept()
            with caller:
                self.assertEqual(caller.recv(1024), b"hello")
                caller.sendall(b"world")
                output, errors = client.communicate(timeout=10)
        self.assertEqual((output, errors, client.returncode), (b"world\n", b"", 0))

    def test_the_chat_server_answers_several_callers_at_once_until_they_leave(self):
        self.start("chat_server")
        with connect_when_ready() as first, connect_when_ready() as second:
            for caller, word in ((first, b"one"), (second, b"two"), (first, b"three")):
                caller.sendall(word + b"\n")
                with caller.makefile("rb") as answer:
                    self.assertEqual(answer.readline(), b"you said: " + word + b"\n")
            first.sendall(b"q\n")
            self.assertEqual(first.recv(1024), b"")
            with second.makefile("rb") as answers:
                for part in (b"still ", b"here\nand two at o", b"nce\n"):
                    second.sendall(part)
                    time.sleep(0.05)
                self.assertEqual(answers.readline(), b"you said: still here\n")
                self.assertEqual(answers.readline(), b"you said: and two at once\n")

    def test_the_chat_client_talks_to_the_chat_server(self):
        need_localhost()
        self.start("chat_server")
        connect_when_ready().close()
        client = self.start("chat_client")
        output, errors = client.communicate(b"hello\nQ\n", timeout=10)
        self.assertEqual((output, errors, client.returncode), (b"you said: hello\n", b"", 0))

    def test_a_foreign_loop_drives_ours_and_its_own(self):
        program = self.start("in_a_poll_loop")
        with connect_when_ready() as first, connect_when_ready() as second:
            for caller, word in ((first, b"one"), (second, b"two"), (first, b"three")):
                caller.sendall(word)
                self.assertEqual(caller.recv(1024), word)
        program.stdin.close()
        program.stdin = None
        self.assertEqual(program.wait(10), 0)

    def test_a_program_is_followed_line_by_line(self):
        done = subprocess.run(
            [built("build_log"), "sh", "-c", "echo one; echo two >&2; exit 3"], capture_output=True, text=True, timeout=10)
        self.assertRegex(done.stdout, r"\A +\d+\.\d{3} one\n +\d+\.\d{3} two\nit exited with 3\n\Z")
        self.assertEqual((done.stderr, done.returncode), ("", 1))
        missing = subprocess.run([built("build_log"), "no-such-program"], capture_output=True, text=True, timeout=10)
        self.assertEqual(missing.stderr, "start no-such-program: no such file or directory\n")

    def test_neighbours_meet_whoever_comes_first(self):
        ann, bob = self.start("neighbours", "ann", "lo"), self.start("neighbours", "bob", "lo")
        self.assertRegex(ann.stdout.readline(), rb"\Abob at [0-9.]+\n\Z")
        self.assertRegex(bob.stdout.readline(), rb"\Aann at [0-9.]+\n\Z")

    def test_a_page_is_fetched_by_hand_and_in_one_line(self):
        class Page(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = f"you asked for {self.path}\n".encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        where = f"127.0.0.1:{server.server_address[1]}"
        by_hand = subprocess.run([built("fetch_by_hand"), where, "/x"], capture_output=True, timeout=10)
        self.assertTrue(by_hand.stdout.startswith(b"HTTP/1.0 200 OK\r\n"), by_hand)
        self.assertTrue(by_hand.stdout.endswith(b"\r\n\r\nyou asked for /x\n"), by_hand)
        in_one_line = subprocess.run([built("get"), f"http://{where}/y"], capture_output=True, timeout=10)
        self.assertEqual((in_one_line.stdout, in_one_line.returncode), (b"you asked for /y\n", 0))

    def test_the_json_server_keeps_a_list_for_those_who_come_with_curl(self):
        self.start("json_server")
        connect_when_ready().close()

        def curl(path, *options):
            command = ["curl", "-sS", "-w", " %{http_code}", *options, f"http://127.0.0.1:{PORT}{path}"]
            return subprocess.run(command, capture_output=True, text=True, timeout=30).stdout

        post = ["-H", "Content-Type: application/json", "-d"]
        self.assertEqual(curl("/items"), "[] 200")
        self.assertEqual(curl("/items", *post, '{"name":"a"}'), '{"number":0} 201')
        self.assertEqual(curl("/items", *post, '{"name":"b"}', "-H", "Expect: 100-continue"), '{"number":1} 201')
        self.assertEqual(curl("/items", *post, '"c"', "-H", "Transfer-Encoding: chunked"), '{"number":2} 201')
        self.assertEqual(curl("/items"), '[{"name":"a"},{"name":"b"},"c"] 200')
        self.assertEqual(curl("/items/1"), '{"name":"b"} 200')
        self.assertEqual(curl("/items/3"), "there is no such item\n 404")
        self.assertEqual(curl("/items", "-d", "x=y"), "the body is to be JSON, and its Content-Type to say so\n 415")
        self.assertEqual(curl("/items", *post, "{bad"), "the body is no JSON\n 400")
        self.assertEqual(curl("/items", "-X", "DELETE")[-4:], " 405")
        self.assertEqual(curl("/items", "-I", "-o", "/dev/null"), " 200")

    def test_the_web_server_has_files_events_and_a_websocket(self):
        with tempfile.TemporaryDirectory() as folder:
            page = b"<p>hello" * 100000
            (pathlib.Path(folder) / "index.html").write_bytes(page)
            self.start("web_server", folder)
            connect_when_ready().close()
            at = f"http://127.0.0.1:{PORT}"

            def curl(*arguments):
                return subprocess.run(["curl", "-sS", *arguments], capture_output=True, timeout=30).stdout

            self.assertEqual(curl(f"{at}/"), page)
            self.assertEqual(curl("-r", "100000-700000", f"{at}/"), page[100000:700001])
            part = pathlib.Path(folder) / "part"
            part.write_bytes(page[:1234])
            curl("-C", "-", "-o", str(part), f"{at}/")
            self.assertEqual(part.read_bytes(), page)
            etag = re.search(rb'ETag: (".*?")', curl("-I", f"{at}/"))[1].decode()
            self.assertEqual(curl("-H", f"If-None-Match: {etag}", "-w", "%{http_code}", f"{at}/"), b"304")
            self.assertEqual(curl("--path-as-is", "-o", "/dev/null", "-w", "%{http_code}", f"{at}/../../etc/passwd"), b"404")
            self.assertEqual(curl("--max-time", "1.5", f"{at}/clock"), b"event: second\ndata: 1\n\nevent: second\ndata: 2\n\n")
            with connect_when_ready() as caller, caller.makefile("rb") as heard:
                caller.sendall(b"GET /echo HTTP/1.1\r\nHost: localhost:8000\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                               b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
                head = b"".join(iter(heard.readline, b"\r\n"))
                self.assertIn(b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n", head)
                caller.sendall(b"\x81\x82\0\0\0\0hi")
                self.assertEqual(heard.read(4), b"\x81\x02hi")
                caller.sendall(b"\x82\x82\0\0\0\0\xff\xfe")
                self.assertEqual(heard.read(4), b"\x82\x02\xff\xfe")

    def test_members_are_let_in_by_their_certificate_also_after_the_servers_was_renewed(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        folder = pathlib.Path(temporary.name)

        def issue(name, *more):
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-days", "1",
                 "-subj", f"/CN={name}", "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem", *more],
                check=True, capture_output=True)

        authority = ["-CA", folder / "authority.pem", "-CAkey", folder / "authority.key", "-addext", "basicConstraints=CA:FALSE"]
        issue("authority")
        for name in ("server", "renewed"):
            issue(name, *authority, "-addext", "subjectAltName=DNS:localhost")
        issue("Ann", *authority)

        def call(certificate=None):
            """What the server says, and what is in its certificate."""
            context = ssl.create_default_context(cafile=folder / "authority.pem")
            if certificate:
                context.load_cert_chain(folder / f"{certificate}.pem", folder / f"{certificate}.key")
            with context.wrap_socket(connect_when_ready(), server_hostname="localhost") as caller:
                return caller.recv(100), caller.getpeercert()["subject"][0][0][1]

        server = self.start("mutual_tls", folder / "server.pem", folder / "server.key", folder / "authority.pem")
        self.assertEqual(call("Ann"), (b"welcome, Ann\n", "server"))
        with self.assertRaises(ssl.SSLError):
            call()
        self.assertRegex(server.stderr.readline(), b"the client showed no certificate|peer did not return a certificate")
        (folder / "renewed.key").rename(folder / "server.key")
        (folder / "renewed.pem").rename(folder / "server.pem")
        self.assertEqual(call("Ann"), (b"welcome, Ann\n", "renewed"))
        (folder / "server.pem").write_text("half of a cert")
        self.assertEqual(call("Ann"), (b"welcome, Ann\n", "renewed"))
        self.assertIn(b"going on with the old one", server.stderr.readline())

    def test_limited_server_has_limits_and_drains(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        server = self.start("limited_server")
        self.assertTrue(server.stdout.readline().startswith(b"certificate "))
        callers = [context.wrap_socket(connect_when_ready()) for _ in range(4)]
        for caller in callers:
            caller.sendall(b"hello")
            self.assertEqual(caller.recv(100), b"hello")
        with self.assertRaises(OSError):  # the fifth of this address
            context.wrap_socket(connect_when_ready())
        start = time.monotonic()
        for _ in range(4):
            callers[0].sendall(b"again")
            self.assertEqual(callers[0].recv(100), b"again")
        self.assertGreater(time.monotonic() - start, 0.3)
        server.send_signal(signal.SIGTERM)
        for caller in callers:
            self.assertEqual(caller.recv(100), b"goodbye\n")
            caller.close()
        self.assertEqual(server.wait(20), 0)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def call(port):
    """A connection to whoever begins to listen there."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=10)
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


class MoreExamples(unittest.TestCase):
    def start(self, name, *arguments, **more):
        program = subprocess.Popen(
            [built(name), *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)

        def end():
            program.kill()
            program.communicate()

        self.addCleanup(end)
        return program

    def test_the_forwarder_passes_on_both_ways_and_each_end(self):
        there = socket.create_server(("127.0.0.1", 0))
        there.settimeout(10)
        self.addCleanup(there.close)
        port = free_port()
        self.start("forwarder", f"127.0.0.1:{port}", f"127.0.0.1:{there.getsockname()[1]}")
        with call(port) as caller:
            server, _ = there.accept()
            with server, server.makefile("rb") as heard, caller.makefile("rb") as answer:
                caller.sendall(b"x" * 1_000_000)
                caller.shutdown(socket.SHUT_WR)
                self.assertEqual(len(heard.read()), 1_000_000)
                server.sendall(b"y" * 1_000_000)
                server.shutdown(socket.SHUT_WR)
                self.assertEqual(len(answer.read()), 1_000_000)

    def test_the_key_value_server_keeps_values_and_answers_what_was_asked_before_it_stops(self):
        port = free_port()
        server = self.start("key_value_server", f"127.0.0.1:{port}")
        with call(port) as first, call(port) as second:
            with first.makefile("rb") as answers, second.makefile("rb") as others:
                first.sendall(b"SET name Ann of the hill\nGET na")
                self.assertEqual(answers.readline(), b"OK\n")
                second.sendall(b"GET name\r\nGET nobody\nFLY\nDEL name\nDEL name\n")
                said = [others.readline() for _ in range(5)]
                self.assertEqual(said, [b"VALUE Ann of the hill\n", b"NONE\n", b"ERROR SET, GET or DEL?\n", b"OK\n", b"NONE\n"])
                first.sendall(b"me\n")
                self.assertEqual(answers.readline(), b"NONE\n")
                server.terminate()
                self.assertEqual((answers.read(), others.read()), (b"", b""))
        self.assertEqual(server.wait(10), 0)

    def test_the_dns_client_asks_over_tcp_when_the_answer_was_cut(self):
        addresses = [bytes((192, 0, 2, i)) for i in range(1, 61)]

        def answer(question, of, cut=False):
            head = question[:2] + (b"\x83\x80" if cut else b"\x81\x80") + b"\0\1" + struct.pack(">H", len(of)) + b"\0\0\0\0"
            return head + question[12:] + b"".join(b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + one for one in of)

        over_udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        over_udp.bind(("127.0.0.1", 0))
        port = over_udp.getsockname()[1]
        over_tcp = socket.create_server(("127.0.0.1", port))
        for one in (over_udp, over_tcp):
            one.settimeout(10)
            self.addCleanup(one.close)
        client = self.start("dns_client", "many.example", f"127.0.0.1:{port}")
        question, caller = over_udp.recvfrom(512)
        self.assertEqual(question[2:], b"\1\0\0\1\0\0\0\0\0\0\4many\7example\0\0\1\0\1")
        over_udp.sendto(b"\0\0 not the answer", caller)
        over_udp.sendto(answer(question, addresses[:20], cut=True), caller)
        connection, _ = over_tcp.accept()
        with connection:
            again = connection.makefile("rb").read(2 + len(question))
            self.assertEqual(again, struct.pack(">H", len(question)) + question)
            whole = answer(question, addresses)
            connection.sendall(struct.pack(">H", len(whole)) + whole[:100])
            time.sleep(0.05)
            connection.sendall(whole[100:])
        self.assertEqual(client.communicate(timeout=10)[0].decode().split(), [".".join(map(str, one)) for one in addresses])
        client = self.start("dns_client", "one.example", f"127.0.0.1:{port}")
        question, caller = over_udp.recvfrom(512)
        over_udp.sendto(answer(question, addresses[:1]), caller)
        self.assertEqual(client.communicate(timeout=10)[0], b"192.0.2.1\n")

    def test_the_rate_limited_server_answers_a_burst_at_once_and_then_ten_lines_in_a_second(self):
        port = free_port()
        self.start("rate_limited_server", f"127.0.0.1:{port}")
        with call(port) as caller, caller.makefile("rb") as answers:
            start = time.monotonic()
            caller.sendall(b"line\n" * 35)
            for _ in range(20):
                self.assertEqual(answers.readline(), b"line\n")
            with call(port) as other:
                other.sendall(b"hello\n")
                self.assertEqual(other.recv(100), b"hello\n")
            for _ in range(15):
                self.assertEqual(answers.readline(), b"line\n")
            self.assertGreater(time.monotonic() - start, 1.4)

    def test_many_pages_are_fetched_sixteen_at_a_time(self):
        at_work, most, lock = set(), [0], threading.Lock()

        class Page(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                with lock:
                    at_work.add(self.path)
                    most[0] = max(most[0], len(at_work))
                time.sleep(0.02)
                with lock:
                    at_work.discard(self.path)
                self.send_response(404 if self.path == "/7" else 200)
                self.send_header("Content-Length", "5")
                self.end_headers()
                self.wfile.write(b"hello")

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            request_queue_size = 256

        server = Server(("127.0.0.1", 0), Page)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        where = f"http://127.0.0.1:{server.server_address[1]}"
        urls = [f"{where}/{i}" for i in range(200)]
        nobody = f"http://127.0.0.1:{free_port()}/"
        program = self.start("fetch_many")
        output, errors = program.communicate("\n".join([*urls, nobody]).encode(), timeout=60)
        lines = sorted(output.decode().splitlines())
        wanted = [f"{404 if i == 7 else 200} 5 {url}" for i, url in enumerate(urls)]
        self.assertEqual((lines[:-1], errors, program.returncode), (sorted(wanted), b"", 0))
        self.assertIn("connection refused", lines[-1].lower())
        self.assertLessEqual(most[0], 16)
        self.assertGreater(most[0], 8)

    def test_netcat_sends_what_is_typed_and_prints_what_comes_after_the_end_of_it(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(10)
            program = self.start("netcat", f"127.0.0.1:{server.getsockname()[1]}")
            peer, _ = server.accept()
            with peer, peer.makefile("rb") as heard:
                peer.sendall(b"welcome\n")
                self.assertEqual(program.stdout.readline(), b"welcome\n")
                program.stdin.write(b"a question\n")
                program.stdin.close()
                program.stdin = None
                self.assertEqual(heard.read(), b"a question\n")
                peer.sendall(b"an answer\n")
            self.assertEqual(program.stdout.read(), b"an answer\n")
            self.assertEqual(program.wait(10), 0)

    def test_two_loops_tell_a_third_what_was_said(self):
        port = free_port()
        server = self.start("two_loops", f"127.0.0.1:{port}")
        words = [f"word {i}" for i in range(20)]
        for word in words:
            with call(port) as caller:
                caller.sendall(word.encode() + b"\n")
                self.assertEqual(caller.recv(100), b"noted\n")
        self.assertEqual(sorted(server.stdout.readline().decode().rstrip("\n") for _ in words), sorted(words))

    def test_a_protocol_is_tested_in_a_simulated_network(self):
        done = subprocess.run([built("simulated_test")], capture_output=True, text=True, timeout=60)
        self.assertEqual((done.stdout, done.stderr, done.returncode), ("all hold\n", "", 0))


class ExampleSources(unittest.TestCase):
    def test_none_is_longer_than_its_python_twin(self):
        for name, limit in LINES_OF_PYTHON_TWIN.items():
            lines = len((SOURCE / "examples" / f"{name}.cpp").read_text().splitlines())
            self.assertLessEqual(lines, limit, name)

    def test_the_documentation_shows_them_as_they_are(self):
        pages = "".join(page.read_text() for page in [SOURCE / "README.md", *(SOURCE / "docs").glob("*.md")])
        shown = re.findall(r"<!-- examples/(\w+)\.cpp -->\n```cpp\n(.*?)```\n", pages, re.DOTALL)
        self.assertLessEqual(set(LINES_OF_PYTHON_TWIN), {name for name, _ in shown})
        for name, text in shown:
            self.assertEqual(text, (SOURCE / "examples" / f"{name}.cpp").read_text(), name)


if __name__ == "__main__":
    unittest.main()
