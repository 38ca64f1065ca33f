"""`parlance listen` with many callers: --many, --broker, --keep --exec, --max-callers; and who may call."""

import contextlib
import signal
import socket
import subprocess
import threading
import unittest

from talk_case import LIMIT, PARLANCE, Case, port_of, read_all


def read(sock, size):
    data = b""
    while len(data) < size:
        part = sock.recv(size - len(data))
        assert part, f"ended after {data!r}"
        data += part
    return data


def command(*options):
    return (PARLANCE, "listen", *options, "127.0.0.1:0")


class Callers(Case):
    def callers(self, listener, count):
        all_of_them = []
        for _ in range(count):
            all_of_them.append(self.call(listener))
            listener.until("has called")
        return all_of_them


class Many(Callers):
    def test_each_has_what_stdin_says_and_is_heard(self):
        listener = self.listen("-v", "--many")
        callers = self.callers(listener, 3)
        listener.write(b"to all\n")
        for number, caller in enumerate(callers):
            self.assertEqual(read(caller, 7), b"to all\n")
            caller.sendall(b"from %d\n" % number)
            self.assertEqual(listener.read(7), b"from %d\n" % number)
        listener.end_stdin()
        for caller in callers:
            self.assertEqual(read_all(caller), b"")

    def test_what_is_typed_while_nobody_is_there_waits_for_the_first(self):
        listener = self.listen("-v", "--many")
        listener.write(b"early")
        self.assertEqual(read(self.call(listener), 5), b"early")

    def test_one_who_goes_leaves_the_others(self):
        listener = self.listen("-v", "--many")
        first, second = self.callers(listener, 2)
        first.close()
        listener.until("ended")
        listener.write(b"still here")
        self.assertEqual(read(second, 10), b"still here")

    def test_over_tls_and_who_shakes_no_hands_is_nobodys_trouble(self):
        listener = self.listen("-v", "--many", "--tls")
        silent = self.call(listener)
        listener.until("has called")
        caller = self.connect("--tls", "--insecure", listener.address)
        listener.until("TLSv1.3")
        listener.write(b"secret")
        self.assertEqual(caller.read(6), b"secret")
        silent.close()

    def test_no_more_than_max_callers_at_once_and_others_wait(self):
        listener = self.listen("-v", "--many", "--max-callers", "1")
        (first,) = self.callers(listener, 1)
        second = self.call(listener)
        listener.write(b"one")
        self.assertEqual(read(first, 3), b"one")
        first.close()
        listener.until("has called")
        listener.write(b"two")
        self.assertEqual(read(second, 3), b"two")

    def test_a_signal_while_nobody_is_there_is_no_failure(self):
        listener = self.listen("--many")
        listener.process.send_signal(signal.SIGTERM)
        self.assertEqual(listener.finish()[0], 0)

    def test_it_ends_when_nobody_reads_stdout(self):
        listener = self.listen("-v", "--many")
        caller, other = self.callers(listener, 2)
        listener.process.stdout.close()
        listener.process.stdout = None
        caller.sendall(b"for nobody")
        self.assertEqual(listener.finish()[0], -signal.SIGPIPE)


class Broker(Callers):
    def test_what_one_says_the_others_get(self):
        listener = self.listen("-v", "--broker", stdin=subprocess.DEVNULL)
        callers = self.callers(listener, 3)
        for number, caller in enumerate(callers):
            caller.sendall(b"I am %d" % number)
            for other in callers[:number] + callers[number + 1:]:
                self.assertEqual(read(other, 6), b"I am %d" % number)

    def test_with_ncat_at_both_sides(self):
        listener = self.listen("-v", "--broker", stdin=subprocess.DEVNULL)
        command = ("ncat", *listener.address.split(":"))
        first, second = self.start(*command), self.start(*command)
        listener.until("has called")
        listener.until("has called")
        first.write(b"over here\n")
        self.assertEqual(second.read(10), b"over here\n")

    def test_who_takes_nothing_is_cut_off_and_holds_up_nobody_for_long(self):
        listener = self.listen("-v", "--broker", stdin=subprocess.DEVNULL)
        speaker, deaf, hearer = self.callers(listener, 3)
        size = 30_000_000
        heard = []
        thread = threading.Thread(target=lambda: heard.append(len(read(hearer, size))))
        thread.start()
        speaker.sendall(b"x" * size)
        listener.until("does not take what is said")
        thread.join(LIMIT)
        self.assertEqual(heard, [size])
        with self.assertRaises(ConnectionResetError):
            read_all(deaf)


