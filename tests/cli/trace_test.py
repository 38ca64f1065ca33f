"""`--trace`: the sequence diagram of a conversation, as text and as SVG, from packets and inferred."""

import os
import re
import shutil
import socket
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree as xml
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

from talk_case import LIMIT, PARLANCE, Case, read_all, reset

# Without the right to capture, also for root.
UNPRIVILEGED = ("setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw") if os.geteuid() == 0 else ()


def settled(text):
    """With what differs from one time to the next replaced by as much of the same width."""
    text = re.sub(r"(?m)^ *\d+\.\d{3}(?= )", lambda m: " " * (len(m[0]) - 5) + "0.000", text)
    text = re.sub(r"127\.0\.0\.1:\d{5}", "127.0.0.1:PPPPP", text)
    text = re.sub(r"win \d+", lambda m: "win " + "W" * (len(m[0]) - 4), text)
    return re.sub(r"TCP_INFO of connection (\d+): .*\n(?:          .*\n)*", r"TCP_INFO of connection \1\n", text)


def answers(caller):
    caller.recv(100)
    caller.sendall(b"welcome\n")
    caller.shutdown(socket.SHUT_WR)
    read_all(caller)


class Trace(Case):
    def run_traced(self, *arguments, stdin=b"", before=()):
        done = subprocess.run([*before, PARLANCE, *arguments], input=stdin, capture_output=True, timeout=LIMIT,
                              env=os.environ | {"LC_ALL": "C"})
        return done.returncode, done.stdout, done.stderr.decode()

    def captured(self, text):
        if "flags inferred" in text:
            self.skipTest("packets cannot be captured here")
        return text


class Inferred(Trace):
    def test_a_whole_conversation(self):
        address = self.serve(answers)
        code, out, text = self.run_traced("connect", "--trace", address, stdin=b"hello\n", before=UNPRIVILEGED)
        self.assertEqual((code, out), (0, b"welcome\n"), text)
        rows = re.sub(r" +\n", "\n", settled(text))
        self.assertRegex(rows, r"parlance connect 127\.0\.0\.1:PPPPP; flags inferred: capturing packets")
        self.assertIn("""
       ms this end                                               127.0.0.1:PPPPP
    0.000     SYN_SENT |-- SYN ---------------------------------->| SYN_RECEIVED
    0.000  ESTABLISHED |<-- SYN ACK ------------------------------| SYN_RECEIVED
    0.000              |-- ACK ---------------------------------->| ESTABLISHED
    0.000              |-- PSH ACK len 6: "hello\\n" ------------->|
""", "\n" + rows)
        self.assertIn('PSH ACK len 8: "welcome\\n"', rows)
        for state in ("FIN_WAIT_1", "CLOSE_WAIT", "LAST_ACK|TIME_WAIT", "CLOSED"):
            self.assertRegex(rows, state)
        self.assertIn("TCP_INFO of connection 1", rows)
        self.assertTrue(all(len(line) <= 80 for line in text.splitlines()), text)
        self.assertNotIn("\x1b", text)

    def test_a_refusal(self):
        with socket.create_server(("127.0.0.1", 0)) as one:
            address = "%s:%d" % one.getsockname()
        code, _, text = self.run_traced("connect", "--trace", address, before=UNPRIVILEGED)
        self.assertEqual(code, 4)
        self.assertRegex(text, r"CLOSED \|X-- RST ACK -+\| CLOSED")
        self.assertIn("connection refused", text)

    def test_bytes_that_nobody_receives_reset_the_connection(self):
        def answer(caller):
            caller.recv(1000)
            caller.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n" + bytes(5_000_000))

        url = "http://%s/" % self.serve(answer)
        _, _, text = self.run_traced("get", "--trace", "--max-filesize", "10", url, before=UNPRIVILEGED)
        self.assertRegex(text, r"CLOSED \|-- RST ACK -+X\| CLOSED")
        self.assertNotIn("FIN", text)

    def test_the_name_is_looked_up(self):
        self.assertIn("look up nowhere.invalid",
                      self.run_traced("connect", "--trace", "nowhere.invalid:1", before=UNPRIVILEGED)[2])

    def test_the_listener_draws_its_own_end(self):
        listener = self.start(*UNPRIVILEGED, PARLANCE, "listen", "--trace", "127.0.0.1:0", stdin=subprocess.DEVNULL)
        listener.address = listener.until(r"parlance listen: listening on (\S+)").group(1)
        caller = self.call(listener)
        caller.sendall(b"hi")
        caller.close()
        listener.finish()
        self.assertRegex(listener.stderr, r"SYN_RECEIVED \|<-- SYN -+\| SYN_SENT")
        self.assertIn('PSH ACK len 2: "hi"', listener.stderr)


