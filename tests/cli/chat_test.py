"""`parlance chat`: a person's line client at a terminal, and a filter everywhere else."""

import os
import signal
import socket
import subprocess
import unittest

from chat_case import ChatCase, Terminal
from talk_case import LIMIT, PARLANCE, read_all


class AFilter(ChatCase):
    def chat(self, *arguments, stdin=b""):
        done = subprocess.run([PARLANCE, "chat", *arguments], input=stdin, capture_output=True, timeout=LIMIT)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def test_lines_go_in_and_answers_come_out_and_it_ends(self):
        server = self.chat_server()
        code, out, err = self.chat(f"127.0.0.1:{server.port}", stdin=b"hi\n/who\n")
        self.assertEqual((code, err), (0, ""))
        self.assertTrue(out.endswith("-- in #lobby: guest1 (you), operator\n"), out)
        self.hear_on_stdout(server, b"guest1: hi\n")

    def test_a_name_can_be_given(self):
        server = self.chat_server()
        code, out, _ = self.chat("-n", "alice", f"127.0.0.1:{server.port}", stdin=b"/who\n")
        self.assertEqual(code, 0)
        self.assertIn("You are alice;", out)
        self.assertIn("alice (you)", out)

    def test_what_the_server_says_cannot_steer_a_terminal(self):
        def handler(caller):
            caller.sendall(b"\x1b[2Jhello\r\nhalf \xc3")
            caller.sendall(b"\xa9 and no newline\x07")
            read_all(caller)

        code, out, _ = self.chat(self.serve(handler))
        self.assertEqual(code, 0)
        unfit = "\N{REPLACEMENT CHARACTER}"
        self.assertEqual(out, f"{unfit}[2Jhello\nhalf é and no newline{unfit}\n")

    def test_a_server_that_never_ends_is_left_after_the_wait(self):
        def handler(caller):
            caller.sendall(b"hello\n")
            caller.recv(1024)
            caller.recv(1024)

        self.assertEqual(self.chat("--wait", "0.2", self.serve(handler), stdin=b"hi\n"), (0, "hello\n", ""))

    def test_an_answer_that_comes_late_is_not_cut_off(self):
        def handler(caller):
            asked = read_all(caller)
            caller.sendall(b"you said " + asked)

        self.assertEqual(self.chat(self.serve(handler), stdin=b"hi\n"), (0, "you said hi\n", ""))

    def test_nobody_there_is_one_plain_line_and_exit_code_4(self):
        with socket.create_server(("127.0.0.1", 0)) as s:
            port = s.getsockname()[1]
        code, out, err = self.chat(f"127.0.0.1:{port}")
        self.assertEqual((code, out), (4, ""))
        self.assertRegex(err, rf"^parlance chat: .*127\.0\.0\.1:{port}: connection refused.*\n$")

    def test_a_reset_is_an_error(self):
        def handler(caller):
            caller.sendall(b"hello\n")
            caller.recv(1024)
            caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

        code, _, err = self.chat(self.serve(handler), stdin=b"hi\n")
        self.assertEqual(code, 7)
        self.assertIn("connection reset", err)

    def test_a_reader_that_goes_away_ends_it_like_any_filter(self):
        server = self.chat_server()
        reader, writer = os.pipe()
        os.close(reader)
        chat = self.start(PARLANCE, "chat", f"127.0.0.1:{server.port}", stdout=writer)
        os.close(writer)
        self.assertEqual(chat.process.wait(LIMIT), -signal.SIGPIPE)

    def test_a_signal_ends_it(self):
        server = self.chat_server()
        chat = self.start(PARLANCE, "chat", f"127.0.0.1:{server.port}")
        self.assertIn(b"Welcome", chat.process.stdout.readline())
        chat.process.send_signal(signal.SIGTERM)
        self.assertEqual(chat.finish()[0], 130)


