"""`parlance listen` and `parlance connect`, with each other and with the tools and programs that people have."""

import hashlib
import os
import pty
import signal
import socket
import subprocess
import tempfile
import threading
import unittest

from talk_case import LIMIT, PARLANCE, Case, port_of, read_all, reset


class BothEnds(Case):
    def test_what_one_types_the_other_prints(self):
        listener = self.listen()
        caller = self.connect(listener.address)
        caller.write(b"hello\n")
        self.assertEqual(listener.read(6), b"hello\n")
        listener.write(b"welcome\n")
        self.assertEqual(caller.read(8), b"welcome\n")
        caller.end_stdin()
        listener.end_stdin()
        self.ended_well(caller)
        self.ended_well(listener)

    def test_the_end_of_the_callers_stdin_leaves_the_other_way_open(self):
        listener = self.listen("-v")
        caller = self.connect(listener.address)
        caller.write(b"question")
        caller.end_stdin()
        listener.until("has ended its side")
        self.assertEqual(listener.read(8), b"question")
        listener.write(b"answer")
        self.assertEqual(caller.read(6), b"answer")
        listener.end_stdin()
        self.ended_well(caller)
        self.ended_well(listener)

    def test_the_end_of_the_listeners_stdin_leaves_the_other_way_open(self):
        listener = self.listen()
        caller = self.connect("-v", listener.address)
        listener.write(b"tell me")
        listener.end_stdin()
        caller.until("has ended its side")
        self.assertEqual(caller.read(7), b"tell me")
        caller.write(b"a story")
        caller.end_stdin()
        self.ended_well(caller)
        self.ended_well(listener, b"a story")

    def exchange_50_megabytes(self, listen_options=(), connect_options=(), address="127.0.0.1:0"):
        folder = self.folder()
        paths = [os.path.join(folder, name) for name in ("ours", "theirs", "heard", "told")]
        digests = []
        for path in paths[:2]:
            data = os.urandom(50_000_000)
            digests.append(hashlib.sha256(data).hexdigest())
            with open(path, "wb") as file:
                file.write(data)
        with open(paths[0], "rb") as ours, open(paths[1], "rb") as theirs:
            with open(paths[2], "wb") as heard, open(paths[3], "wb") as told:
                listener = self.listen(*listen_options, address=address, stdin=ours, stdout=heard)
                caller = self.connect(*connect_options, listener.address, stdin=theirs, stdout=told)
                self.ended_well(caller)
                self.ended_well(listener)
        arrived = []
        for path in paths[2:]:
            with open(path, "rb") as file:
                arrived.append(hashlib.file_digest(file, "sha256").hexdigest())
        self.assertEqual(arrived, [digests[1], digests[0]])

    def test_50_megabytes_both_ways_at_once_arrive_unchanged(self):
        self.exchange_50_megabytes()

    def test_50_megabytes_both_ways_at_once_arrive_unchanged_over_tls(self):
        self.exchange_50_megabytes(["--tls"], ["--tls", "--insecure"])

    def test_50_megabytes_both_ways_at_once_arrive_unchanged_over_a_unix_socket(self):
        self.exchange_50_megabytes(address="unix:" + os.path.join(self.folder(), "line"))

    def test_ipv6(self):
        try:
            socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        except OSError as e:
            self.skipTest(f"no IPv6 here: {e}")
        listener = self.listen(address="[::1]:0", stdin=subprocess.DEVNULL)
        self.assertTrue(listener.address.startswith("[::1]:"))
        code, _, errors = self.run_connect(listener.address, stdin=b"six")
        self.assertEqual(code, 0, errors)
        self.ended_well(listener, b"six")

    def test_every_interface_is_listened_on_without_a_host(self):
        listener = self.listen(address=":0", stdin=subprocess.DEVNULL)
        code, _, errors = self.run_connect("127.0.0.1:" + port_of(listener.address), stdin=b"four")
        self.assertEqual(code, 0, errors)
        self.ended_well(listener, b"four")

    def test_the_second_caller_is_refused(self):
        listener = self.listen("-v")
        with self.call(listener) as first:
            listener.until("has called")
            code, _, errors = self.run_connect(listener.address)
            self.assertEqual(code, 4, errors)
            first.sendall(b"still here")
            self.assertEqual(listener.read(10), b"still here")


class Whole(Case):
    """An orderly end says that everything was taken, and that everything was said."""

    def test_who_sent_to_a_full_disk_is_told(self):
        with open("/dev/full", "wb") as full:
            listener = self.listen(stdout=full)
            caller = self.call(listener)
            caller.sendall(b"lost")
            self.assertRaises(ConnectionResetError, read_all, caller)
        listener.until("write to stdout: no space left on device")
        self.assertEqual(listener.process.wait(LIMIT), 1)

    def test_who_hears_half_of_a_file_that_cannot_be_read_is_told(self):
        # Reading a folder fails.
        folder = os.open("/", os.O_RDONLY | os.O_DIRECTORY)
        listener = self.listen(stdin=folder)
        os.close(folder)
        # The reset may come before connect() returns here.
        with self.assertRaises(ConnectionResetError):
            read_all(self.call(listener))
        listener.until("read stdin: is a directory")
        self.assertEqual(listener.process.wait(LIMIT), 1)


