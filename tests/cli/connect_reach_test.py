"""How `parlance connect` comes to whom it calls: service names, proxies, source addresses, families, retries; and -z."""

import socket
import subprocess
import time
import unittest

from talk_case import LIMIT, Case, free_port, port_of, read_all


def say(text):
    def answer(caller):
        caller.sendall(text)
        caller.shutdown(socket.SHUT_WR)
        read_all(caller)

    return answer


class Names(Case):
    def test_the_port_may_be_an_argument_of_its_own(self):
        host, port = self.serve(say(b"here")).split(":")
        self.assertEqual(self.run_connect(host, port)[:2], (0, b"here"))

    def test_a_service_is_known_by_its_name(self):
        for arguments in (["127.0.0.1", "tcpmux"], ["127.0.0.1:tcpmux"]):
            code, _, errors = self.run_connect(*arguments)
            self.assertIn("127.0.0.1:1:", errors)
            self.assertEqual(code, 4)

    def test_what_is_no_service_is_a_usage_error(self):
        for arguments in (["127.0.0.1", "no-such-service"], ["127.0.0.1:no-such-service"], ["127.0.0.1", "65536"]):
            code, _, errors = self.run_connect(*arguments)
            self.assertEqual(code, 2, errors)
            self.assertIn("/etc/services", errors)


class Source(Case):
    def test_it_calls_from_the_address_that_is_given(self):
        def answer(caller):
            caller.sendall(caller.getpeername()[0].encode())

        self.assertEqual(self.run_connect("-s", "127.0.0.9", self.serve(answer))[:2], (0, b"127.0.0.9"))

    def test_and_from_the_port(self):
        port = free_port()

        def answer(caller):
            caller.sendall(str(caller.getpeername()[1]).encode())

        self.assertEqual(self.run_connect("-s", f"127.0.0.1:{port}", self.serve(answer))[:2], (0, str(port).encode()))

    def test_another_machines_address_is_refused(self):
        code, _, errors = self.run_connect("-s", "192.0.2.1", "127.0.0.1:1")
        self.assertEqual(code, 4)
        self.assertIn("not one of this machine's", errors)

    def test_only_the_family_that_is_asked_for_is_called(self):
        address = self.serve(say(b"four"))
        self.assertEqual(self.run_connect("-4", address)[:2], (0, b"four"))
        code, _, errors = self.run_connect("-6", address)
        self.assertEqual(code, 3)
        self.assertIn("no IPv6 address", errors)


    def test_datagrams_do_without(self):
        for options in (["-4"], ["-s", "127.0.0.1"], ["--retry", "1"], ["-x", "http://127.0.0.1:1"]):
            self.assertEqual(self.run_connect("--udp", *options, "127.0.0.1:1")[0], 2, options)


class Retry(Case):
    def test_it_waits_until_somebody_listens(self):
        port = free_port()
        caller = self.connect("--retry", "60", f"127.0.0.1:{port}", stdin=subprocess.DEVNULL)
        caller.until("refused.*; trying again")
        with socket.create_server(("127.0.0.1", port)) as listener:
            listener.settimeout(LIMIT)
            peer, _ = listener.accept()
            peer.sendall(b"at last")
            peer.close()
        self.ended_well(caller, b"at last")

    def test_it_gives_up_after_the_time_that_it_has(self):
        begun = time.monotonic()
        code, _, errors = self.run_connect("--retry", "0.5", f"127.0.0.1:{free_port()}")
        self.assertEqual(code, 4, errors)
        self.assertGreater(time.monotonic() - begun, 0.25)


