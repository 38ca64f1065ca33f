"""`parlance listen --tls` and `parlance connect --tls`, with each other, openssl and Python."""

import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import unittest

from talk_case import LIMIT, Case, read_all, reset


class Tls(Case):
    @classmethod
    def setUpClass(cls):
        cls.certificates = tempfile.mkdtemp(prefix="parlance-")
        cls.addClassCleanup(shutil.rmtree, cls.certificates)
        for name, names in (("good", "DNS:localhost,IP:127.0.0.1"), ("other", "DNS:other.example")):
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                            "-keyout", cls.key(name), "-out", cls.cert(name), "-days", "2", "-subj", f"/CN={name}",
                            "-addext", f"subjectAltName={names}"], check=True, capture_output=True, timeout=LIMIT)

    @classmethod
    def cert(cls, name):
        return os.path.join(cls.certificates, name + ".pem")

    @classmethod
    def key(cls, name):
        return os.path.join(cls.certificates, name + ".key")

    def with_certificate(self, name="good"):
        return ["--tls", "--cert", self.cert(name), "--key", self.key(name)]

    def listen_tls(self, *options, **more):
        listener = self.listen(*self.with_certificate(), *options, **more)
        listener.until("fingerprint")
        return listener

    def s_server(self, *options):
        server = self.start("openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", self.cert("good"), "-key",
                            self.key("good"), "-naccept", "1", *options)
        while not (match := re.match(rb"ACCEPT (\S+)", line := server.process.stdout.readline())):
            self.assertNotEqual(line, b"", "s_server did not start")
        return server, match.group(1).decode()

    def test_both_directions_half_close(self):
        listener = self.listen_tls()
        caller = self.connect("--tls", "--ca", self.cert("good"), listener.address)
        caller.write(b"question")
        caller.end_stdin()
        self.assertEqual(listener.read(8), b"question")
        listener.write(b"answer")
        listener.end_stdin()
        self.ended_well(caller, b"answer")
        self.ended_well(listener)

    def test_one_who_only_sends_and_reads_nothing_is_heard_to_the_end(self):
        text = os.urandom(1_000_000)
        listener = self.listen_tls()
        host, port = listener.address.rsplit(":", 1)
        context = ssl.create_default_context(cafile=self.cert("good"))
        arrived, leaving = ssl.MemoryBIO(), ssl.MemoryBIO()
        session = context.wrap_bio(arrived, leaving, server_hostname="localhost")
        with socket.create_connection((host, int(port)), timeout=LIMIT) as caller:
            while True:
                try:
                    session.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    caller.sendall(leaving.read())
                    arrived.write(caller.recv(65536))
            session.write(text)
            with self.assertRaises(ssl.SSLWantReadError):
                session.unwrap()  # close_notify
            caller.sendall(leaving.read())
        self.assertEqual(listener.read(len(text)), text)
        listener.end_stdin()  # who has gone does not miss it
        self.ended_well(listener)

    def test_connect_to_s_server(self):
        _, address = self.s_server("-rev")
        caller = self.connect("--tls", "--ca", self.cert("good"), address)
        caller.write(b"hello\n")
        self.assertEqual(caller.read(6), b"olleh\n")
        caller.end_stdin()
        self.assertEqual(caller.finish()[1], b"")

    def test_s_client_calls_listen(self):
        listener = self.listen_tls()
        client = self.start("openssl", "s_client", "-quiet", "-verify_return_error", "-CAfile", self.cert("good"),
                            "-verify_ip", "127.0.0.1", "-connect", listener.address)
        client.write(b"from s_client\n")
        self.assertEqual(listener.read(14), b"from s_client\n")
        listener.write(b"to s_client\n")
        self.assertEqual(client.read(12), b"to s_client\n")
        listener.end_stdin()
        self.assertEqual(client.finish()[1], b"")
        self.ended_well(listener)

    def test_a_python_client_calls_listen(self):
        listener = self.listen_tls("--alpn", "chess,draughts", "-v")
        context = ssl.create_default_context(cafile=self.cert("good"))
        context.set_alpn_protocols(["draughts"])
        with context.wrap_socket(self.call(listener), server_hostname="localhost") as client:
            self.assertEqual(client.selected_alpn_protocol(), "draughts")
            listener.until(r"TLSv1\.3, TLS_\w+, ALPN draughts, no certificate shown")
            client.sendall(b"hello")
            self.assertEqual(listener.read(5), b"hello")
            listener.end_stdin()
            client.unwrap()
        self.ended_well(listener)

    def test_the_certificate_made_on_the_spot_is_known_by_its_fingerprint(self):
        listener = self.listen("--tls", "--keep")
        fingerprint = listener.until(r"SHA-256 fingerprint is ([0-9A-F:]{95})\n").group(1)
        for text in (fingerprint, fingerprint.replace(":", "").lower()):
            code, _, errors = self.run_connect("--tls", "--fingerprint", text, listener.address, stdin=b"sure")
            self.assertEqual(code, 0, errors)
            self.assertEqual(listener.read(4), b"sure")
        code, _, errors = self.run_connect("--tls", "--fingerprint", "00" * 32, listener.address, stdin=b"secret")
        self.assertEqual(code, 6)
        self.assertIn(fingerprint, errors)
        listener.process.send_signal(signal.SIGTERM)
        self.assertEqual(listener.finish()[1], b"", "nothing was sent to the wrong one")

    def test_an_untrusted_certificate(self):
        listener = self.listen("--tls")
        code, _, errors = self.run_connect("--tls", listener.address, stdin=b"secret")
        self.assertEqual(code, 6)
        self.assertRegex(errors, r"^parlance connect: .*not trusted.*; .*--ca.*\n$")
        self.assertEqual(listener.finish(), (6, b""))

    def test_a_certificate_for_another_name(self):
        listener = self.listen(*self.with_certificate("other"))
        code, _, errors = self.run_connect("--tls", "--ca", self.cert("other"), listener.address)
        self.assertEqual(code, 6)
        self.assertRegex(errors, r"the certificate is not for 127\.0\.0\.1")

    def test_server_name_is_checked_instead_of_the_host(self):
        listener = self.listen(*self.with_certificate("other"), stdin=subprocess.DEVNULL)
        code, _, errors = self.run_connect("--tls", "--ca", self.cert("other"), "--server-name", "other.example",
                                           listener.address, stdin=b"named")
        self.assertEqual(code, 0, errors)
        self.ended_well(listener, b"named")

    def test_insecure_takes_any_certificate(self):
        listener = self.listen("--tls", stdin=subprocess.DEVNULL)
        code, _, errors = self.run_connect("--tls", "--insecure", listener.address, stdin=b"whoever")
        self.assertEqual(code, 0, errors)
        self.ended_well(listener, b"whoever")

    def test_a_server_that_speaks_no_tls(self):
        def answer(caller):
            caller.recv(1)
            caller.sendall(b"220 mail.example ready\r\n")
            read_all(caller)

        code, _, errors = self.run_connect("--tls", address := self.serve(answer))
        self.assertEqual(code, 6)
        self.assertRegex(errors, rf"^parlance connect: connect {address}: .*TLS.*\n$")

    def test_a_caller_that_speaks_no_tls(self):
        listener = self.listen("--tls")
        client = self.call(listener)
        client.sendall(b"hello, is this the right place?\r\n\r\n")
        self.assertEqual(listener.finish(), (6, b""))

    def test_a_server_that_never_shakes_hands(self):
        code, _, errors = self.run_connect("--tls", "-w", "0.3", self.serve(read_all))
        self.assertEqual(code, 5, errors)

    def test_an_end_without_close_notify_is_an_error(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.cert("good"), self.key("good"))

        def answer(caller):
            with context.wrap_socket(caller, server_side=True) as secure:
                secure.sendall(b"part of it")
                secure.recv(1)
                socket.socket(fileno=secure.detach()).close()

        caller = self.connect("--tls", "--ca", self.cert("good"), self.serve(answer))
        self.assertEqual(caller.read(10), b"part of it")
        caller.write(b"x")
        self.assertEqual(caller.finish()[0], 7, caller.stderr)

    def test_who_ends_without_close_notify_still_has_the_answer_that_is_there(self):
        for stdin_ends in (True, False):
            with self.subTest(stdin_ends=stdin_ends):
                listener = self.listen_tls()
                listener.write(b"the answer\n")
                if stdin_ends:
                    listener.end_stdin()
                context = ssl.create_default_context(cafile=self.cert("good"))
                host, port = listener.address.rsplit(":", 1)
                with socket.create_connection((host, int(port)), LIMIT) as plain, \
                        context.wrap_socket(plain, server_hostname=host) as caller:
                    with socket.socket(fileno=os.dup(caller.fileno())) as below:
                        caller.sendall(b"hi\n")
                        below.shutdown(socket.SHUT_WR)
                        self.assertEqual(read_all(caller), b"the answer\n")
                self.assertEqual(listener.finish()[:2], (7, b"hi\n"), listener.stderr)

    def test_an_answer_that_is_there_is_printed_whole_though_its_end_was_cut(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.cert("good"), self.key("good"))
        answered = b"the answer " * 10000
        for how in ("end", "reset"):
            with self.subTest(how):
                taken = threading.Event()

                def answer(caller):
                    with context.wrap_socket(caller, server_side=True) as secure:
                        secure.sendall(answered)
                        taken.wait(LIMIT)
                        cut = socket.socket(fileno=secure.detach())
                        if how == "reset":
                            reset(cut)
                        cut.close()

                caller = self.connect("--tls", "--ca", self.cert("good"), self.serve(answer))
                self.assertEqual(caller.read(len(answered) - 5), answered[:-5])
                taken.set()
                self.assertEqual(caller.finish(), (7, answered[-5:]), caller.stderr)
                told = "without TLS's close_notify" if how == "end" else "reset by peer"
                self.assertRegex(caller.stderr, f"{told}.* {len(answered)} received")

    def test_a_server_that_wants_a_certificate(self):
        wanting = ("-rev", "-Verify", "1", "-verify_return_error", "-CAfile", self.cert("good"))
        _, address = self.s_server(*wanting)
        code, _, errors = self.run_connect("--tls", "--ca", self.cert("good"), address, stdin=b"nobody\n")
        self.assertEqual(code, 6, errors)
        _, address = self.s_server(*wanting)
        caller = self.connect(*self.with_certificate(), "--ca", self.cert("good"), address)
        caller.write(b"hello\n")
        self.assertEqual(caller.read(6), b"olleh\n")

    def test_files_that_cannot_be_used_are_a_usage_error(self):
        code, _, errors = self.run_connect("--tls", "--ca", "/nonexistent.pem", "127.0.0.1:1")
        self.assertEqual(code, 2)
        self.assertRegex(errors, r"^parlance connect: .*/nonexistent\.pem.*\n$")


if __name__ == "__main__":
    unittest.main()