class AtATerminal(ChatCase):
    def join(self, name="alice", **more):
        self.server = self.chat_server()
        terminal = Terminal(self, PARLANCE, "chat", "--line", "-n", name, f"127.0.0.1:{self.server.port}", **more)
        terminal.until(f"-- you are now {name}")
        return terminal

    def test_what_is_typed_is_said(self):
        terminal = self.join()
        terminal.type("grüß dich, Жаба")
        terminal.press("Enter")
        self.hear_on_stdout(self.server, "alice: grüß dich, Жаба\n".encode())

    def test_what_arrives_does_not_break_the_line_being_typed(self):
        terminal = self.join()
        terminal.type("half a line")
        terminal.until("^> half a line$")
        self.server.write(b"hello alice\n")
        screen = terminal.until(r"operator: hello alice\n> half a line$").string
        self.assertEqual(screen.count("half a line"), 1, screen)
        terminal.type(", and the rest")
        terminal.press("Enter")
        self.hear_on_stdout(self.server, b"alice: half a line, and the rest\n")

    def test_nor_one_that_is_longer_than_the_terminal_is_wide(self):
        terminal = self.join(width=60)
        text = " ".join(f"word{i}" for i in range(20))
        terminal.type(text)
        terminal.until(r"word19")
        for i in range(3):
            self.server.write(b"hello %d\n" % i)
        screen = terminal.until(r"operator: hello 2\n> word0").string
        self.assertEqual(screen.count("word7"), 1, screen)
        terminal.press("Enter")
        self.hear_on_stdout(self.server, f"alice: {text}\n".encode())

    def test_nor_with_the_cursor_in_the_middle(self):
        terminal = self.join()
        terminal.type("hello wrld")
        terminal.press("Left", "Left", "Left")
        self.server.write(b"mind the gap\n")
        terminal.until(r"operator: mind the gap\n> hello wrld$")
        terminal.type("o")
        terminal.press("Enter")
        self.hear_on_stdout(self.server, b"alice: hello world\n")

    def test_the_arrow_keys_bring_back_earlier_lines(self):
        terminal = self.join()
        for line in ("first", "second"):
            terminal.type(line)
            terminal.press("Enter")
            self.hear_on_stdout(self.server, b"alice: %s\n" % line.encode())
        terminal.press("Up", "Up", "Down", "Up")
        terminal.until("^> first$")
        terminal.type(" again")
        terminal.press("Enter")
        self.hear_on_stdout(self.server, b"alice: first again\n")

    def test_keys_that_mean_nothing_do_no_harm(self):
        terminal = self.join()
        terminal.press("Escape", "F5", "PageUp", "C-v", "C-x", "C-r", "C-s", "C-q", "M-x")
        terminal.type("fine")
        terminal.press("Enter")
        self.hear_on_stdout(self.server, b"fine\n")

    def test_keys_with_shift_control_and_alt_type_nothing(self):
        terminal = self.join()
        for key in "C-Right", "C-Left", "S-Up", "C-Down", "S-F1", "M-Left", "F1", "S-Home", "C-Delete":
            terminal.press(key)
        terminal.type("fine")
        terminal.press("Enter")
        self.hear_on_stdout(self.server, b"alice: fine\n")
        # Of what is typed after Escape nothing is eaten.
        for text in "PASS the salt please", "Nobody", "/me waves":
            terminal.press("Escape")
            terminal.type(text)
            terminal.press("Enter")
        self.hear_on_stdout(self.server, b"alice: Nobody\n")
        self.hear_on_stdout(self.server, b"* alice waves\n")
        terminal.type("two words")
        terminal.press("C-Left", "C-Left", "x", "Enter")
        self.hear_on_stdout(self.server, b"alice: xtwo words\n")

    def test_control_d_and_control_c_leave_politely(self):
        for key in ("C-d", "C-c"):
            with self.subTest(key):
                terminal = self.join()
                watcher = self.person(self.server, b"watcher")
                terminal.press(key)
                terminal.until("^ended with 0$")
                watcher.until(b"-- alice is gone\n")

    def test_a_paste_goes_on_after_control_d_and_stops_with_control_c(self):
        for key, all_of_it in (("C-d", True), ("C-c", False)):
            with self.subTest(key):
                terminal = self.join()
                watcher = self.person(self.server, b"watcher")
                lines = [f"line {n} of a paste" for n in range(60)]
                for start in range(0, 60, 20):
                    terminal.type("\n".join(lines[start:start + 20]) + "\n")
                terminal.press(key)
                heard = watcher.until(b"-- alice is gone\n")
                self.assertEqual(heard.count(b" of a paste\n") == 60, all_of_it, heard[-200:])

    def test_quit_leaves(self):
        terminal = self.join()
        terminal.type("/quit")
        terminal.press("Enter")
        terminal.until("-- Goodbye, alice.")
        terminal.until("^ended with 0$")

    def test_the_terminal_is_left_as_it_was(self):
        server = self.chat_server()
        before = os.path.join(self.folder(), "before")
        script = f'stty -a > {before}; "$0" chat --line :{server.port}; stty -a | cmp - {before} && echo same'
        terminal = Terminal(self, "sh", "-c", script, PARLANCE)
        terminal.until("^>")
        terminal.press("C-d")
        terminal.until("^same$")


if __name__ == "__main__":
    unittest.main()