class EndWithPeer(Case):
    def test_stdin_that_goes_on_does_not_hold_up_the_end(self):
        address = self.serve(lambda caller: caller.sendall(b"bye"))
        caller = self.connect("--end-with-peer", address)
        self.ended_well(caller, b"bye")

    def test_what_stdin_has_already_is_still_sent(self):
        heard = []

        def answer(caller):
            caller.shutdown(socket.SHUT_WR)
            heard.append(read_all(caller))

        address = self.serve(answer)
        folder = self.folder()
        with open(os.path.join(folder, "file"), "w+b") as file:
            file.write(b"x" * 10_000_000)
            file.seek(0)
            self.ended_well(self.connect("--end-with-peer", address, stdin=file))
        self.doCleanups()
        self.assertEqual(len(heard[0]), 10_000_000)


class OtherPrograms(Case):
    def test_an_answer_that_comes_a_second_later_is_printed(self):
        def answer(caller):
            question = read_all(caller)
            threading.Event().wait(1)
            caller.sendall(question.upper())

        self.assertEqual(self.run_connect(self.serve(answer), stdin=b"hello"), (0, b"HELLO", ""))

    def test_connect_to_nc(self):
        nc = self.start("nc", "-lvnN", "127.0.0.1", "0")
        port = nc.until(r"Listening on \S+ (\d+)").group(1)
        caller = self.connect("127.0.0.1:" + port)
        caller.write(b"to nc\n")
        self.assertEqual(nc.read(6), b"to nc\n")
        nc.write(b"from nc\n")
        self.assertEqual(caller.read(8), b"from nc\n")
        caller.end_stdin()
        nc.end_stdin()
        self.ended_well(caller)
        self.ended_well(nc)

    def test_nc_calls_listen(self):
        listener = self.listen()
        nc = self.start("nc", "-N", "127.0.0.1", port_of(listener.address))
        nc.write(b"from nc\n")
        nc.end_stdin()
        self.assertEqual(listener.read(8), b"from nc\n")
        listener.write(b"to nc\n")
        listener.end_stdin()
        self.ended_well(nc, b"to nc\n")
        self.ended_well(listener)

    def test_a_python_server_gets_and_gives_binary_data_unchanged(self):
        data = os.urandom(50_000_000)

        def echo(caller):
            caller.sendall(read_all(caller))

        code, output, errors = self.run_connect(self.serve(echo), stdin=data)
        self.assertEqual((code, errors), (0, ""))
        self.assertEqual(hashlib.sha256(output).digest(), hashlib.sha256(data).digest())

    def test_a_python_client_that_sends_no_newline_and_waits_for_recv(self):
        listener = self.listen()
        with self.call(listener) as client:
            client.sendall(b"hello")
            self.assertEqual(listener.read(5), b"hello")
            listener.write(b"yes?\n")
            self.assertEqual(client.recv(1024), b"yes?\n")
        listener.end_stdin()
        self.ended_well(listener)


class Keep(Case):
    def test_three_callers_each_have_stdin_while_they_are_there(self):
        listener = self.listen("--keep", "-v")
        for name in (b"one", b"two", b"six"):
            with self.call(listener) as client:
                client.sendall(name)
                self.assertEqual(listener.read(3), name)
                listener.write(b"hello " + name)
                self.assertEqual(client.recv(9, socket.MSG_WAITALL), b"hello " + name)
                client.shutdown(socket.SHUT_WR)
                self.assertEqual(client.recv(1), b"")
            listener.until("both sides have ended")
        listener.process.send_signal(signal.SIGTERM)
        self.ended_well(listener)

    def test_after_the_end_of_stdin_callers_are_told_the_end_and_heard(self):
        listener = self.listen("--keep")
        listener.write(b"for the first")
        listener.end_stdin()
        for number, told in enumerate((b"for the first", b"", b"")):
            with self.call(listener) as client:
                self.assertEqual(read_all(client), told)
                client.sendall(b"%d" % number)
            self.assertEqual(listener.read(1), b"%d" % number)

    def test_a_file_reaches_a_caller_that_has_ended_its_side(self):
        with tempfile.TemporaryFile() as file:
            file.write(b"x" * 10_000_000)
            file.seek(0)
            listener = self.listen("--keep", stdin=file)
            with self.call(listener) as client:
                client.shutdown(socket.SHUT_WR)
                self.assertEqual(len(read_all(client)), 10_000_000)

    def test_a_caller_that_resets_does_not_end_it(self):
        listener = self.listen("--keep")
        first = self.call(listener)
        first.sendall(b"x")
        listener.read(1)
        reset(first)
        listener.until("connection reset by peer")
        with self.call(listener) as second:
            second.sendall(b"y")
            self.assertEqual(listener.read(1), b"y")

    def test_a_caller_that_says_nothing_is_let_go_by_wait(self):
        listener = self.listen("--keep", "-w", "1")
        silent = self.call(listener)
        listener.until("nothing came or went")
        self.assertEqual(silent.recv(1), b"")
        with self.call(listener) as second:
            second.sendall(b"y")
            self.assertEqual(listener.read(1), b"y")


