"""`parlance listen --udp` and `parlance connect --udp`, with each other, nc and Python."""

import signal
import socket
import unittest

from talk_case import LIMIT, Case, port_of


class Udp(Case):
    def test_between_listen_and_connect(self):
        listener = self.listen("--udp")
        caller = self.connect("--udp", listener.address)
        caller.write(b"ping")
        self.assertEqual(listener.read(4), b"ping")
        listener.write(b"pong")
        self.assertEqual(caller.read(4), b"pong")
        caller.end_stdin()
        self.ended_well(caller)
        listener.process.send_signal(signal.SIGINT)
        self.ended_well(listener)

    def test_answers_go_to_whoever_sent_last(self):
        listener = self.listen("--udp")
        host, port = listener.address.rsplit(":", 1)
        with socket.socket(type=socket.SOCK_DGRAM) as one, socket.socket(type=socket.SOCK_DGRAM) as two:
            for client in (one, two, one):
                client.settimeout(LIMIT)
                client.sendto(b"me!", (host, int(port)))
                self.assertEqual(listener.read(3), b"me!")
                listener.write(b"you")
                self.assertEqual(client.recv(100), b"you")

    def test_each_read_is_a_datagram_and_an_answer_in_time_is_printed(self):
        with socket.socket(type=socket.SOCK_DGRAM) as server:
            server.bind(("127.0.0.1", 0))
            server.settimeout(LIMIT)
            caller = self.connect("--udp", "-w", "30", "127.0.0.1:%d" % server.getsockname()[1])
            for text in (b"first", b"second"):
                caller.write(text)
                data, sender = server.recvfrom(100)
                self.assertEqual(data, text)
            caller.end_stdin()
            server.sendto(b"", sender)  # data, and no end
            server.sendto(b"late", sender)
            self.assertEqual(caller.read(4), b"late")

    def test_it_ends_a_while_after_stdin(self):
        with socket.socket(type=socket.SOCK_DGRAM) as server:
            server.bind(("127.0.0.1", 0))
            address = "127.0.0.1:%d" % server.getsockname()[1]
            self.assertEqual(self.run_connect("--udp", "-w", "0.2", address), (0, b"", ""))

    def test_nobody_there(self):
        with socket.socket(type=socket.SOCK_DGRAM) as gone:
            gone.bind(("127.0.0.1", 0))
            address = "127.0.0.1:%d" % gone.getsockname()[1]
        code, _, errors = self.run_connect("--udp", address, stdin=b"x")
        self.assertEqual(code, 4)
        self.assertRegex(errors, rf"parlance connect: send to {address}: connection refused; .*\n$")

    def test_wait_ends_listening_after_the_first(self):
        listener = self.listen("--udp", "-w", "0.3")
        with socket.socket(type=socket.SOCK_DGRAM) as client:
            host, port = listener.address.rsplit(":", 1)
            client.sendto(b"only one", (host, int(port)))
            self.ended_well(listener, b"only one")

    def test_nc(self):
        listener = self.listen("--udp")
        nc = self.start("nc", "-u", "127.0.0.1", port_of(listener.address))
        nc.write(b"from nc\n")
        self.assertEqual(listener.read(8), b"from nc\n")
        listener.write(b"to nc\n")
        self.assertEqual(nc.read(6), b"to nc\n")


if __name__ == "__main__":
    unittest.main()