class Programs(Case):
    def test_each_caller_has_one_of_its_own_at_the_same_time(self):
        listener = self.listen("--keep", "--exec", "cat", stdin=subprocess.DEVNULL)
        first, second = self.call(listener), self.call(listener)
        for caller, text in ((second, b"two"), (first, b"one")):
            caller.sendall(text)
            self.assertEqual(read(caller, 3), text)
        first.close()
        second.shutdown(socket.SHUT_WR)
        self.assertEqual(read_all(second), b"")

    def test_they_end_with_it(self):
        listener = self.listen("-v", "--keep", "--exec", "sh -c 'echo $$; exec sleep 1000'", stdin=subprocess.DEVNULL)
        child = int(self.call(listener).makefile("rb").readline())
        listener.process.send_signal(signal.SIGTERM)
        self.assertEqual(listener.finish()[0], 130)
        with contextlib.suppress(OSError), open(f"/proc/{child}/stat", encoding="ascii") as stat:
            self.assertIn(stat.read().split()[2], "ZX")

    def test_a_broker_runs_none(self):
        done = self.start(*command("--broker", "--exec", "cat"))
        self.assertEqual(done.finish()[0], 2)


class WhoMayCall(Case):
    def from_address(self, source, listener):
        return socket.create_connection(("127.0.0.1", int(port_of(listener.address))), LIMIT, (source, 0))

    def test_only_the_allowed(self):
        listener = self.listen("-v", "--allow", "127.0.0.4/30,::1", "--deny", "127.0.0.6", stdin=subprocess.DEVNULL)
        for source in ("127.0.0.1", "127.0.0.6"):
            with self.from_address(source, listener) as caller:
                listener.until(rf"{source}:\d+ may not call")
                with contextlib.suppress(ConnectionResetError):
                    self.assertEqual(caller.recv(1), b"")
        with self.from_address("127.0.0.5", listener) as caller:
            caller.sendall(b"let in")
            caller.shutdown(socket.SHUT_WR)
            self.ended_well(listener, b"let in")

    def test_datagrams_too(self):
        listener = self.listen("--udp", "-w", "1", "--allow", "127.0.0.2", stdin=subprocess.DEVNULL)
        host, port = listener.address.split(":")
        for source, text in (("127.0.0.1", b"no"), ("127.0.0.2", b"yes")):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as caller:
                caller.bind((source, 0))
                caller.sendto(text, (host, int(port)))
        self.assertEqual(listener.finish(), (0, b"yes"))

    def test_a_network_that_makes_no_sense_is_a_usage_error(self):
        for text in ("10.0.0.1/8", "everybody", "10.0.0.0/33"):
            listener = self.start(*command("--allow", text))
            self.assertEqual(listener.finish()[0], 2)
            self.assertIn("parlance listen: --allow", listener.stderr)

    def test_one_family_of_interfaces(self):
        listener = self.listen("-4", address=":0", stdin=subprocess.DEVNULL)
        self.assertTrue(listener.address.startswith("0.0.0.0:"))
        try:
            socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        except OSError as e:
            self.skipTest(f"no IPv6 here: {e}")
        listener = self.listen("-6", address=":0", stdin=subprocess.DEVNULL)
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", int(port_of(listener.address))), LIMIT)

    def test_a_service_by_its_name(self):
        listener = self.start(*command()[:2], "127.0.0.1:no-such-service")
        self.assertEqual(listener.finish()[0], 2)


if __name__ == "__main__":
    unittest.main()