class UnixSockets(Case):
    def test_the_file_goes_when_it_is_done(self):
        path = os.path.join(self.folder(), "line")
        listener = self.listen(address="unix:" + path, stdin=subprocess.DEVNULL)
        self.assertEqual(listener.address, "unix:" + path)
        code, _, errors = self.run_connect("unix:" + path, stdin=b"local")
        self.assertEqual(code, 0, errors)
        self.ended_well(listener, b"local")
        self.assertFalse(os.path.exists(path))

    def test_the_file_goes_at_a_signal(self):
        path = os.path.join(self.folder(), "line")
        listener = self.listen(address="unix:" + path)
        listener.process.send_signal(signal.SIGINT)
        self.assertEqual(listener.finish()[0], 130)
        self.assertFalse(os.path.exists(path))

    def test_a_stale_file_is_replaced(self):
        path = os.path.join(self.folder(), "line")
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(path)
            dead.listen()
        self.assertEqual(self.run_connect("unix:" + path)[0], 4)
        listener = self.listen(address="unix:" + path, stdin=subprocess.DEVNULL)
        self.assertEqual(self.run_connect("unix:" + path, stdin=b"alive")[0], 0)
        self.ended_well(listener, b"alive")

    def test_a_file_that_is_in_use_is_left_alone(self):
        path = os.path.join(self.folder(), "line")
        with socket.socket(socket.AF_UNIX) as living:
            living.bind(path)
            living.listen()
            second = self.start(PARLANCE, "listen", "unix:" + path)
            self.assertEqual(second.finish()[0], 4)
            self.assertIn("address already in use; trying for 2 s", second.stderr)
            self.assertTrue(os.path.exists(path))

    def test_who_listens_in_a_file_is_not_disturbed_by_another_who_wants_to(self):
        path = os.path.join(self.folder(), "line")
        listener = self.listen(address="unix:" + path, stdin=subprocess.DEVNULL)
        second = self.start(PARLANCE, "listen", "unix:" + path)
        self.assertEqual(second.finish()[0], 4)
        self.assertEqual(self.run_connect("unix:" + path, stdin=b"still here")[0], 0)
        self.ended_well(listener, b"still here")

    def test_it_takes_over_from_one_that_was_just_killed(self):
        with socket.create_server(("127.0.0.1", 0)) as free:
            tcp = "127.0.0.1:%d" % free.getsockname()[1]
        for address in (tcp, "unix:" + os.path.join(self.folder(), "line"), f"unix:@parlance-killed-{os.getpid()}"):
            for options in ((), ("--udp",)) if address == tcp else ((),):
                for _ in range(5):
                    listener = self.listen(*options, address=address)
                    listener.process.kill()
                    listener.process.wait(LIMIT)

    def test_no_such_path(self):
        code, _, errors = self.run_connect("unix:/nonexistent/line")
        self.assertEqual(code, 4)
        self.assertRegex(errors, r"^parlance connect: connect unix:/nonexistent/line: no such file or directory; .*\n$")

    def test_abstract_names(self):
        name = f"unix:@parlance-test-{os.getpid()}"
        listener = self.listen(address=name, stdin=subprocess.DEVNULL)
        self.assertEqual(self.run_connect(name, stdin=b"abstract")[0], 0)
        self.ended_well(listener, b"abstract")


class Terminals(Case):
    def terminal(self):
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        self.addCleanup(os.close, theirs)
        return ours, theirs

    def test_a_person_is_told_that_the_peer_has_ended_its_side(self):
        keyboard, stdin = self.terminal()
        address = self.serve(lambda caller: (caller.shutdown(socket.SHUT_WR), read_all(caller)))
        caller = self.connect(address, stdin=stdin)
        caller.until(rf"{address} has ended its side; Ctrl-D ends yours")
        os.write(keyboard, b"\x04")
        self.ended_well(caller)

    def test_with_keep_ctrl_d_ends_our_side_for_one_caller_only(self):
        keyboard, stdin = self.terminal()
        listener = self.listen("--keep", stdin=stdin)
        for _ in range(2):
            with self.call(listener) as client:
                client.sendall(b"x")
                listener.read(1)
                os.write(keyboard, b"hello\n")
                self.assertEqual(client.recv(6, socket.MSG_WAITALL), b"hello\n")
                os.write(keyboard, b"\x04")
                self.assertEqual(client.recv(1), b"")


if __name__ == "__main__":
    unittest.main()