class Proxies(Case):
    def tunnel(self, answers):
        """A proxy that takes one caller, says what `answers` gives for what it is sent, and echoes then."""
        seen = []

        def proxy(caller):
            for expect, answer in answers:
                got = b""
                while expect not in got:
                    if not (part := caller.recv(4096)):
                        return
                    got += part
                seen.append(got)
                caller.sendall(answer)
            while part := caller.recv(4096):
                caller.sendall(part)

        return self.serve(proxy), seen

    def test_connect_with_a_login(self):
        address, seen = self.tunnel([(b"\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n")])
        code, out, errors = self.run_connect("-x", address, "--proxy-user", "me:s:e@cret", "far.example:7",
                                             stdin=b"through")
        self.assertEqual((code, out), (0, b"through"), errors)
        self.assertIn(b"CONNECT far.example:7 HTTP/1.1\r\n", seen[0])
        self.assertIn(b"Basic bWU6czplQGNyZXQ=", seen[0])

    def test_socks5(self):
        address, seen = self.tunnel([(b"\x05\x01\x00", b"\x05\x00"),
                                     (b"\x00\x07", b"\x05\x00\x00\x01" + bytes(6))])
        code, out, errors = self.run_connect("-x", "socks5h://" + address, "far.example:7", stdin=b"through")
        self.assertEqual((code, out), (0, b"through"), errors)
        self.assertIn(b"far.example", seen[1])

    def test_a_refusal_says_what_the_proxy_said(self):
        address, _ = self.tunnel([(b"\r\n\r\n", b"HTTP/1.1 403 No\r\n\r\n")])
        code, _, errors = self.run_connect("-x", "http://" + address, "far.example:7")
        self.assertNotEqual(code, 0)
        self.assertIn("403", errors)

    def test_a_proxy_that_makes_no_sense_is_a_usage_error(self):
        self.assertEqual(self.run_connect("-x", "gopher://x", "far.example:7")[0], 2)

    def test_ncat_as_a_proxy(self):
        target = self.serve(say(b"beyond"))
        port = free_port()
        proxy = self.start("ncat", "-v", "-l", "127.0.0.1", str(port), "--proxy-type", "http", "--proxy-auth", "a:b")
        proxy.until("Listening")
        caller = self.connect("-x", f"http://a:b@127.0.0.1:{port}", "--end-with-peer", target)
        self.ended_well(caller, b"beyond")  # ncat lets go of both when one side has ended, so stdin stays open


class PortCheck(Case):
    def open_ports(self, count):
        listeners = [socket.create_server(("127.0.0.1", 0), backlog=128) for _ in range(count)]
        for one in listeners:
            self.addCleanup(one.close)
        return [one.getsockname()[1] for one in listeners]

    def test_each_port_that_answers_is_told_in_order(self):
        ports = self.open_ports(3)
        code, out, errors = self.run_connect("-z", "127.0.0.1", ",".join(map(str, ports)))
        self.assertEqual(out.decode(), "".join(f"127.0.0.1:{port} open\n" for port in ports), errors)
        self.assertEqual(code, 0)

    def test_one_that_does_not_answer_is_the_exit_code(self):
        ports, closed = self.open_ports(1), free_port()
        code, out, _ = self.run_connect("-z", f"127.0.0.1:{ports[0]},{closed}")
        self.assertEqual((code, out.decode()), (4, f"127.0.0.1:{ports[0]} open\n"))
        code, out, _ = self.run_connect("-vz", "127.0.0.1", f"{closed},{ports[0]}")
        self.assertEqual(code, 4)
        self.assertRegex(out.decode(), rf"^127\.0\.0\.1:{closed} closed: .*refused\n127\.0\.0\.1:{ports[0]} open\n$")

    def test_it_agrees_with_nc_about_a_thousand_ports(self):
        low = 20000
        self.open_ports(1)
        ours = self.run_connect("-z", "127.0.0.1", f"{low}-{low + 999}")[1].decode()
        theirs = subprocess.run(["nc", "-nvz", "127.0.0.1", f"{low}-{low + 999}"], capture_output=True, timeout=LIMIT)
        told = [line.split()[3] for line in theirs.stderr.decode().splitlines() if "succeeded" in line]
        self.assertEqual([line.split(":")[1].split()[0] for line in ours.splitlines()], told)

    def test_with_tls_a_port_without_it_is_closed(self):
        secure = self.listen("--tls", "--keep", stdin=subprocess.DEVNULL)
        plain = self.open_ports(1)[0]
        code, out, errors = self.run_connect("-z", "-w", "1", "--tls", "--insecure", "127.0.0.1",
                                             f"{port_of(secure.address)},{plain}")
        self.assertEqual((code, out.decode()), (4, f"{secure.address} open\n"), errors)

    def test_quiet_tells_by_the_exit_code_alone(self):
        port = self.open_ports(1)[0]
        self.assertEqual(self.run_connect("-qz", "127.0.0.1", str(port)), (0, b"", ""))

    def test_a_list_that_makes_no_sense_is_a_usage_error(self):
        for ports in ("", "0", "5-3", "1,,2", "1-", "70000"):
            self.assertEqual(self.run_connect("-z", "127.0.0.1", ports)[0], 2, ports)


if __name__ == "__main__":
    unittest.main()