class Packets(Trace):
    def test_a_whole_conversation_with_the_numbers_of_the_wire(self):
        address = self.serve(answers)
        code, out, text = self.run_traced("connect", "--trace", address, stdin=b"hello\n")
        self.captured(text)
        self.assertEqual((code, out), (0, b"welcome\n"), text)
        self.assertEqual(text.count(" SYN seq 0"), 1, text)
        self.assertRegex(text, r"SYN_SENT \|-- SYN seq 0 win \d+ -+>\| SYN_RECEIVED")
        self.assertRegex(text, r"ESTABLISHED \|<-- SYN ACK seq 0 ack 1 win \d+ -+\| SYN_RECEIVED")
        self.assertRegex(text, r"-- ACK seq 1 ack 1 win \d+ -+>\| ESTABLISHED")
        self.assertRegex(text, r"PSH ACK seq 1 ack 1 win \d+ len 6:")
        self.assertRegex(text, r"FIN ACK seq 7 ack \d+")
        self.assertRegex(text, r"FIN (PSH )?ACK seq 9 ack \d+")
        self.assertRegex(text, r"TIME_WAIT|LAST_ACK")
        self.assertRegex(text, r"(?m)\| CLOSED$|CLOSED \|")

    def test_a_refusal(self):
        with socket.create_server(("127.0.0.1", 0)) as one:
            address = "%s:%d" % one.getsockname()
        code, _, text = self.run_traced("connect", "--trace", address)
        self.captured(text)
        self.assertEqual(code, 4)
        self.assertRegex(text, r"CLOSED \|X-- RST ACK seq 0 ack 1 -+\| CLOSED")

    def test_a_reset(self):
        def answer(caller):
            caller.recv(1)
            reset(caller)

        code, _, text = self.run_traced("connect", "--trace", self.serve(answer), stdin=b"hello\n")
        self.captured(text)
        self.assertEqual(code, 7, text)
        self.assertRegex(text, r"CLOSED \|X-- RST ")

    def test_tls_is_named_and_what_is_inside_is_drawn(self):
        listener = self.listen("--tls", stdin=subprocess.DEVNULL)
        code, _, text = self.run_traced("connect", "--tls", "--insecure", "--trace", listener.address, stdin=b"secret")
        self.captured(text)
        self.assertEqual(code, 0, text)
        flat = re.sub(r"\|\n *\| +", " ", text)
        self.assertRegex(flat, "TLS ClientHello")
        self.assertRegex(flat, "TLS ServerHello")
        self.assertIn("TLS agreed: TLSv1.3", flat)
        self.assertIn('inside: "secret", 6 bytes', flat)


class Http(Trace):
    def site(self):
        class handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                moved = self.path == "/old"
                self.send_response(302 if moved else 200)
                if moved:
                    self.send_header("Location", "/new")
                body = b"" if moved else b"here\n"
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        server = HTTPServer(("127.0.0.1", 0), handler)
        Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return "http://127.0.0.1:%d" % server.server_port

    def test_a_redirect_in_both_ways(self):
        for before in ((), UNPRIVILEGED):
            code, out, text = self.run_traced("get", "--trace", self.site() + "/old", before=before)
            self.assertEqual((code, out), (0, b"here\n"), text)
            flat = re.sub(r"\|\n *\| +", " ", text)
            for what in ("GET /old HTTP/1.1", "HTTP/1.1 302 Found", "redirected to", "GET /new HTTP/1.1",
                         "HTTP/1.1 200 OK"):
                self.assertIn(what, flat)
            # A heading stands anew wherever the rows go over to the other connection: as often as packets of both mix.
            self.assertEqual(set(re.findall(r"(?m)^connection (\d+)$", flat)), {"1", "2"}, text)

    def test_a_picture_is_well_formed_and_safe(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "picture.svg")
            code, out, text = self.run_traced("get", "--trace", path, self.site() + "/<&\x1b>", before=UNPRIVILEGED)
            self.assertEqual((code, out, text), (0, b"here\n", ""))
            svg = xml.parse(path).getroot()
            shown = " ".join(svg.itertext())
            self.assertIn("SYN_SENT", shown)
            self.assertIn("200 OK", shown)
            self.assertIn("prefers-color-scheme: dark", shown)
            if shutil.which("xmllint"):
                subprocess.run(["xmllint", "--noout", path], check=True, timeout=LIMIT)

    def test_a_file_that_cannot_be_written(self):
        code, _, text = self.run_traced("get", "--trace", "/no/such/folder/x.svg", self.site())
        self.assertEqual(code, 1)
        self.assertIn("open /no/such/folder/x.svg", text)


class Bounded(Trace):
    def test_what_is_much_is_counted(self):
        def answer(caller):
            caller.sendall(bytes(30_000_000))
            caller.shutdown(socket.SHUT_WR)
            read_all(caller)

        for before in ((), UNPRIVILEGED):
            code, out, text = self.run_traced("connect", "--trace", self.serve(answer), before=before)
            self.assertEqual((code, len(out)), (0, 30_000_000))
            self.assertLess(len(text.splitlines()), 1500)
            self.assertRegex(text, r"\.\.\. and \d+ segments more, with \d+ bytes")


if __name__ == "__main__":
    unittest.main()
